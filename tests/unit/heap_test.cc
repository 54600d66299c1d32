// SPDX-License-Identifier: MIT
// Pools, their states and what a heap keeps. The fast paths are in heap_fast_test.cc.
#include "heap/heap.h"

#include <sys/mman.h>

#include <map>
#include <set>

#include "os/options.h"
#include "os/os.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

class HeapPoolTest : public HeapTest {
  protected:
    static unsigned spare_blocks(struct pool *pool) {
        unsigned count = 0;
        for (unsigned w = 0; w < size_classes[atomic_u8_load(&pool->class_index)].words; w++)
            count += bit_count(pool_spare(pool)[w]);
        return count;
    }
    std::vector<void *> take_many(unsigned class_index, size_t count) {
        std::vector<void *> blocks;
        for (size_t i = 0; i < count; i++) blocks.push_back(heap_.take_class(class_index));
        return blocks;
    }
    void free_all(const std::vector<void *> &blocks) {
        for (void *block : blocks) heap_.free(block);
    }
    // Makes the magazine of a class above 512 bytes hold all that it ever can.
    void give_room(unsigned class_index) {
        PagesInUse much(20 * MIB);
        for (int times = 0; times < 10; times++)
            free_all(take_many(class_index, 2u * size_classes[class_index].magazine));
        empty_magazines();
    }
    // All free blocks are in their pools, not in magazines.
    void empty_magazines() { heap_flush(heap_); }
    TestHeap heap_;
};

TEST_F(HeapPoolTest, BlocksOfAClassAreDistinctAndOfItsStride) {
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        std::map<uintptr_t, int> starts;
        std::vector<void *> blocks = take_many(c, 2 * size_classes[c].capacity + 3u);
        for (void *block : blocks) {
            memset(block, 0x5a, size_classes[c].stride);
            starts[reinterpret_cast<uintptr_t>(block)]++;
        }
        ASSERT_EQ(starts.size(), blocks.size()) << c;
        uintptr_t end = 0;
        for (auto &start : starts) {
            ASSERT_GE(start.first, end) << c;
            end = start.first + size_classes[c].stride;
        }
        heap_check(heap_);
        free_all(blocks);
        heap_check(heap_);
    }
}

TEST_F(HeapPoolTest, APoolIsFullWhenItHasNoSpareBlockAndPartialWhenOneComesBack) {
    for (unsigned c : {1u, unsigned(SMALL_CLASSES), SMALL_CLASSES + 1u, CLASS_COUNT - 1u}) {
        unsigned capacity = size_classes[c].capacity;
        give_room(c);
        std::vector<void *> blocks = take_many(c, capacity);
        empty_magazines();
        struct pool *pool = pool_at(blocks[0]);
        EXPECT_EQ(pool->state, POOL_FULL);
        EXPECT_EQ(pool->taken, capacity);
        EXPECT_EQ(spare_blocks(pool), 0u);
        heap_.free(blocks.back());
        EXPECT_EQ(pool->state, POOL_FULL); // it waits in the magazine
        empty_magazines();
        EXPECT_EQ(pool->state, POOL_PARTIAL);
        EXPECT_EQ(pool->taken, capacity - 1);
        EXPECT_EQ(spare_blocks(pool), 1u);
        EXPECT_EQ(heap_.take_class(c), blocks.back()); // the only one there is
        EXPECT_EQ(pool->state, POOL_FULL);
        heap_check(heap_);
        free_all(blocks);
        empty_magazines();
        EXPECT_EQ(atomic_u64_load(&pool->tag), 0u) << "it went back";
    }
}

TEST_F(HeapPoolTest, LiveCountsAreExactInEveryState) {
    struct rng random = {test_seed()};
    for (unsigned c : {2u, 9u, unsigned(SMALL_CLASSES), SMALL_CLASSES + 3u, CLASS_COUNT - 5u}) {
        std::vector<void *> blocks = take_many(c, 3u * size_classes[c].capacity);
        while (!blocks.empty()) {
            size_t i = rng_below(&random, blocks.size());
            heap_.free(blocks[i]);
            blocks.erase(blocks.begin() + long(i));
            empty_magazines();
            std::map<struct pool *, unsigned> live;
            for (void *block : blocks) live[pool_at(block)]++;
            for (auto &entry : live) {
                ASSERT_EQ(entry.first->taken, entry.second);
                ASSERT_EQ(spare_blocks(entry.first), size_classes[c].capacity - entry.second);
                bool full = entry.second == size_classes[c].capacity;
                ASSERT_EQ(entry.first->state, full ? POOL_FULL : POOL_PARTIAL);
            }
            ASSERT_EQ(census_now().class_blocks[c], blocks.size());
        }
        struct census census = census_now();
        EXPECT_EQ(census.pools + census.span_pools, 0u);
    }
}

// ---- What a heap keeps ----

TEST_F(HeapPoolTest, PoolsComeFromTheArenaInBatches) {
    void *first = heap_.take(512);
    unsigned reserved = bit_count(heap_->reserve.pools);
    EXPECT_GE(reserved, 3u); // 4 to 8 at a time
    EXPECT_LE(reserved, 7u);
    struct arena *arena = window_arena_at(reinterpret_cast<uintptr_t>(first));
    EXPECT_EQ(bit_count(arena->free), 64 - 1 - reserved);
    EXPECT_EQ(arena->free & heap_->reserve.pools, 0u);
    empty_magazines();
    EXPECT_EQ(heap_->reserve.pools, 0u);
    EXPECT_EQ(bit_count(arena->free), 63u); // all but the one in use
    heap_.free(first);
}

bool has_memory(uintptr_t page) {
    unsigned char resident = 0;
    EXPECT_EQ(mincore(reinterpret_cast<void *>(page), POOL_SIZE, &resident), 0);
    return resident & 1;
}

TEST_F(HeapPoolTest, AGrowingHeapGetsTheMemoryOfItsReserveAtOnce) {
    {
        SpaceLock lock;
        space_unmap_free(); // new memory from here on
    }
    void *first = heap_.take(512);
    uintptr_t next = heap_->reserve.base + bit_lowest(heap_->reserve.pools) * uintptr_t(POOL_SIZE);
    EXPECT_FALSE(has_memory(next));
    std::vector<void *> blocks = take_many(SMALL_CLASSES, 8 * 8 * 64);
    if (heap_->reserve.pools == 0) blocks.push_back(heap_.take(512));
    next = heap_->reserve.base + bit_lowest(heap_->reserve.pools) * uintptr_t(POOL_SIZE);
    if (madvise(reinterpret_cast<void *>(next), 0, MADV_POPULATE_WRITE) == 0) {
        EXPECT_TRUE(has_memory(next));
    }
    free_all(blocks);
    heap_.free(first);
}

TEST_F(HeapPoolTest, SomeEmptyPoolsAreKeptAndTheOthersGoBack) {
    std::vector<void *> blocks = take_many(SMALL_CLASSES, 8 * 100);
    size_t most = 0;
    for (void *block : blocks) {
        heap_.free(block);
        most = size_max(most, heap_->empty_count);
        ASSERT_LE(heap_->empty_count, unsigned(HEAP_EMPTY_POOLS));
    }
    EXPECT_EQ(most, size_t(HEAP_EMPTY_POOLS));
    struct arena *arena = window_arena_at(heap_->empty[0]);
    EXPECT_GT(bit_count(arena->free), 20u);
    heap_check(heap_);
    empty_magazines();
    EXPECT_EQ(heap_->empty_count, 0u);
    EXPECT_EQ(arena->kind, ARENA_OF_RUNS);
}

TEST_F(HeapPoolTest, AnEmptyPoolServesTheNextClassThatNeedsOne) {
    std::vector<void *> blocks = take_many(SMALL_CLASSES, 8 * 30);
    free_all(blocks);
    ASSERT_GT(heap_->empty_count, 0u);
    std::set<uintptr_t> kept(heap_->empty, heap_->empty + heap_->empty_count);
    void *block = heap_.take(ALIGN);
    EXPECT_EQ(kept.count(window_record_base(pool_at(block))), 1u);
    EXPECT_EQ(heap_->empty_count, kept.size() - 1);
    EXPECT_EQ(block_at(block).usable, size_t(ALIGN));
    heap_.free(block);
}

TEST_F(HeapPoolTest, ASpanGoesBackToItsArenaWhenItsLastBlockDoes) {
    unsigned c = size_class_of(3000);
    std::vector<void *> blocks = take_many(c, size_classes[c].capacity);
    void *keeper = heap_.take(700); // so that the arena stays one of spans
    struct arena *arena = window_arena_at(reinterpret_cast<uintptr_t>(blocks[0]));
    unsigned used = 64 - bit_count(arena->free);
    free_all(blocks);
    empty_magazines();
    EXPECT_EQ(64 - bit_count(arena->free), used - size_classes[c].pools);
    heap_.free(keeper);
}

TEST_F(HeapPoolTest, WithoutMemoryItGivesWhatItHasAndThenNothing) {
    std::vector<void *> blocks = take_many(1, 1);
    {
        SpaceLock lock;
        space_unmap_free();
    }
    os_fault_for_test = refuse<OS_MAP>;
    while (void *block = heap_.take(ALIGN)) blocks.push_back(block);
    EXPECT_EQ(blocks.size(), 64u * POOL_SIZE / ALIGN); // its arena, to the last block
    heap_check(heap_);
    EXPECT_EQ(heap_.take(600), nullptr);
    os_fault_for_test = nullptr;
    blocks.push_back(heap_.take(ALIGN));
    EXPECT_NE(blocks.back(), nullptr);
    free_all(blocks);
}

// ---- Blocks that are known to be zero ----

TEST_F(HeapPoolTest, OnlyBlocksThatNobodyHadAreKnownToBeZero) {
    {
        SpaceLock lock;
        space_unmap_free(); // new memory from here on
    }
    unsigned c = size_class_of(5000);
    std::vector<void *> dirty = take_many(c, 5);
    void *other = heap_.take_class(c + NEAR_CLASSES), *more = heap_.take_class(c + NEAR_CLASSES);
    for (void *block : dirty) memset(block, 0x5a, 5000);
    for (size_t i = 1; i < dirty.size(); i++) heap_.free(dirty[i]);
    EXPECT_EQ(heap_take_zeroed(heap_, c), nullptr); // there are blocks at hand,
    empty_magazines();
    EXPECT_EQ(heap_take_zeroed(heap_, c), nullptr); // or spare ones with memory behind them
    for (size_t i = 1; i < dirty.size(); i++) ASSERT_EQ(heap_.take_class(c), dirty[i]);
    heap_.free(other); // of a class above that would do
    EXPECT_EQ(heap_take_zeroed(heap_, c), nullptr);
    heap_.free(more);
    empty_magazines();
    std::vector<void *> zeroed;
    while (void *block = heap_take_zeroed(heap_, c)) {
        ASSERT_TRUE(is_all(block, 0, size_classes[c].stride));
        ASSERT_EQ(block_at(block).class_index, c);
        memset(block, 0x5a, 5000);
        zeroed.push_back(block);
    }
    EXPECT_GT(zeroed.size(), 0u);
    EXPECT_LE(zeroed.size(), size_classes[c].capacity - dirty.size());
    heap_check(heap_);
    free_all(zeroed);
    free_all(dirty);
    empty_magazines();
    void *again = heap_.take_class(c); // the same memory, with old contents
    EXPECT_EQ(heap_take_zeroed(heap_, c), nullptr);
    heap_.free(again);
}

// The rule of free_sized, which must not find fault with what malloc gave.
TEST_F(HeapPoolTest, ANearClassIsAtMostTwiceAsLong) {
    for (unsigned c = SMALL_CLASSES + 1; c < PAGE_CLASS; c++) {
        size_t below = size_classes[c - 1].stride; // that of a page serves no more than a page
        size_t least = (below == POOL_SIZE + PAGE_SKEW ? size_t(POOL_SIZE) : below) + 1;
        unsigned farthest = std::min(c + NEAR_CLASSES, PAGE_CLASS - 1u);
        EXPECT_GT(least, size_classes[farthest].stride / 2) << c;
    }
}

// What was used before comes first: blocks of the class, then those of classes above, at hand or
// spare, then memory that nobody had.
TEST_F(HeapPoolTest, ARequestForASpanTakesNewMemoryLast) {
    options.purge_delay = PURGE_NEVER; // what is spare keeps its memory
    unsigned c = size_class_of(5000);
    std::vector<void *> own = take_many(c, 4), above = take_many(c + NEAR_CLASSES, 3);
    void *far = heap_.take_class(c + NEAR_CLASSES + 1);
    for (void *block : {own[2], own[1], own[0]}) heap_.free(block);
    empty_magazines();
    for (void *block : {above[1], above[0], far}) heap_.free(block);
    EXPECT_EQ(heap_take_own(heap_, c, NEAR_CLASSES), own[0]);
    EXPECT_EQ(heap_take_own(heap_, c, NEAR_CLASSES), own[1]);
    EXPECT_EQ(heap_take_own(heap_, c, NEAR_CLASSES), own[2]);
    EXPECT_EQ(heap_take_own(heap_, c, NEAR_CLASSES), above[0]);
    void *fresh = heap_take_own(heap_, c, 0); // its stride matters
    EXPECT_EQ(block_at(fresh).class_index, c);
    EXPECT_EQ(heap_take_own(heap_, c, NEAR_CLASSES), above[1]);
    heap_.free(above[0]);
    empty_magazines();
    EXPECT_EQ(heap_take_own(heap_, c, NEAR_CLASSES), above[0]); // spare, and used before
    void *next = heap_take_own(heap_, c, NEAR_CLASSES);
    EXPECT_EQ(block_at(next).class_index, c);
    EXPECT_EQ(heap_take_own(heap_, PAGE_CLASS - 1, NEAR_CLASSES), nullptr);
    heap_check(heap_);
    for (void *block : {above[0], above[1], above[2], fresh, next}) heap_.free(block);
    free_all(own);
}

TEST_F(HeapPoolTest, SmallBlocksAreNeverKnownToBeZero) {
    void *block = heap_.take(64);
    EXPECT_EQ(heap_take_zeroed(heap_, size_class_of(64)), nullptr);
    heap_.free(block);
}

// ---- Magazines that lie idle ----

class HeapSettleTest : public HeapPoolTest {
  protected:
    void SetUp() override {
        HeapPoolTest::SetUp();
        SpaceLock lock;
        space_unmap_free(); // new memory from here on
    }
    // The heap takes so much that it had not before.
    void grow(std::vector<void *> *blocks, size_t size) {
        unsigned c = size_class_of(20000);
        for (size_t taken = 0; taken <= size; taken += size_classes[c].stride)
            blocks->push_back(heap_.take_class(c));
    }
    size_t at_hand(unsigned c) {
        size_t count = 0;
        for (struct round *at = heap_->top[c]; at->block != 0; at--) count++;
        return count;
    }
};

TEST_F(HeapSettleTest, SpansAreNotHeldByWhatIsAtHandForLong) {
    unsigned c = size_class_of(4000), capacity = size_classes[c].capacity;
    give_room(c);
    std::vector<void *> blocks = take_many(c, 10 * capacity), large;
    for (unsigned i = 0; i < capacity; i++) // all first ones, then all second ones, ...
        for (unsigned span = 0; span < 10; span++) heap_.free(blocks[span * capacity + i]);
    EXPECT_GE(at_hand(c), 2u);
    EXPECT_FALSE(link_is_alone(&heap_->partial[c]));
    grow(&large, 4 * MIB);
    EXPECT_EQ(at_hand(c), 0u);
    EXPECT_TRUE(link_is_alone(&heap_->partial[c]));
    heap_check(heap_);
    free_all(large);
}

TEST_F(HeapSettleTest, WhatIsInUseStaysAtHand) {
    unsigned c = size_class_of(200);
    std::vector<void *> blocks = take_many(c, 5), large;
    for (void *block : blocks) {
        heap_.free(block);
        grow(&large, MIB / 2);
    }
    EXPECT_EQ(at_hand(c), blocks.size());
    free_all(large);
}

} // namespace
