// SPDX-License-Identifier: MIT
// The fast paths of malloc and free, and counting heaps.
#include "heap/heap.h"
#include "heap/thread_heap.h"
#include "support/heap_fixture.h"

namespace {

uintptr_t number(const void *pointer) { return reinterpret_cast<uintptr_t>(pointer); }

class HeapFastTest : public HeapAtHandTest {
  protected:
    enum free_result free_fast(const void *pointer) {
        return heap_free_fast(heap_, number(pointer));
    }
    void forget_poll() { atomic_u32_store(&heap_->frees_to_poll, HEAP_POLL_FREES); }
};

TEST_F(HeapFastTest, AFreedBlockIsTheNextOneOfItsSize) {
    for (size_t size = 0; size <= SMALL_MAX; size++) {
        void *block = heap_.take(size);
        ASSERT_EQ(block_at(block).usable, size_classes[size_class_of(size)].stride);
        ASSERT_EQ(free_fast(block), FREE_DONE);
        ASSERT_EQ(heap_take_fast(heap_, size_max(size, 1)), block) << size;
        ASSERT_NE(free_fast(block), FREE_OTHER);
        forget_poll();
    }
}

TEST_F(HeapFastTest, OtherSizesAreLeftToTheSlowPath) {
    void *block = heap_.take(SMALL_MAX);
    EXPECT_EQ(heap_take_fast(heap_, 0), nullptr);
    EXPECT_EQ(heap_take_fast(heap_, SMALL_MAX + 1), nullptr);
    EXPECT_EQ(heap_take_fast(heap_, SIZE_MAX), nullptr);
    EXPECT_EQ(heap_take_fast(heap_, SIZE_MAX - ALIGN), nullptr);
    EXPECT_EQ(heap_take_fast(heap_, size_t(PTRDIFF_MAX)), nullptr);
    heap_.free(block);
}

TEST_F(HeapFastTest, AHeapOfNobodyHasAndTakesNothing) {
    for (size_t size = 0; size <= 1024; size++) ASSERT_EQ(heap_take_fast(&no_heap, size), nullptr);
    void *block = heap_.take(64);
    EXPECT_EQ(heap_free_fast(&no_heap, number(block)), FREE_OTHER);
    EXPECT_EQ(heap_free_fast(&no_heap, number(&no_heap)), FREE_OTHER);
    heap_.free(block);
}

TEST_F(HeapFastTest, NothingButALiveBlockOfTheHeapIsFreed) {
    TestHeap other;
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        char *block = at(heap_.take_class(c));
        char *foreign = at(other.take_class(c));
        for (size_t offset = 1; offset < size_classes[c].stride; offset += offset < 600 ? 1 : 97)
            ASSERT_EQ(free_fast(block + offset), FREE_OTHER) << c << " " << offset;
        ASSERT_EQ(free_fast(foreign), FREE_OTHER);
        ASSERT_EQ(fault_at(foreign), BLOCK_LIVE);
        ASSERT_NE(free_fast(block), FREE_OTHER) << c;
        ASSERT_EQ(free_fast(block), FREE_OTHER) << "a double free, class " << c;
        forget_poll();
        other.free(foreign);
    }
    char on_stack[64];
    for (const void *pointer :
         {static_cast<const void *>(nullptr), static_cast<const void *>(on_stack),
          static_cast<const void *>(static_cast<struct heap *>(heap_)),
          reinterpret_cast<const void *>(UINTPTR_MAX)})
        EXPECT_EQ(free_fast(pointer), FREE_OTHER) << pointer;
}

TEST_F(HeapFastTest, EachSoManyFreesAskForAPoll) {
    std::vector<void *> blocks;
    for (int i = 0; i < 8; i++) blocks.push_back(heap_.take(64));
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 1; i < HEAP_POLL_FREES; i++) {
            ASSERT_EQ(free_fast(blocks[i % 8]), FREE_DONE) << i;
            ASSERT_EQ(heap_take_fast(heap_, 64), blocks[i % 8]);
        }
        ASSERT_EQ(free_fast(blocks[0]), FREE_TO_POLL);
        ASSERT_EQ(heap_take_fast(heap_, 64), blocks[0]);
        forget_poll();
    }
    for (void *block : blocks) heap_.free(block);
}

// A class that is not freed takes no memory for rounds, one that is seldom freed little.
TEST_F(HeapFastTest, AMagazineGrowsWhenItIsFull) {
    const unsigned c = 4, most = size_classes[c].magazine;
    std::vector<void *> blocks;
    for (unsigned i = 0; i <= most; i++) blocks.push_back(heap_.take_class(c));
    unsigned used = heap_->rounds_used;
    for (unsigned i = 0; i <= most; i++) {
        EXPECT_EQ(held(c), i);
        EXPECT_EQ(heap_->rounds_used - used, i == 0 ? 0u : i <= 15 ? 16u : 17u + most);
        forget_poll();
        ASSERT_EQ(free_fast(blocks[i]), FREE_DONE);
        heap_check(heap_);
    }
    EXPECT_EQ(held(c), 1u); // all others are spare
    EXPECT_EQ(heap_->rounds_used - used, 17u + most);
    EXPECT_EQ(heap_.take_class(c), blocks[most]);
    heap_.free(blocks[most]);
}

TEST_F(HeapFastTest, AllMagazinesHaveTheirRoom) {
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        use(c, 10);
        if (c <= SMALL_CLASSES) {
            ASSERT_EQ(held(c), size_classes[c].magazine);
        }
    }
    EXPECT_LE(heap_->rounds_used, unsigned(HEAP_ROUNDS));
    heap_check(heap_);
}

TEST_F(HeapFastTest, WhatAFullMagazineHasNoRoomForIsSpare) {
    for (unsigned c : {1u, 5u, unsigned(SMALL_CLASSES), SMALL_CLASSES + 1u, CLASS_COUNT - 1u}) {
        use(c, 20);
        std::vector<void *> blocks;
        for (unsigned i = 0; i < 3u * size_classes[c].magazine; i++)
            blocks.push_back(heap_.take_class(c));
        for (void *block : blocks) {
            forget_poll();
            ASSERT_EQ(free_fast(block), FREE_DONE);
            ASSERT_NE(fault_at(block), BLOCK_LIVE);
            heap_check(heap_);
        }
        if (size_class_is_span(c)) {
            EXPECT_GE(held(c), size_classes[c].magazine / 2u);
            continue;
        }
        EXPECT_EQ(heap_->top[c], heap_->end[c]);
        EXPECT_EQ(held(c), size_classes[c].magazine);
    }
}

// What a drain frees is not counted: nobody would see that the count had reached 0.
TEST_F(HeapFastTest, ADrainLeavesThePollCountAlone) {
    std::vector<struct block> blocks;
    for (unsigned i = 0; i < 3u * size_classes[4].magazine; i++)
        blocks.push_back(block_at(heap_.take_class(4)));
    atomic_u32_store(&heap_->frees_to_poll, 1);
    for (struct block &block : blocks) ASSERT_TRUE(heap_free(heap_, block.address));
    EXPECT_EQ(atomic_u32_load(&heap_->frees_to_poll), 1u);
}

// ---- Counting ----

TEST_F(HeapFastTest, ACountingHeapCountsEveryBlockAndSendsAllToTheSlowPath) {
    heap_init(heap_, true);
    uint64_t expected = 0;
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        std::vector<void *> blocks;
        for (int i = 0; i < 5; i++, expected++) blocks.push_back(heap_.take_class(c));
        EXPECT_EQ(heap_->served, expected);
        if (!size_class_is_span(c)) {
            EXPECT_EQ(heap_take_fast(heap_, size_classes[c].stride), nullptr) << c;
        }
        for (void *block : blocks) ASSERT_NE(free_fast(block), FREE_OTHER);
        heap_check(heap_);
    }
    EXPECT_EQ(heap_->served, expected);
}

TEST_F(HeapFastTest, ABareHeapKeepsNothingAtHandAndCanEndThat) {
    for (int round = 0; round < 100; round++) { // the rounds of magazines come back each time
        for (bool bare : {true, false}) {
            heap_set_bare(heap_, bare);
            EXPECT_EQ(heap_->bare, bare);
            EXPECT_EQ(heap_->rounds_used, 0u);
            // In another order each time, so that magazines begin where others had blocks.
            for (unsigned i = 0; i < CLASS_COUNT - 1u; i++) {
                unsigned c = 1 + (i + unsigned(round)) % (CLASS_COUNT - 1);
                for (int times = 0; times < 4; times++) { // spans get room by and by
                    std::vector<void *> blocks;
                    for (int n = 0; n < 3; n++) blocks.push_back(heap_.take_class(c));
                    for (void *block : blocks) ASSERT_NE(free_fast(block), FREE_OTHER);
                }
                ASSERT_LE(held(c), bare ? 0u : 3u) << c;
                ASSERT_GE(held(c), bare ? 0u : size_class_is_span(c) ? 1u : 3u) << c;
            }
            heap_check(heap_);
        }
        heap_check(heap_);
    }
    EXPECT_EQ(heap_->served, 0u); // not counting
    forget_poll();
}

} // namespace
