// SPDX-License-Identifier: MIT
// memory_limit: what the files of control groups say, in folders of the test's own.
#include "os/memory_limit.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

namespace {

class MemoryLimitTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "limitXXXXXX";
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        root_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    void write(const std::string &path, const std::string &text) {
        std::filesystem::path whole = root_ + path;
        std::filesystem::create_directories(whole.parent_path());
        std::ofstream(whole) << text;
    }
    size_t read(const std::string &groups) {
        write("/groups", groups);
        return memory_limit_read((root_ + "/groups").c_str(), (root_ + "/fs").c_str());
    }

    std::string root_;
};

TEST_F(MemoryLimitTest, IsThatOfTheGroup) {
    write("/fs/a/b/memory.max", "1048576\n");
    EXPECT_EQ(read("0::/a/b\n"), 1048576u);
}

TEST_F(MemoryLimitTest, IsTheLeastOnTheWayUp) {
    write("/fs/a/b/memory.max", "5000000\n");
    write("/fs/a/memory.max", "3000000\n");
    EXPECT_EQ(read("0::/a/b\n"), 3000000u);
    write("/fs/memory.max", "2000000\n");
    EXPECT_EQ(read("0::/a/b\n"), 2000000u) << "a container sees the limit of its own group there";
    write("/fs/a/b/memory.max", "1000000\n");
    EXPECT_EQ(read("0::/a/b\n"), 1000000u);
}

TEST_F(MemoryLimitTest, MaxIsNone) {
    write("/fs/a/memory.max", "max\n");
    EXPECT_EQ(read("0::/a\n"), SIZE_MAX);
    write("/fs/memory.max", "4096\n");
    EXPECT_EQ(read("0::/a\n"), 4096u);
}

TEST_F(MemoryLimitTest, SeparateHierarchiesHaveOneForMemory) {
    write("/fs/memory/docker/x/memory.limit_in_bytes", "7000000\n");
    EXPECT_EQ(read("12:cpu,cpuacct:/other\n9:memory:/docker/x\n1:name=systemd:/y\n"), 7000000u);
    EXPECT_EQ(read("9:cpu,memory,pids:/docker/x\n"), 7000000u);
    EXPECT_EQ(read("9:memory_not:/docker/x\n"), SIZE_MAX);
    EXPECT_EQ(read("9:not_memory,cpu:/docker/x\n"), SIZE_MAX);
}

// The path is that of the host, of which the container sees its own group alone.
TEST_F(MemoryLimitTest, ThePathNeedNotExist) {
    write("/fs/memory/memory.limit_in_bytes", "123456\n");
    EXPECT_EQ(read("3:memory:/docker/0123456789\n"), 123456u);
}

TEST_F(MemoryLimitTest, WhereMemoryHasAHierarchyTheUnifiedOneSaysNothing) {
    write("/fs/memory/s/memory.limit_in_bytes", "1800\n");
    write("/fs/t/memory.max", "900\n");
    EXPECT_EQ(read("3:memory:/s\n0::/t\n"), 1800u);
    EXPECT_EQ(read("0::/t\n3:memory:/s\n"), 1800u);
    EXPECT_EQ(read("0::/t\n3:cpu:/s\n"), 900u);
}

TEST_F(MemoryLimitTest, WhatCannotBeReadIsNoLimit) {
    EXPECT_EQ(memory_limit_read("/nonexistent/groups", "/nonexistent"), SIZE_MAX);
    for (const char *groups : {"", "\n", "0", "0:", "0::", ":::", "memory", "0::/a", "\n\n0:x\n"})
        EXPECT_EQ(read(groups), SIZE_MAX) << groups;
    write("/fs/a/memory.max", "");
    EXPECT_EQ(read("0::/a\n"), SIZE_MAX);
    write("/fs/a/memory.max", "-5\n");
    EXPECT_EQ(read("0::/a\n"), SIZE_MAX);
    write("/fs/a/memory.max", "99999999999999999999999999\n");
    EXPECT_EQ(read("0::/a\n"), SIZE_MAX);
    EXPECT_EQ(read("0::/" + std::string(2000, 'x') + "\n"), SIZE_MAX);
    EXPECT_EQ(read(std::string(5000, 'y')), SIZE_MAX);
}

TEST_F(MemoryLimitTest, KeepsErrno) {
    write("/groups", "0::/a\n");
    errno = 4711;
    memory_limit_read((root_ + "/groups").c_str(), (root_ + "/fs").c_str());
    EXPECT_EQ(errno, 4711);
}

} // namespace
