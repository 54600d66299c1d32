// SPDX-License-Identifier: MIT
// Tests which files are opened for a report, and which are left alone because another user may have
// prepared their names.
#include "os/file.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/heap_fixture.h"

namespace {

constexpr uid_t OTHER = 65534;

// A folder of our own, with a file that belongs to us in it.
class FileTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/poolalloc-file.XXXXXX";
        ASSERT_NE(mkdtemp(&pattern[0]), nullptr);
        folder_ = pattern;
        std::ofstream(path("victim")) << "precious\n";
    }
    void TearDown() override {
        if (!folder_.empty()) {
            EXPECT_EQ(system(("rm -rf " + folder_).c_str()), 0);
        }
    }
    std::string path(const std::string &name) const { return folder_ + "/" + name; }
    // Writes a word; true if the file was opened.
    static bool append(const std::string &path) {
        errno = 77;
        int descriptor = file_open_append(path.c_str());
        EXPECT_EQ(errno, 77);
        if (descriptor == -1) return false;
        EXPECT_TRUE(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
        EXPECT_EQ(write(descriptor, "word\n", 5), 5);
        close(descriptor);
        return true;
    }
    std::string contents(const std::string &name) const {
        std::ifstream file(path(name));
        return std::string(std::istreambuf_iterator<char>(file), {});
    }
    bool victim_is_whole() const { return contents("victim") == "precious\n"; }
    void make_open_to_all() { ASSERT_EQ(chmod(folder_.c_str(), 01777), 0); }
    std::string folder_;
};

TEST_F(FileTest, AFileIsMadeAndThenAppendedTo) {
    EXPECT_TRUE(append(path("new")));
    EXPECT_TRUE(append(path("new")));
    EXPECT_EQ(contents("new"), "word\nword\n");
    struct stat status;
    ASSERT_EQ(stat(path("new").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777 & ~0644u, 0u);
}

TEST_F(FileTest, PathsOfAllFormsLeadToTheFile) {
    ASSERT_EQ(mkdir(path("in").c_str(), 0700), 0);
    EXPECT_TRUE(append(folder_ + "//in///new"));
    EXPECT_TRUE(append(folder_ + "/./in/../in/new"));
    char *before = getcwd(nullptr, 0);
    ASSERT_EQ(chdir(folder_.c_str()), 0);
    EXPECT_TRUE(append("in/new"));
    EXPECT_TRUE(append("./new"));
    EXPECT_TRUE(append("new"));
    EXPECT_EQ(chdir(before), 0);
    free(before);
    EXPECT_EQ(contents("in/new"), "word\nword\nword\n");
    EXPECT_EQ(contents("new"), "word\nword\n");
    EXPECT_FALSE(append(""));
    EXPECT_FALSE(append("/"));
    EXPECT_FALSE(append(path("in")));
    EXPECT_FALSE(append(path("in/")));
    EXPECT_FALSE(append(path("none/new")));
    EXPECT_FALSE(append(path("victim/new")));
    EXPECT_FALSE(append(path(std::string(300, 'x'))));
    EXPECT_FALSE(append(path(std::string(300, 'x') + "/new")));
}

TEST_F(FileTest, ANameThatIsALinkIsNotFollowed) {
    ASSERT_EQ(symlink(path("victim").c_str(), path("link").c_str()), 0);
    ASSERT_EQ(symlink("victim", path("short").c_str()), 0);
    ASSERT_EQ(symlink("short", path("twice").c_str()), 0);
    ASSERT_EQ(symlink("absent", path("dangling").c_str()), 0);
    for (const char *name : {"link", "short", "twice", "dangling"})
        EXPECT_FALSE(append(path(name))) << name;
    EXPECT_TRUE(victim_is_whole());
    EXPECT_NE(access(path("absent").c_str(), F_OK), 0);
}

TEST_F(FileTest, AFileWithASecondNameIsLeftAlone) {
    ASSERT_EQ(link(path("victim").c_str(), path("second").c_str()), 0);
    EXPECT_FALSE(append(path("second")));
    EXPECT_TRUE(victim_is_whole());
    ASSERT_EQ(unlink(path("second").c_str()), 0);
    EXPECT_TRUE(append(path("victim")));
}

TEST_F(FileTest, LinksOnTheWayAreFollowedIfTheyAreOurs) {
    ASSERT_EQ(mkdir(path("in").c_str(), 0700), 0);
    ASSERT_EQ(symlink("in", path("way").c_str()), 0);
    EXPECT_TRUE(append(path("way/new")));
    EXPECT_EQ(contents("in/new"), "word\n");
    if (geteuid() != 0) GTEST_SKIP() << "only root can make another user's link";
    ASSERT_EQ(lchown(path("way").c_str(), OTHER, OTHER), 0);
    EXPECT_FALSE(append(path("way/new")));
    EXPECT_EQ(contents("in/new"), "word\n");
}

TEST_F(FileTest, InAFolderThatIsOpenToAllAnotherUsersFileIsLeftAlone) {
    make_open_to_all();
    EXPECT_TRUE(append(path("new")));
    EXPECT_TRUE(append(path("new")));
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0666), 0);
    int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
    EXPECT_TRUE(append(path("pipe")));
    close(reader);
    if (geteuid() != 0) GTEST_SKIP() << "only root can make another user's file";
    std::ofstream(path("theirs")) << "bait\n";
    for (const char *name : {"theirs", "pipe"})
        ASSERT_EQ(lchown(path(name).c_str(), OTHER, OTHER), 0);
    reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
    EXPECT_FALSE(append(path("theirs")));
    EXPECT_FALSE(append(path("pipe")));
    close(reader);
    EXPECT_EQ(contents("theirs"), "bait\n");
    ASSERT_EQ(chmod(folder_.c_str(), 0755), 0); // in ours, we gave it away ourselves
    EXPECT_TRUE(append(path("theirs")));
}

TEST_F(FileTest, APipeWithoutAReaderIsNotWaitedFor) {
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    EXPECT_FALSE(append(path("pipe")));
    int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
    EXPECT_TRUE(append(path("pipe")));
    char text[8] = "";
    EXPECT_EQ(read(reader, text, sizeof text), 5);
    close(reader);
}

TEST_F(FileTest, TheSystemsOwnLinksToOpenFilesAreFollowed) {
    int file = open(path("log").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    ASSERT_GE(file, 0);
    std::string number = std::to_string(file);
    size_t opened = 0;
    for (const std::string &name : {"/proc/self/fd/" + number, "/dev/fd/" + number,
                                    "/proc/" + std::to_string(getpid()) + "/fd/" + number})
        opened += append(name);
    EXPECT_EQ(contents("log"), "word\nword\nword\n");
    EXPECT_EQ(opened, 3u);
    int saved = dup(2);
    dup2(file, 2);
    bool followed = append("/dev/stderr");
    dup2(saved, 2);
    close(saved);
    EXPECT_TRUE(followed);
    EXPECT_EQ(contents("log").size(), 20u);
    EXPECT_TRUE(append("/dev/null"));
    EXPECT_FALSE(append("/dev/no-such-device"));
    close(file);
}

} // namespace
