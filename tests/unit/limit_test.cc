// SPDX-License-Identifier: MIT
// The limit of the options: no block is mapped beyond it, and what is free is given up first.
#include <algorithm>
#include <poolalloc.h>

#include "heap/allocate.h"
#include "support/heap_fixture.h"

namespace {

class LimitTest : public HeapTest {
  protected:
    void TearDown() override {
        set(SIZE_MAX);
        HeapTest::TearDown();
    }
    static void set(size_t bytes) {
        SpaceLock lock;
        space_set_limit(bytes);
    }
    static size_t mapped() { return census_now().mapped_bytes; }
    static std::vector<void *> take_all(size_t size) {
        std::vector<void *> blocks;
        while (void *block = poolalloc_malloc(size)) blocks.push_back(block);
        return blocks;
    }
    static void free_all(std::vector<void *> &blocks) {
        for (void *block : blocks) poolalloc_free(block);
        blocks.clear();
    }
};

TEST_F(LimitTest, NothingIsMappedBeyondItAtAnySize) {
    const size_t limit = 31 * MIB; // no other test's: a line is written once for each
    set(limit);
    testing::internal::CaptureStderr();
    for (size_t size : {size_t(100), size_t(5000), size_t(60000), 300 * KIB, 3 * MIB}) {
        errno = 0;
        std::vector<void *> blocks = take_all(size);
        EXPECT_EQ(errno, ENOMEM);
        EXPECT_LE(mapped(), limit) << size;
        EXPECT_GE(blocks.size() * size, 24 * MIB) << size;
        free_all(blocks);
    }
    EXPECT_EQ(poolalloc_malloc(40 * MIB), nullptr); // a mapping of its own
    void *direct = poolalloc_malloc(33 * MIB);
    EXPECT_EQ(direct, nullptr);
    std::string lines = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << lines;
    EXPECT_NE(lines.find("the limit is 31.0 MiB"), std::string::npos) << lines;
}

TEST_F(LimitTest, FreeMemoryOfOtherSizesIsGivenUpFirst) {
    set(32 * MIB);
    std::vector<void *> small = take_all(64);
    free_all(small);
    void *large = poolalloc_malloc(28 * MIB);
    EXPECT_NE(large, nullptr);
    poolalloc_free(large);
}

TEST_F(LimitTest, ABlockGrowsUpToItAndStaysWholeBeyond) {
    set(48 * MIB);
    char *block = at(poolalloc_malloc(33 * MIB));
    ASSERT_NE(block, nullptr);
    memset(block, 7, 33 * MIB);
    errno = 0;
    EXPECT_EQ(poolalloc_realloc(block, 60 * MIB), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_TRUE(is_all(block, 7, 33 * MIB));
    char *grown = at(poolalloc_realloc(block, 40 * MIB));
    ASSERT_NE(grown, nullptr);
    EXPECT_LE(mapped(), 48 * MIB);
    EXPECT_TRUE(is_all(grown, 7, 33 * MIB));
    poolalloc_free(grown);
}

} // namespace
