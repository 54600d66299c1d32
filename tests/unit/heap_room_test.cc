// SPDX-License-Identifier: MIT
// How many blocks above 512 bytes a heap keeps at hand.
#include <algorithm>

#include "heap/heap.h"
#include "heap/purge.h"
#include "support/heap_fixture.h"

namespace {

using HeapRoomTest = HeapAtHandTest;

TEST_F(HeapRoomTest, WhatIsUsedOnceIsNotKeptAtHand) {
    for (unsigned c = SMALL_CLASSES + 1; c < CLASS_COUNT; c++) {
        use(c, 1);
        ASSERT_EQ(held(c), 0u);
    }
    EXPECT_EQ(heap_->rounds_used, 0u);
}

TEST_F(HeapRoomTest, AClassInUseGetsRoomUntilItIsEnough) {
    for (unsigned c : {SMALL_CLASSES + 1u, SMALL_CLASSES + 20u, CLASS_COUNT - 1u}) {
        unsigned before = 0;
        for (int times = 0; times < 10; times++) {
            use(c, 2);
            ASSERT_GE(held(c), before);
            before = held(c);
            heap_check(heap_);
        }
        EXPECT_EQ(before, size_classes[c].magazine);
    }
}

TEST_F(HeapRoomTest, ClassesShareABudgetWhichIsTheSmallerTheMoreHeapsThereAre) {
    const uint64_t heaps = atomic_u64_load(&heaps_in_use);
    for (uint64_t count : {1, 4, 40, 100}) {
        atomic_u64_store(&heaps_in_use, count);
        for (int round = 0; round < 5; round++)
            for (unsigned c = SMALL_CLASSES + 1; c < CLASS_COUNT; c++) use(c, 4);
        size_t bytes = 0;
        for (unsigned c = SMALL_CLASSES + 1; c < CLASS_COUNT; c++)
            bytes += held(c) * size_classes[c].stride;
        EXPECT_LE(bytes, heap_->room_bytes);
        EXPECT_LE(heap_->room_bytes, size_t(8 * MIB / count));
        if (count == 100) {
            EXPECT_LE(bytes, 41 * KIB);
        }
        heap_check(heap_);
    }
    atomic_u64_store(&heaps_in_use, heaps);
}

// Where a block is larger than what a heap may have at hand.
TEST_F(HeapRoomTest, NoClassYieldsRoomForNothing) {
    const uint64_t heaps = atomic_u64_load(&heaps_in_use);
    const unsigned smallest = SMALL_CLASSES + 1, largest = PAGE_CLASS - 1;
    atomic_u64_store(&heaps_in_use, 100);
    use(smallest, 6);
    unsigned room = heap_->room[smallest];
    ASSERT_GT(room, 1u);
    use(largest, 6);
    EXPECT_EQ(heap_->room[largest], 0u);
    EXPECT_EQ(heap_->room[smallest], room);
    atomic_u64_store(&heaps_in_use, heaps);
}

TEST_F(HeapRoomTest, AFullMagazineOfSpansKeepsItsNewerHalf) {
    for (unsigned c : {SMALL_CLASSES + 1u, SMALL_CLASSES + 8u, CLASS_COUNT - 1u}) {
        use(c, 20);
        std::vector<void *> blocks;
        while (heap_->top[c]->block != 0) blocks.push_back(heap_.take_class(c));
        unsigned room = heap_->room[c];
        while (blocks.size() < room + 1u) blocks.push_back(heap_.take_class(c));
        for (void *block : blocks) heap_.free(block);
        ASSERT_EQ(held(c), room / 2 + 1);
        for (unsigned i = 0; i < held(c); i++)
            EXPECT_EQ(heap_->top[c][-int(i)].block, uintptr_t(blocks[room - i])) << c << " " << i;
        heap_check(heap_);
    }
}

class HeapOfFewTest : public HeapTest {
  protected:
    TestHeap heap_;
};

TEST_F(HeapOfFewTest, NoMoreIsAtHandThanHalfOfWhatIsInUse) {
    PagesInUse some(1 * MIB);
    size_t most_in_use = 0, most_room = 0;
    for (int round = 0; round < 5; round++)
        for (unsigned c = SMALL_CLASSES + 1; c < CLASS_COUNT; c++) {
            std::vector<void *> blocks;
            for (unsigned i = 0; i < 8; i++) blocks.push_back(heap_.take_class(c));
            most_in_use = std::max(most_in_use, purge_in_use() * POOL_SIZE);
            for (void *block : blocks) heap_.free(block);
            most_room = std::max(most_room, heap_->room_bytes);
        }
    EXPECT_LE(most_room, most_in_use / 2);
    EXPECT_GE(most_room, most_in_use / 8); // it is not that the heap wanted less
}

} // namespace
