// SPDX-License-Identifier: MIT
#include "malloc/outlet.h"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

#include "support/inner.h"

namespace {

class OutletTest : public testing::Test {
  protected:
    void SetUp() override {
        char name[] = "/tmp/poolalloc-outlet.XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder_ = name;
    }
    void TearDown() override { ASSERT_EQ(system(("rm -r " + folder_).c_str()), 0); }
    std::string in_folder(const std::string &name) { return folder_ + "/" + name; }
    static bool exists(const std::string &path) { return access(path.c_str(), F_OK) == 0; }
    // Opens, writes a word and closes.
    static bool write_to(const std::string &path) {
        int descriptor = outlet_open(path.c_str(), "report", "report");
        if (descriptor < 0) return false;
        EXPECT_EQ(write(descriptor, "word\n", 5), 5);
        outlet_close(descriptor);
        return true;
    }
    std::string folder_;
};

TEST_F(OutletTest, EachPercentPIsTheProcessId) {
    std::string id = std::to_string(getpid());
    EXPECT_TRUE(write_to(in_folder("a.%p.b%p%")));
    EXPECT_TRUE(exists(in_folder("a." + id + ".b" + id + "%")));
}

TEST_F(OutletTest, WhatIsWrittenIsAppended) {
    EXPECT_TRUE(write_to(in_folder("file")));
    EXPECT_TRUE(write_to(in_folder("file")));
    struct stat file;
    ASSERT_EQ(stat(in_folder("file").c_str(), &file), 0);
    EXPECT_EQ(file.st_size, 10);
}

TEST_F(OutletTest, AFileThatCannotBeWrittenIsSaidInOneLine) {
    outlet_prepare();
    testing::internal::CaptureStderr();
    outlet_prepare(); // standard error is another file meanwhile
    EXPECT_FALSE(write_to(in_folder("absent/file")));
    std::string said = testing::internal::GetCapturedStderr();
    outlet_prepare();
    EXPECT_EQ(said.rfind("poolalloc: cannot write the report to " + in_folder("absent/file"), 0),
              0u)
        << said;
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

TEST_F(OutletTest, NoPathIsStandardError) {
    testing::internal::CaptureStderr();
    outlet_prepare();
    EXPECT_TRUE(write_to(""));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "word\n");
    outlet_prepare();
}

} // namespace
