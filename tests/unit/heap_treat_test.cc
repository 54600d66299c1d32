// SPDX-License-Identifier: MIT
// A heap whose blocks are treated: which one is handed out, and which ones are held.
#include <map>

#include <poolalloc.h>

#include "heap/allocate.h"
#include "heap/heap.h"
#include "heap/inbox.h"
#include "heap/remote.h"
#include "heap/treat.h"
#include "support/clock.h"
#include "support/heap_fixture.h"

namespace {

class HeapTreatTest : public HeapTest {
  protected:
    void TearDown() override {
        treat_measures = 0;
        HeapTest::TearDown();
    }
};

// With a chance below 1e-9 of a wrong answer. The block behind a gap is found from each place in
// it.
TEST_F(HeapTreatTest, EachSpareBlockIsPickedAsOftenAsItsGapIsLong) {
    const int rounds = 8000;
    const unsigned c = SMALL_CLASSES, count = size_classes[c].capacity;
    std::map<unsigned, int> first, behind; // by its place, and by how far behind the first
    treat_begin(TREAT_RANDOM);
    TestHeap heap;
    auto take = [&](void **block) {
        *block = heap.take_class(c);
        return unsigned((uintptr_t)*block % POOL_SIZE / size_classes[c].stride);
    };
    for (int i = 0; i < rounds; i++) {
        void *blocks[2];
        unsigned one = take(&blocks[0]), other = take(&blocks[1]);
        first[one]++;
        behind[(other + count - one) % count]++;
        for (void *block : blocks) heap.free(block);
        heap_flush(heap);
    }
    for (unsigned i = 0; i < count; i++) {
        EXPECT_NEAR(first[i], rounds / count, 200) << i;
        EXPECT_NEAR(behind[i], rounds / count * (i == 0 ? 0 : i == 1 ? 2 : 1), 250) << i;
    }
    heap.close();
}

TEST_F(HeapTreatTest, TheLowestBlockIsPickedWhereNothingIsRandom) {
    const unsigned c = SMALL_CLASSES;
    treat_begin(TREAT_EXACT);
    TestHeap heap;
    std::vector<void *> blocks;
    for (unsigned i = 0; i < size_classes[c].capacity; i++) {
        blocks.push_back(heap.take_class(c));
        EXPECT_EQ((uintptr_t)blocks[i] % POOL_SIZE, i * size_classes[c].stride);
    }
    for (void *block : blocks) heap.free(block);
    heap.close();
}

// A pool that was full has one spare block when it comes back, and any of many is to be the next.
TEST_F(HeapTreatTest, APoolThatIsNoLongerFullIsTheLastToBeUsed) {
    const unsigned c = SMALL_CLASSES, count = size_classes[c].capacity;
    for (uint32_t measures : {TREAT_EXACT, TREAT_RANDOM}) {
        treat_begin(measures);
        TestHeap heap;
        std::vector<void *> blocks; // a full pool and the first of another
        for (unsigned i = 0; i <= count; i++) blocks.push_back(heap.take_class(c));
        struct block gone = block_at(blocks[0]);
        ASSERT_NE(block_end_life(heap, window_look_up(gone.address), gone.address), nullptr);
        heap_put_back(heap, {gone.address, gone.word});
        void *next = heap.take_class(c);
        EXPECT_EQ(next == blocks[0], measures == TREAT_EXACT);
        blocks[0] = next;
        heap_check(heap);
        for (void *block : blocks) heap.free(block);
        heap.close();
    }
}

TEST_F(HeapTreatTest, AHeapOfManyHoldsAQuarter) {
    enum { THROWS = 32 };
    treat_begin(TREAT_RANDOM);
    TestHeap heap;
    const uint64_t heaps = atomic_u64_load(&heaps_in_use);
    atomic_u64_store(&heaps_in_use, HEAPS_ARE_MANY);
    for (unsigned c : {1u, unsigned(SMALL_CLASSES), PAGE_CLASS - 1u}) {
        std::vector<void *> blocks;
        const unsigned places = unsigned(size_classes[c].held), filled = std::max(places / 4, 2u);
        for (unsigned i = 0; i < THROWS * filled; i++) blocks.push_back(heap.take_class(c));
        for (void *block : blocks) heap.free(block);
        EXPECT_EQ(heap_held_blocks(heap, c), filled) << c;
    }
    atomic_u64_store(&heaps_in_use, heaps);
}

TEST_F(HeapTreatTest, WhatIsHeldCountsAsAtHandAndGoesBackWithAFlush) {
    enum { THROWS = 32 };
    treat_begin(TREAT_RANDOM);
    TestHeap heap;
    for (unsigned c : {1u, 7u, unsigned(SMALL_CLASSES), SMALL_CLASSES + 3u, PAGE_CLASS - 1u}) {
        std::vector<void *> blocks;
        const unsigned places = unsigned(size_classes[c].held);
        // A place stays empty by a chance of exp(-THROWS).
        for (unsigned i = 0; i < THROWS * places; i++) blocks.push_back(heap.take_class(c));
        for (void *block : blocks) heap.free(block);
        EXPECT_EQ(heap_held_blocks(heap, c), places) << c;
        heap_check(heap);
        heap_flush(heap);
        EXPECT_EQ(heap_held_blocks(heap, c), 0u);
        heap_check(heap);
    }
    heap.close();
}

// They come one by one, or by words of pending bits. The chance that half of the places stay empty
// is below 1e-9. An owner that does nothing for long would be taken to be idle, and so would one
// for whom more messages wait.
TEST_F(HeapTreatTest, BlocksThatOthersFreedAreHeldToo) {
    TestClock clock;
    deallocate_poll(nullptr); // a flush that is due at the clock's time
    for (uint32_t exact : {0, int{TREAT_EXACT}})
        for (size_t size : {size_t(64), size_t(500), size_t(5000), size_t(20000)}) {
            treat_begin(TREAT_RANDOM | exact);
            poolalloc_trim(0); // the heap of this thread takes it up
            const unsigned c = size_class_of(size), places = unsigned(size_classes[c].held);
            std::vector<void *> blocks(40 + 6 * places);
            ASSERT_LT(blocks.size(), unsigned{INBOX_MOST_AWAKE}); // each is a message
            for (void *&block : blocks) block = poolalloc_malloc(size);
            in_thread([&] {
                for (void *block : blocks) poolalloc_free(block);
            });
            while (remote_is_waiting(thread_heap)) deallocate_poll(nullptr);
            EXPECT_GT(heap_held_blocks(thread_heap, c), places / 2) << exact << ' ' << size;
            poolalloc_check();
            poolalloc_trim(0);
            EXPECT_EQ(heap_held_blocks(thread_heap, c), 0u);
        }
}

// The memory of a cold heap's magazines went back, and would be asked for again.
TEST_F(HeapTreatTest, BlocksThatComeInForAColdHeapAreNotHeld) {
    treat_begin(TREAT_RANDOM);
    TestHeap heap;
    for (size_t size : {size_t(64), size_t(5000)})
        for (bool warm : {true, false}) {
            void *block = heap.take(size);
            inbox_set_state(heap, HEAP_BUSY);
            heap->warm = warm;
            heap.free(block);
            EXPECT_EQ(heap_held_blocks(heap, size_class_of(size)), warm) << size;
            inbox_set_state(heap, HEAP_IN_USE);
            heap_flush(heap);
        }
    heap.close();
}

} // namespace
