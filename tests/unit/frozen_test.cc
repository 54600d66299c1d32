// SPDX-License-Identifier: MIT
#include "os/frozen.h"

#include <cerrno>
#include <csignal>
#include <gtest/gtest.h>
#include <pthread.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "os/os.h"

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool SANITIZED = true;
#else
constexpr bool SANITIZED = false;
#endif

// The other side: the socket that poolalloc leaks listens at.
class FrozenTest : public testing::Test {
  protected:
    void SetUp() override {
        char folder[] = "/tmp/frozen_test.XXXXXX";
        ASSERT_NE(mkdtemp(folder), nullptr);
        folder_ = folder;
        path_ = folder_ + "/socket";
        struct sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
        ASSERT_EQ(bind(listener_, reinterpret_cast<struct sockaddr *>(&address), sizeof address),
                  0);
        ASSERT_EQ(listen(listener_, 1), 0);
    }
    void TearDown() override {
        close(listener_);
        unlink(path_.c_str());
        rmdir(folder_.c_str());
    }
    std::string folder_, path_;
    int listener_ = -1;
};

TEST_F(FrozenTest, TheCopyLivesUntilTheSocketIsClosed) {
    if (SANITIZED) GTEST_SKIP() << "a sanitizer does not know of a copy by clone alone";
    struct frozen_hello hello = {};
    struct frozen_copy copy = {};
    int end[2];
    char byte = 'x';
    ASSERT_EQ(pipe(end), 0);
    int thread = 0;
    std::thread reader([&] {
        int from = accept(listener_, nullptr, nullptr);
        EXPECT_EQ(recv(from, &hello, sizeof hello, MSG_WAITALL), ssize_t(sizeof hello));
        EXPECT_EQ(send(from, &byte, 1, 0), 1);
        EXPECT_EQ(recv(from, &copy, sizeof copy, MSG_WAITALL), ssize_t(sizeof copy));
        EXPECT_EQ(kill(copy.process, 0), 0) << "it is there";
        close(from);
    });
    thread = os_thread_number();
    errno = 77;
    EXPECT_TRUE(frozen_hand_over(path_.c_str()));
    EXPECT_EQ(errno, 77);
    reader.join();
    EXPECT_EQ(std::string(hello.magic, sizeof hello.magic), FROZEN_MAGIC);
    EXPECT_EQ(hello.process, getpid());
    EXPECT_EQ(hello.thread, thread);
    EXPECT_LE(hello.stack, reinterpret_cast<uintptr_t>(&hello)) << "this call's frame is above";
    EXPECT_EQ(hello.local, uint64_t(pthread_self()));
    EXPECT_EQ(copy.padding, 0);
    // It holds no descriptor, this pipe's writing end too, or the end of the file would not come.
    close(end[1]);
    EXPECT_EQ(read(end[0], &byte, 1), 0);
    close(end[0]);
}

TEST_F(FrozenTest, NobodyIsToldWhereNobodyListens) {
    errno = 77;
    EXPECT_FALSE(frozen_hand_over((folder_ + "/nobody").c_str()));
    EXPECT_FALSE(frozen_hand_over((folder_ + '/' + std::string(FROZEN_PATH, 'x')).c_str()));
    EXPECT_EQ(errno, 77);
}

TEST_F(FrozenTest, AListenerThatGoesAwayCostsNothing) {
    std::thread reader([&] { close(accept(listener_, nullptr, nullptr)); });
    EXPECT_FALSE(frozen_hand_over(path_.c_str()));
    reader.join();
}

} // namespace
