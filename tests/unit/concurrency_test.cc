// SPDX-License-Identifier: MIT
// Threads that allocate, pass blocks on, end and begin, while another looks and trims. Most useful
// under ThreadSanitizer.
#include <atomic>
#include <mutex>
#include <poolalloc.h>

#include "support/heap_fixture.h"
#include "support/workload.h"

namespace {

class ConcurrencyTest : public HeapTest {
  protected:
    // Each round is a new thread on the heap of an ended one.
    void work(uint64_t seed) {
        for (uint64_t round = 0; round < 4; round++) {
            in_thread([&] {
                Workload workload(seed * 100 + round);
                for (int part = 0; part < 4; part++) {
                    workload.run(100);
                    std::lock_guard<std::mutex> lock(mutex_);
                    workload.adopt(passed_on_);
                    passed_on_ = workload.give(20);
                }
                workload.release_all();
                EXPECT_EQ(workload.error(), "");
            });
        }
        running_--;
    }
    void start(unsigned count) {
        running_ = count;
        for (unsigned t = 0; t < count; t++)
            threads_.emplace_back([this, t] { work(test_seed() + t); });
    }
    void finish() {
        for (std::thread &thread : threads_) thread.join();
        Workload last(1);
        last.adopt(passed_on_);
        EXPECT_EQ(last.error(), "");
    }
    std::mutex mutex_;
    std::vector<Workload::Block> passed_on_;
    std::atomic<unsigned> running_{0};
    std::vector<std::thread> threads_;
};

TEST_F(ConcurrencyTest, ThreadsPassBlocksOn) {
    start(3);
    finish();
}

TEST_F(ConcurrencyTest, FiguresMayBeTakenAtAnyTime) {
    start(2);
    while (running_ > 0) {
        struct poolalloc_stats stats = {};
        stats.size = sizeof stats;
        EXPECT_EQ(poolalloc_get_stats(&stats), 0);
        EXPECT_LE(stats.mapped, stats.mapped_peak);
        EXPECT_LE(stats.heaps, 4u);
    }
    finish();
}

TEST_F(ConcurrencyTest, TrimmingMayHappenAtAnyTime) {
    start(2);
    while (running_ > 0) poolalloc_trim(0);
    finish();
}

} // namespace
