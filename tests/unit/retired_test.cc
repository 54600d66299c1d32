// SPDX-License-Identifier: MIT
#include "heap/retired.h"

#include "heap/direct.h"
#include "os/options.h"
#include "os/os.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

class RetiredTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.guard_pages = 1;
        SpaceLock lock;
        space_unmap_free();
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        release();
        HeapTest::TearDown();
    }
    static void release() {
        SpaceLock lock;
        retired_release();
    }
    static char *block_of(size_t size) { return at(direct_allocate(size, ALIGN)); }
    static void free(void *pointer) { EXPECT_TRUE(direct_free(block_at(pointer).large)); }
    static size_t mapped() { return census_now().mapped_bytes; }
};

using RetiredDeathTest = RetiredTest;

volatile char sink;

TEST_F(RetiredDeathTest, AFreedBlockStaysOutOfReachAndIsKnown) {
    char *pointer = block_of(100000), *other = block_of(100000);
    free(pointer);
    free(other);
    for (int i = 0; i < 100; i++) free(block_of(100000));
    EXPECT_EQ(fault_at(pointer), BLOCK_FREED);
    EXPECT_EQ(fault_at(pointer + 4096), BLOCK_UNALLOCATED);
    EXPECT_EQ(fault_at(pointer + 4097), BLOCK_MISALIGNED);
    EXPECT_DEATH(sink = pointer[0], "");
    EXPECT_DEATH(pointer[99999] = 1, "");
}

TEST_F(RetiredTest, TheRoomOfABlockDoesNotWaitWithIt) {
    size_t before = mapped();
    char *pointer = at(direct_allocate_to_grow(100000));
    size_t size = block_at(pointer).usable;
    EXPECT_EQ(mapped() - before, 2 * size + 2 * PAGE);
    EXPECT_TRUE(direct_refuses(reinterpret_cast<uintptr_t>(pointer) + 2 * size));
    free(pointer);
    EXPECT_EQ(mapped() - before, size + 2 * PAGE);
    EXPECT_EQ(fault_at(pointer), BLOCK_FREED);
}

TEST_F(RetiredTest, WhatAnAccessMissedIsToldWithItsBlock) {
    char *pointer = block_of(100000);
    uintptr_t first = reinterpret_cast<uintptr_t>(pointer);
    size_t size = block_at(pointer).large->size;
    guard_story story;
    block_at(pointer).large->caller = first;
    EXPECT_FALSE(direct_refuses(first) || direct_refuses(first + size - 1));
    ASSERT_TRUE(direct_refuses(first - 1) && direct_tell(first - 1, &story));
    EXPECT_EQ(story.kind, GUARD_UNDERFLOW);
    ASSERT_TRUE(direct_refuses(first + size) && direct_tell(first + size, &story));
    EXPECT_EQ(story.kind, GUARD_OVERFLOW);
    EXPECT_EQ(story.block, first);
    EXPECT_EQ(story.size, size);
    EXPECT_FALSE(direct_refuses(first + size + os_page_size()));
    free(pointer);
    ASSERT_TRUE(direct_refuses(first + size) && direct_tell(first + size / 2, &story));
    EXPECT_EQ(story.kind, GUARD_USE_AFTER_FREE);
    EXPECT_EQ(story.block, first);
    EXPECT_EQ(story.asked.depth, 1u);
    EXPECT_EQ(story.asked.callers[0], first);
    EXPECT_EQ(story.freed.depth, 0u);
    release();
    EXPECT_FALSE(direct_refuses(first) || direct_tell(first, &story));
}

TEST_F(RetiredTest, TheOldestGoesFirst) {
    size_t before = mapped();
    char *first = block_of(100000), *second = block_of(100000);
    free(first);
    free(second);
    EXPECT_EQ(mapped() - before, retired_bytes());
    for (int i = 2; i < RETIRED_MOST; i++) free(block_of(100000));
    EXPECT_EQ(fault_at(first), BLOCK_FREED);
    size_t most = mapped();
    free(block_of(100000));
    EXPECT_EQ(mapped(), most);
    EXPECT_NE(fault_at(first), BLOCK_FREED);
    EXPECT_EQ(fault_at(second), BLOCK_FREED);
    release();
    EXPECT_EQ(mapped(), before);
    EXPECT_EQ(retired_bytes(), 0u);
}

TEST_F(RetiredTest, TakesSoMuchAddressSpaceAtTheMost) {
    size_t before = mapped();
    char *small = block_of(100000);
    free(small);
    for (int i = 0; i < 20; i++) {
        free(block_of(100 * MIB));
        EXPECT_LE(retired_bytes(), RETIRED_BYTES);
    }
    EXPECT_GT(retired_bytes(), RETIRED_BYTES - 101 * MIB);
    EXPECT_NE(fault_at(small), BLOCK_FREED);
    size_t kept = retired_bytes();
    free(block_of(RETIRED_BYTES));
    EXPECT_EQ(retired_bytes(), kept);
    EXPECT_EQ(mapped() - before, kept);
}

TEST_F(RetiredTest, WhatCannotBeShutIsUnmapped) {
    size_t before = mapped();
    char *pointer = block_of(100000);
    os_fault_for_test = refuse<OS_MAP>;
    free(pointer);
    os_fault_for_test = nullptr;
    EXPECT_EQ(mapped(), before);
    EXPECT_EQ(retired_bytes(), 0u);
}

TEST_F(RetiredTest, IsCountedAnew) {
    free(block_of(100000));
    size_t bytes = retired_bytes(), before = mapped();
    SpaceLock lock;
    space_count(0, bytes);
    retired_rebuild();
    EXPECT_EQ(retired_bytes(), bytes);
    EXPECT_EQ(space_figures.mapped, before);
}

TEST_F(RetiredTest, OnlySoManyLiveBlocksHaveGuards) {
    EXPECT_TRUE(direct_may_guard());
    size_t &count = space_figures.direct_blocks, before = count;
    count = DIRECT_GUARDED_MOST;
    EXPECT_FALSE(direct_may_guard());
    count = before;
}

} // namespace
