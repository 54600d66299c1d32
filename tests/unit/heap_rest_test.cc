// SPDX-License-Identifier: MIT
// A heap lets go of what is at hand when its last blocks are freed, where other threads are.
#include <thread>

#include "heap/allocate.h"
#include "heap/thread_heap.h"
#include "support/heap_fixture.h"

namespace {

class HeapRestTest : public HeapTest {
  protected:
    // Blocks of many classes, which are freed up to the last; true if the heap came to rest, with
    // `left` live blocks at the most, as polls that count frees see it.
    bool use(unsigned count, unsigned left) {
        std::vector<void *> blocks;
        for (unsigned i = 0; i < count; i++) blocks.push_back(heap_.take(16 + 7919 * i % 2000));
        bool rested = heap_comes_to_rest(heap_, now_, &frees_);
        EXPECT_FALSE(rested);
        frees_ = HEAP_POLL_FREES;
        for (; blocks.size() > 0; blocks.pop_back()) {
            heap_.free(blocks.back());
            if (--frees_ > 0) continue;
            frees_ = HEAP_POLL_FREES;
            polls_++;
            if (!heap_comes_to_rest(heap_, now_, &frees_)) continue;
            EXPECT_LE(blocks.size(), left + 1);
            rested = true;
            heap_flush(heap_);
        }
        heap_check(heap_);
        return rested;
    }
    TestHeap heap_;
    uint64_t now_ = 1000;
    unsigned frees_ = HEAP_POLL_FREES, polls_ = 0;
};

TEST_F(HeapRestTest, ComesWithTheLastFrees) {
    EXPECT_TRUE(use(300, 40));
    EXPECT_LT(heap_held(heap_, 1000), 50u);
}

TEST_F(HeapRestTest, ComesOnceInAWhile) {
    EXPECT_TRUE(use(300, 40));
    EXPECT_FALSE(use(300, 40));
    now_ += 99;
    EXPECT_FALSE(use(300, 40));
    now_ += 1;
    EXPECT_TRUE(use(300, 40));
}

TEST_F(HeapRestTest, DoesNotComeToAHeapThatHasAsMuchAsBefore) {
    std::vector<void *> blocks;
    for (unsigned i = 0; i < 200; i++) blocks.push_back(heap_.take(100));
    for (unsigned i = 0; i < 10000; i++) {
        void *&block = blocks[7 * i % blocks.size()];
        heap_.free(block);
        block = heap_.take(100);
        frees_ = HEAP_POLL_FREES;
        EXPECT_FALSE(heap_comes_to_rest(heap_, now_ += 1000, &frees_));
        EXPECT_EQ(frees_, unsigned(HEAP_POLL_FREES));
    }
    for (void *block : blocks) heap_.free(block);
}

TEST_F(HeapRestTest, IsNotForFewBlocks) { EXPECT_FALSE(use(60, 60)); }

// What is freed early must not make every later free a poll.
TEST_F(HeapRestTest, PollsComeLittleMoreOften) {
    use(10000, 1250);
    EXPECT_LT(polls_, 10000u / HEAP_POLL_FREES + 40);
}

// Returns what is at hand for a thread that has freed all it had, and waits.
size_t held_at_rest() {
    std::vector<void *> blocks;
    for (unsigned i = 0; i < 300; i++) blocks.push_back(allocate(16 + 7919 * i % 2000));
    for (void *block : blocks) deallocate(block);
    return heap_held(thread_heap, 10000);
}

TEST_F(HeapRestTest, IsSeenByFreeWhereThereAreOtherThreads) {
    uint64_t others = atomic_u64_load(&heaps_in_use);
    size_t held;
    atomic_u64_store(&heaps_in_use, others + 1); // the threads' own count on top
    std::thread([&] { held = held_at_rest(); }).join();
    atomic_u64_store(&heaps_in_use, others);
    EXPECT_LT(held, 60u);
}

} // namespace
