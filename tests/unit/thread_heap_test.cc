// SPDX-License-Identifier: MIT
#include "heap/thread_heap.h"

#include <atomic>
#include <climits>
#include <poolalloc.h>
#include <pthread.h>
#include <unistd.h>

#include "heap/allocate.h"
#include "heap/inbox.h"
#include "heap/purge.h"
#include "heap/remote.h"
#include "heap/space.h"
#include "os/options.h"
#include "os/os.h"
#include "support/clock.h"
#include "support/heap_fixture.h"
#include "support/hide.h"

namespace {

using ThreadHeapTest = HeapTest;

TEST_F(ThreadHeapTest, AThreadHasNoHeapUntilItNeedsOneAndThenAlwaysTheSame) {
    size_t before = thread_heap_count();
    in_thread([&] {
        EXPECT_EQ(thread_heap, &no_heap);
        void *block = poolalloc_malloc(100);
        struct heap *mine = thread_heap;
        EXPECT_NE(mine, &no_heap);
        EXPECT_EQ(block_at(block).heap, mine);
        EXPECT_EQ(thread_heap_get(), mine);
        EXPECT_EQ(thread_heap_count(), before + 1);
        EXPECT_EQ(heap_state(mine), HEAP_IN_USE);
        poolalloc_free(block);
    });
    EXPECT_EQ(thread_heap_count(), before);
}

TEST_F(ThreadHeapTest, ThreadsThatRunTogetherHaveHeapsOfTheirOwn) {
    std::atomic<int> here{0};
    std::atomic<struct heap *> heaps[3] = {};
    std::vector<std::thread> threads;
    for (auto &mine : heaps) {
        threads.emplace_back([&] {
            mine = thread_heap_get();
            here++;
            while (here < 3) std::this_thread::yield();
        });
    }
    for (std::thread &thread : threads) thread.join();
    EXPECT_NE(heaps[0], heaps[1]);
    EXPECT_NE(heaps[1], heaps[2]);
    EXPECT_NE(heaps[0], heaps[2]);
}

TEST_F(ThreadHeapTest, TheNextThreadTakesOverTheHeapOfAnEndedOne) {
    struct heap *first = nullptr, *second = nullptr;
    void *block = nullptr;
    in_thread([&] {
        first = thread_heap_get();
        block = poolalloc_malloc(100);
        memset(block, 0x5a, 100);
    });
    EXPECT_EQ(heap_state(first), HEAP_PARKED);
    EXPECT_EQ(fault_at(block), BLOCK_LIVE);
    size_t bytes = thread_heap_bytes();
    in_thread([&] {
        second = thread_heap_get();
        EXPECT_EQ(block_at(block).heap, second); // its blocks are now this thread's
        EXPECT_TRUE(is_all(block, 0x5a, 100));
        poolalloc_free(block);
        EXPECT_EQ(fault_at(block), BLOCK_FREED);
    });
    EXPECT_EQ(first, second);
    EXPECT_EQ(thread_heap_bytes(), bytes);
}

// Threads that begin soon find the magazines of those that ended.
TEST_F(ThreadHeapTest, AHeapIsParkedWarmAndCleanedAfterATime) {
    TestClock clock;
    struct heap *heap = nullptr;
    void *block = nullptr;
    in_thread([&] {
        heap = thread_heap_get();
        block = poolalloc_malloc(100);
        poolalloc_free(block);
    });
    EXPECT_TRUE(heap->warm);
    EXPECT_EQ(fault_at(block), BLOCK_FREED); // its pool is still there
    EXPECT_FALSE(thread_heap_clean_is_due(os_clock_ms()));
    thread_heap_clean_parked(false);
    EXPECT_TRUE(heap->warm);
    clock.advance(1000);
    EXPECT_TRUE(thread_heap_clean_is_due(os_clock_ms()));
    poolalloc_free(poolalloc_malloc(100000)); // a poll
    EXPECT_FALSE(heap->warm);
    EXPECT_FALSE(thread_heap_clean_is_due(os_clock_ms()));
}

TEST_F(ThreadHeapTest, OnlyAFewHeapsAreParkedWarm) {
    std::atomic<int> here{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; t++) {
        threads.emplace_back([&] {
            poolalloc_free(poolalloc_malloc(100));
            here++;
            while (here < 8) std::this_thread::yield();
        });
    }
    for (std::thread &thread : threads) thread.join();
    size_t warm = 0, cold = 0;
    for (struct heap *heap = thread_heap_first(); heap != nullptr; heap = heap->next) {
        if (heap == thread_heap) continue;
        (heap->warm ? warm : cold)++;
        if (!heap->warm) {
            EXPECT_EQ(heap->empty_count, 0u);
            EXPECT_EQ(heap->reserve.pools, 0u);
        }
    }
    EXPECT_GE(warm, 1u);
    EXPECT_LE(warm, 5u); // two may end at the same moment
    EXPECT_GE(cold, 3u);
}

// All heaps of three threads that ran together serve three others.
TEST_F(ThreadHeapTest, NoParkedHeapIsForgotten) {
    auto three_together = [] {
        std::atomic<int> here{0};
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; t++) {
            threads.emplace_back([&] {
                thread_heap_get();
                here++;
                while (here < 3) std::this_thread::yield();
            });
        }
        for (std::thread &thread : threads) thread.join();
    };
    three_together();
    struct heap *newest = thread_heap_first();
    for (int i = 0; i < 10; i++) three_together();
    EXPECT_EQ(thread_heap_first(), newest);
}

TEST_F(ThreadHeapTest, AParkedHeapThatIsCleanedKeepsNoPoolWithoutALiveBlock) {
    std::vector<void *> kept;
    in_thread([&] {
        for (int i = 0; i < 200; i++) kept.push_back(poolalloc_malloc(512));
        for (int i = 0; i < 200; i++)
            if (i % 50 != 0) poolalloc_free(kept[size_t(i)]);
    });
    thread_heap_clean_parked(true);
    size_t pools = 0;
    for (struct window *window = window_first(); window != nullptr; window = window->next)
        for (const union record &record : window->record)
            pools += atomic_u64_load(&record.pool.tag) != 0;
    EXPECT_EQ(pools, 4u); // one for each live block
    for (size_t i = 0; i < 200; i += 50) poolalloc_free(kept[i]);
}

TEST_F(ThreadHeapTest, ABlockOfACleanedHeapThatIsFreedGivesItsMemoryBack) {
    void *block = nullptr;
    in_thread([&] { block = poolalloc_malloc(100); });
    thread_heap_clean_parked(true);
    poolalloc_free(block);
    remote_post(thread_heap);
    EXPECT_NE(fault_at(block), BLOCK_LIVE);
    uintptr_t address = reinterpret_cast<uintptr_t>(hide(block));
    EXPECT_EQ(atomic_u64_load(&window_record_at(address)->pool.tag), 0u);
}

TEST_F(ThreadHeapTest, APoolIsBorrowedFromACleanedHeap) {
    std::vector<void *> blocks;
    in_thread([&] {
        for (int i = 0; i < 8; i++) blocks.push_back(poolalloc_malloc(512));
        poolalloc_free(blocks.back());
        blocks.pop_back();
    });
    unsigned c = size_class_of(512);
    EXPECT_FALSE(thread_heap_borrow(thread_heap, c)); // it is warm
    thread_heap_clean_parked(true);
    bool borrowed = false; // a few heaps are looked at each time, in turn
    for (int i = 0; i < 100 && !borrowed; i++) borrowed = thread_heap_borrow(thread_heap, c);
    EXPECT_TRUE(borrowed);
    void *block = poolalloc_malloc(512);
    EXPECT_EQ(pool_at(block), pool_at(blocks[0]));
    for (void *other : blocks) EXPECT_EQ(block_at(other).heap, thread_heap);
    for (int i = 0; i < 100; i++) ASSERT_FALSE(thread_heap_borrow(thread_heap, c)); // but one
    for (void *other : blocks) poolalloc_free(other);
    poolalloc_free(block);
    EXPECT_EQ(fault_at(block), BLOCK_FREED); // not on its way: they are ours
}

TEST_F(ThreadHeapTest, CleaningParkedHeapsTakesInWhatWasFreedForThem) {
    std::vector<void *> blocks;
    in_thread([&] {
        for (int i = 0; i < 100; i++) blocks.push_back(poolalloc_malloc(512));
    });
    for (void *block : blocks) poolalloc_free(block);
    remote_post(thread_heap);
    thread_heap_clean_parked(true);
    remote_drain(thread_heap, ~0u); // the messages come back
    EXPECT_EQ(census_now().used_blocks, 0u);
}

TEST_F(ThreadHeapTest, AThreadThatEndsPostsWhatItFreedForOthers) {
    void *block = poolalloc_malloc(100);
    in_thread([&] {
        poolalloc_free(block);
        EXPECT_EQ(fault_at(block), BLOCK_LIVE);
    });
    EXPECT_TRUE(remote_is_waiting(thread_heap));
    remote_drain(thread_heap, ~0u);
    EXPECT_EQ(fault_at(block), BLOCK_FREED);
}

// Whatever comes between the last look of a thread and the end of its heap; the fixture counts.
TEST_F(ThreadHeapTest, NothingIsLostBetweenThreadsThatEndAndOneThatFrees) {
    for (int round = 0; round < 300; round++) {
        const int count = 64;
        std::atomic<void *> blocks[count] = {};
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; t++)
            threads.emplace_back([&blocks, t] {
                for (int i = t; i < count; i += 3) blocks[i] = poolalloc_malloc(size_t(i) * 40);
            });
        for (std::atomic<void *> &block : blocks) {
            while (block == nullptr) std::this_thread::yield();
            poolalloc_free(block);
            if (round % 2 == 0) remote_post(thread_heap);
        }
        for (std::thread &thread : threads) thread.join();
    }
}

// Blocks of a thread that waits while others free them. What it has at hand keeps a few pools.
class ThreadHeapWaitTest : public ThreadHeapTest {
  protected:
    static constexpr size_t AT_HAND = 100; // blocks at most of pools that stay
    void SetUp() override {
        ThreadHeapTest::SetUp();
        inbox_begin_look(); // forgets one by another clock
    }
    void TearDown() override {
        done_ = true;
        owner_.join();
        ThreadHeapTest::TearDown();
    }
    void build(size_t size) {
        std::atomic<bool> built{false};
        owner_ = std::thread([&, size] {
            for (int i = 0; i < 2000; i++) blocks_.push_back(poolalloc_malloc(size));
            built = true;
            while (!done_) std::this_thread::yield();
        });
        while (!built) std::this_thread::yield();
    }
    // Every `step`-th block from `first` on is freed here, and sent to its owner.
    void free_each(size_t step, size_t first) {
        for (size_t i = first; i < blocks_.size(); i += step) poolalloc_free(blocks_[i]);
        remote_post(thread_heap_get());
    }
    void call_after(uint64_t milliseconds) {
        clock_.advance(milliseconds);
        allocate_poll(thread_heap_get());
    }
    TestClock clock_;
    std::vector<void *> blocks_;
    std::atomic<bool> done_{false};
    std::thread owner_;
};

// Few messages, in one burst: no bound is passed, and no one but the freeing thread calls.
TEST_F(ThreadHeapWaitTest, WhatHasWaitedForAPurgeDelayIsLookedAtByWhoeverCalls) {
    build(600);
    free_each(1, 0);
    call_after(options.purge_delay - 1);
    EXPECT_GE(census_now().used_blocks, blocks_.size());
    call_after(1);
    EXPECT_LE(census_now().used_blocks, AT_HAND);
}

// After a look the pools that had to stay lie in the inbox, where no further post tells of them.
TEST_F(ThreadHeapWaitTest, PoolsAreLookedAtAgainWhenTheirLastBlocksWereFreed) {
    build(200);
    free_each(2, 0);
    call_after(options.purge_delay);
    EXPECT_GE(census_now().used_blocks, blocks_.size() / 2);
    free_each(2, 1);
    call_after(options.purge_delay);
    EXPECT_LE(census_now().used_blocks, AT_HAND);
}

// Nobody calls anything after the last free; what is left is what was sent last. Pools become free
// one after the other, since a sweep gives back those alone whose blocks have all been sent.
TEST_F(ThreadHeapTest, MuchThatIsFreedForThreadsThatWaitGoesBackBeforeTheLastFree) {
    constexpr size_t OWNERS = 8, BLOCKS = 8000, SIZE = 256;
    TestClock clock;
    std::vector<void *> blocks;
    std::atomic<size_t> built{0};
    std::atomic<bool> end{false};
    std::vector<std::thread> owners;
    size_t before = purge_in_use();
    for (size_t i = 0; i < OWNERS; i++) {
        owners.emplace_back([&] {
            for (size_t k = 0; k < BLOCKS; k++) blocks.push_back(poolalloc_malloc(SIZE));
            built++;
            while (!end) std::this_thread::yield();
        });
        while (built <= i) std::this_thread::yield();
    }
    size_t full = purge_in_use() - before;
    ASSERT_GE(full, OWNERS * BLOCKS * SIZE / POOL_SIZE);
    for (size_t i = 0; i < blocks.size(); i++) {
        if (i % 256 == 0) clock.advance(1);
        poolalloc_free(blocks[i % OWNERS * BLOCKS + i / OWNERS]);
    }
    EXPECT_LE(purge_in_use() - before, full / 4 + 2 * MIB / POOL_SIZE);
    end = true;
    for (std::thread &owner : owners) owner.join();
}

TEST_F(ThreadHeapTest, AfterItsEndForATestAThreadMayBeginAgain) {
    in_thread([&] {
        struct heap *first = thread_heap_get();
        thread_heap_end_for_test();
        EXPECT_EQ(thread_heap, &no_heap);
        EXPECT_EQ(heap_state(first), HEAP_PARKED);
        EXPECT_EQ(thread_heap_get(), first);
    });
}

// ---- The end of a thread ----

pthread_key_t late_key;
int late_rounds;
struct heap *last_owner, *last_thread_heap;
void *last_block;

// Runs in every round of destructors, after the allocator's own, which was made before.
void run_late(void *rounds) {
    last_block = poolalloc_malloc(100);
    last_owner = block_at(last_block).heap;
    last_thread_heap = thread_heap;
    void *freed = poolalloc_malloc(3000);
    poolalloc_free(freed);
    void *large = poolalloc_calloc(1, 300 * KIB);
    EXPECT_TRUE(large != nullptr && is_all(large, 0, 300 * KIB));
    poolalloc_free(large);
    if (++late_rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
        poolalloc_free(last_block);
        pthread_setspecific(late_key, rounds);
    }
}

TEST_F(ThreadHeapTest, AThreadThatHasEndedUsesTheSharedHeap) {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "ThreadSanitizer's own thread has ended by then";
#endif
    ASSERT_EQ(pthread_key_create(&late_key, run_late), 0);
    struct heap *own = nullptr;
    late_rounds = 0;
    in_thread([&] {
        own = thread_heap_get();
        pthread_setspecific(late_key, &late_rounds);
    });
    pthread_key_delete(late_key);
    EXPECT_EQ(late_rounds, PTHREAD_DESTRUCTOR_ITERATIONS);
    EXPECT_EQ(last_thread_heap, &no_heap);
    EXPECT_NE(last_owner, own);
    EXPECT_EQ(heap_state(own), HEAP_PARKED);
    struct heap *shared = thread_heap_enter_shared();
    EXPECT_EQ(shared, last_owner);
    thread_heap_leave_shared();
    poolalloc_free(last_block); // by a thread that does not own it
    remote_post(thread_heap);
    uintptr_t address = reinterpret_cast<uintptr_t>(hide(last_block));
    EXPECT_NE(atomic_u64_load(&window_record_at(address)->pool.tag), 0u);
    thread_heap_clean_parked(true); // takes it in and gives its pool back
    EXPECT_EQ(atomic_u64_load(&window_record_at(address)->pool.tag), 0u);
}

TEST_F(ThreadHeapTest, TheSharedHeapHasOneUserAtATime) {
    std::atomic<int> inside{0}, most{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([&] {
            for (int i = 0; i < 500; i++) {
                ASSERT_NE(thread_heap_enter_shared(), nullptr);
                int now = ++inside;
                if (now > most) most = now;
                std::this_thread::yield(); // so that others try to come in
                --inside;
                thread_heap_leave_shared();
            }
        });
    }
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(most, 1);
}

using ThreadHeapDeathTest = ThreadHeapTest;

TEST_F(ThreadHeapDeathTest, AThreadThatDoesNotOwnAHeapIsFound) {
    if (!DEBUG_BUILD) GTEST_SKIP() << "assertions are off";
    struct heap *heap = thread_heap_get();
    EXPECT_TRUE(heap_is_mine(heap));
    EXPECT_DEATH(in_thread([&] { heap_flush(heap); }), "internal error: heap_is_mine");
    EXPECT_DEATH(thread_heap_leave_shared(), "internal error: lock_is_mine");
}

void *sent_late;

// The clock is looked at after the last drain of the thread and before its heap is parked.
TEST_F(ThreadHeapTest, WhatIsSentJustBeforeAHeapIsParkedIsTakenIn) {
    void *block = nullptr;
    in_thread([&] {
        sent_late = block = poolalloc_malloc(100);
        os_clock_for_test = []() -> uint64_t {
            void *late = sent_late;
            sent_late = nullptr;
            if (late != nullptr)
                in_thread([&] { // as another thread whose message is under way
                    struct heap *heap = thread_heap_get();
                    remote_free(heap, block_at(late).heap, reinterpret_cast<uintptr_t>(late), 100);
                    remote_post(heap);
                });
            return 1000000;
        };
        thread_heap_end_for_test();
        os_clock_for_test = nullptr;
    });
    EXPECT_EQ(fault_at(block), BLOCK_FREED);
}

TEST_F(ThreadHeapTest, HeapsMadeLaterCountTheirBlocks) {
    EXPECT_TRUE(in_child([] {
        thread_heap_count_blocks();
        thread_heap_end_for_test();
        // Parked heaps do not count; hold them all, so that the next one is new.
        std::vector<struct heap *> held;
        for (struct heap *heap = thread_heap_first(); heap != nullptr; heap = heap->next)
            inbox_set_state(heap, HEAP_BUSY);
        for (int i = 0; i < 1000; i++) poolalloc_free(poolalloc_malloc(size_t(i) * 10));
        return thread_heap->counting && thread_heap->served == 1000;
    }));
}

} // namespace
