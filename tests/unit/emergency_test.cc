// SPDX-License-Identifier: MIT
#include "heap/emergency.h"

#include <poolalloc.h>

#include "heap/allocate.h"
#include "os/lock.h"
#include "support/heap_fixture.h"

namespace {

uintptr_t number(void *block) { return reinterpret_cast<uintptr_t>(block); }

class EmergencyTest : public HeapTest {
  protected:
    enum block_fault find(void *block, size_t offset = 0) {
        return emergency_find(number(block) + offset, &usable_);
    }
    size_t usable_ = 0;
};

TEST_F(EmergencyTest, EverySizeAndAlignmentIsZeroAndItsOwn) {
    std::vector<std::pair<char *, size_t>> blocks;
    for (size_t alignment = 1; alignment <= 64 * KIB; alignment *= 4) {
        for (size_t size : {0, 1, 64, 65, 1000, 4096, 4097, 300000}) {
            char *block = at(emergency_allocate(size, alignment));
            ASSERT_NE(block, nullptr);
            EXPECT_EQ(number(block) % alignment, 0u);
            EXPECT_TRUE(is_all(block, 0, size));
            memset(block, int(blocks.size()), size);
            EXPECT_EQ(find(block), BLOCK_LIVE);
            EXPECT_GE(usable_, size);
            blocks.push_back({block, size});
        }
    }
    for (size_t i = 0; i < blocks.size(); i++) {
        EXPECT_TRUE(is_all(blocks[i].first, int(i), blocks[i].second)) << i;
        EXPECT_TRUE(emergency_free(number(blocks[i].first)));
    }
}

TEST_F(EmergencyTest, WhatIsFreedIsFoundOutAndUsedAgain) {
    for (int i = 0; i < 100000; i++) {
        void *block = emergency_allocate(4096, 16), *large = emergency_allocate(10000, 16);
        ASSERT_TRUE(block != nullptr && large != nullptr) << i;
        in_thread([&] { EXPECT_TRUE(emergency_free(number(block))); });
        EXPECT_TRUE(emergency_free(number(large)));
        EXPECT_FALSE(emergency_free(number(block)));
        EXPECT_EQ(find(block), BLOCK_FREED);
        if (i == 200) i = 99999;
    }
}

TEST_F(EmergencyTest, OtherAddressesAreNoBlocks) {
    void *block = emergency_allocate(200, 16), *large = emergency_allocate(100000, 16);
    EXPECT_EQ(find(block, 1), BLOCK_MISALIGNED);
    EXPECT_EQ(find(block, 16), BLOCK_INTERIOR);
    EXPECT_EQ(find(block, 64), BLOCK_INTERIOR);
    EXPECT_EQ(find(large, 4096), BLOCK_INTERIOR);
    EXPECT_EQ(find(&block), BLOCK_FOREIGN);
    EXPECT_TRUE(emergency_free(number(block)) && emergency_free(number(large)));
}

TEST_F(EmergencyTest, ItIsBounded) {
    std::vector<void *> blocks;
    while (void *block = emergency_allocate(4096, 16)) blocks.push_back(block);
    EXPECT_GT(blocks.size(), 900u);
    EXPECT_EQ(emergency_allocate(1, 1), nullptr);
    for (void *block : blocks) EXPECT_TRUE(emergency_free(number(block)));
    size_t count = 1, bytes = 1;
    emergency_count(&count, &bytes);
    EXPECT_EQ(count + bytes, 0u);
}

// Tests what a signal handler meets that has interrupted the allocator: its lock held, its heap in
// use, or both.
class InterruptedTest : public EmergencyTest, public testing::WithParamInterface<int> {
  protected:
    void enter() {
        if (GetParam() & 1) heap_ = thread_heap_enter();
        if (GetParam() & 2) {
            EXPECT_TRUE(space_lock());
        }
    }
    void leave() {
        if (GetParam() & 2) space_unlock();
        thread_heap_leave(heap_);
    }
    struct heap *heap_ = nullptr;
};

TEST_P(InterruptedTest, AllOfTheFamilyWorks) {
    void *before = poolalloc_malloc(100), *extent = poolalloc_malloc(100000);
    for (int i = 0; i < 500; i++) poolalloc_free(poolalloc_malloc(size_t(i) * 200));
    poolalloc_trim(0); // nothing is at hand
    enter();
    std::vector<std::pair<void *, size_t>> blocks;
    for (size_t size : {1, 100, 513, 5000, 70000, 1000000}) {
        char *block = at(poolalloc_malloc(size));
        ASSERT_NE(block, nullptr) << size;
        memset(block, 0x5a, size);
        EXPECT_GE(poolalloc_usable_size(block), size);
        block = at(poolalloc_realloc(block, size * 3));
        ASSERT_NE(block, nullptr) << size;
        EXPECT_TRUE(is_all(block, 0x5a, size));
        blocks.push_back({block, size * 3});
        void *zeroed = poolalloc_calloc(1, size);
        EXPECT_TRUE(is_all(zeroed, 0, size));
        poolalloc_free_sized(zeroed, size);
        void *aligned = poolalloc_aligned_alloc(1024, size);
        EXPECT_EQ(number(aligned) % 1024, 0u);
        blocks.push_back({aligned, size});
    }
    poolalloc_free(before);
    struct poolalloc_stats stats = {};
    stats.size = sizeof stats;
    EXPECT_EQ(poolalloc_get_stats(&stats), 0);
    leave();
    for (auto &block : blocks) poolalloc_free(block.first);
    poolalloc_free(extent);
    allocate_poll(thread_heap);
}

INSTANTIATE_TEST_SUITE_P(, InterruptedTest, testing::Values(1, 2, 3));

TEST_F(EmergencyTest, ADoubleFreeEndsTheProcess) {
    testing::FLAGS_gtest_death_test_style = "fast";
    void *block = emergency_allocate(100, 16);
    poolalloc_free(block);
    EXPECT_LINE_OF(poolalloc_free(block), "double free of ", block);
}

// Another thread holds the lock and stands still.
TEST_F(EmergencyTest, WhoeverWaitsInVainIsServed) {
    SpaceLock lock;
    in_thread([] {
        lock_patience = 5;
        std::vector<void *> blocks;
        for (size_t size : {1, 600, 70000, 5, 40000000}) {
            blocks.push_back(poolalloc_malloc(size));
            ASSERT_NE(blocks.back(), nullptr);
            memset(blocks.back(), 1, size);
        }
        for (void *block : blocks) poolalloc_free(block);
    });
}

} // namespace
