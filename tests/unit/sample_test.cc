// SPDX-License-Identifier: MIT
// Sampling: estimates agree with what was really handed out, whatever the pattern; what is freed is
// known to be; marks leave the heaps whole.
#include "heap/sample.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <poolalloc.h>

#include "heap/allocate.h"
#include "support/heap_fixture.h"

namespace {

class SampleTest : public SamplingTest {
  protected:
    static struct sample_totals totals() {
        struct sample_totals totals;
        EXPECT_TRUE(sample_each(&totals, nullptr, nullptr));
        EXPECT_EQ(totals.lost, 0u);
        return totals;
    }

    // What was really handed out.
    double blocks_ = 0, variance_ = 0;
    double heaviest_ = 0; // the most blocks that one sample stands for

    // One block of so many usable bytes, which has the smaller of two chances where blocks come
    // from magazines.
    void count(const void *block) {
        size_t usable = poolalloc_usable_size(block);
        double chance = sample_chance(usable);
        if (usable <= SPAN_MAX) {
            double at_hand = sample_chance_at_hand(block_at(block).class_index);
            if (at_hand < chance) chance = at_hand;
        }
        blocks_++;
        variance_ += (1 - chance) / chance;
        heaviest_ = std::max(heaviest_, 1 / chance);
    }
    void *take(size_t size) {
        void *block = poolalloc_malloc(size);
        count(block);
        return block;
    }
    static void give(void *block) { poolalloc_free(block); }

    void expect_unbiased(const std::string &name) {
        double estimate = totals().blocks, error = std::sqrt(variance_);
        // Few samples follow no normal law: this is Bernstein's inequality, whose second term is
        // for them.
        EXPECT_NEAR(estimate, blocks_, ERRORS * error + heaviest_ * ERRORS * ERRORS / 6)
            << name << ": " << (estimate - blocks_) / error << " standard errors";
        if (getenv("SAMPLE_TABLE") != nullptr)
            printf("%-28s %10.0f blocks, estimate %10.0f, %+.2f standard errors\n", name.c_str(),
                   blocks_, estimate, error > 0 ? (estimate - blocks_) / error : 0);
        EXPECT_NEAR(totals().live_blocks, 0, 1e-6 * blocks_) << name;
        EXPECT_EQ(totals().samples, 0u) << name;
    }

    // Runs a pattern that leaves no block, under a mean, on heaps that know nothing of earlier
    // ones.
    void pattern(const std::string &name, size_t mean, const std::function<void()> &run) {
        blocks_ = variance_ = heaviest_ = 0;
        ASSERT_TRUE(allocate_sample(mean));
        run();
        poolalloc_trim(0); // what is on its way arrives
        expect_unbiased(name + " at " + std::to_string(mean));
        census_check();
        allocate_sample(0);
        sample_reset_for_test();
    }
};

const size_t sizes[] = {1, 16, 48, 64, 200, 512, 600, 1500, 4096, 5000, 20000, 60000};
// Enough of each size for some hundred samples.
int rounds(size_t size, size_t mean) {
    return (int)std::min<size_t>(400000, 400 * mean / std::max<size_t>(size, 16));
}

class Patterns : public SampleTest, public testing::WithParamInterface<size_t> {
  protected:
    size_t mean = GetParam();
};

TEST_P(Patterns, Pairs) {
    for (size_t size : sizes)
        pattern("pairs of " + std::to_string(size), mean, [&] {
            for (int i = rounds(size, mean); i > 0; i--) give(take(size));
        });
}

TEST_P(Patterns, LastInFirstOut) {
    for (size_t size : sizes)
        pattern("LIFO of " + std::to_string(size), mean, [&] {
            void *blocks[40];
            for (int i = rounds(size, mean) / 40; i > 0; i--) {
                for (void *&block : blocks) block = take(size);
                for (int n = 39; n >= 0; n--) give(blocks[n]);
            }
        });
}

TEST_P(Patterns, FirstInFirstOut) {
    for (size_t size : sizes)
        pattern("FIFO of " + std::to_string(size), mean, [&] {
            std::vector<void *> queue(300);
            for (int i = rounds(size, mean); i > 0; i--) {
                void *&block = queue[i % 300];
                give(block);
                block = take(size);
            }
            for (void *block : queue) give(block);
        });
}

TEST_P(Patterns, Growth) {
    for (size_t size : {size_t(16), size_t(100), size_t(2000), size_t(30000)})
        pattern("growth of " + std::to_string(size), mean, [&] {
            std::vector<void *> blocks;
            for (int i = std::min(20000, rounds(size, mean)); i > 0; i--)
                blocks.push_back(take(size));
            for (void *block : blocks) give(block);
        });
}

TEST_P(Patterns, MixedSizesAtRandom) {
    pattern("mixed sizes", mean, [&] {
        struct rng random = {test_seed()};
        std::vector<void *> live(2000);
        for (int i = 0; i < 400000; i++) {
            void *&block = live[rng_below(&random, live.size())];
            give(block);
            block = take(1 + rng_below(&random, rng_below(&random, 10) == 0 ? 9000 : 500));
        }
        for (void *block : live) give(block);
    });
}

TEST_P(Patterns, Callocs) {
    for (size_t size : sizes)
        pattern("calloc of " + std::to_string(size), mean, [&] {
            for (int i = rounds(size, mean) / 4; i > 0; i--) {
                void *block = poolalloc_calloc(1, size);
                count(block);
                ASSERT_TRUE(is_all(block, 0, size));
                memset(block, 1, size);
                give(block);
            }
        });
}

TEST_P(Patterns, AlignedBlocks) {
    for (size_t alignment : {64, 4096})
        pattern("aligned to " + std::to_string(alignment), mean, [&] {
            for (int i = rounds(alignment + 100, mean); i > 0; i--) {
                void *block = poolalloc_aligned_alloc(alignment, alignment + 100);
                count(block);
                ASSERT_EQ((uintptr_t)block % alignment, 0u);
                give(block);
            }
        });
}

TEST_P(Patterns, GrowingBlocks) {
    pattern("realloc", mean, [&] {
        for (int i = rounds(8000, mean) / 3 + 1; i > 0; i--) {
            void *block = nullptr;
            for (size_t size = 10; size < 30000; size = size * 3 / 2) {
                void *before = block;
                block = poolalloc_realloc(block, size);
                if (block != before) count(block);
            }
            give(block);
        }
    });
}

// The one block at hand is of the class above: requests of both classes take it in turn, and what
// was decided about it must not choose which. Blocks of the class itself are kept, so that none is
// at hand.
TEST_P(Patterns, BlocksOfANearClass) {
    for (size_t size : {size_t(1500), 10 * KIB, 40 * KIB}) {
        size_t own = poolalloc_good_size(size), above = own + 1;
        pattern("near " + std::to_string(size), mean, [&] {
            std::vector<void *> kept;
            for (int i = rounds(size, mean) + 40; i > 0; i--) {
                give(take(above));
                void *block = take(size);
                if (poolalloc_usable_size(block) == own)
                    kept.push_back(block);
                else
                    give(block);
            }
            for (void *block : kept) give(block);
        });
    }
}

TEST_P(Patterns, LargeBlocks) {
    for (size_t size : {70 * KIB, 300 * KIB, 2 * MIB, 40 * MIB})
        pattern("large of " + std::to_string(size), mean, [&] {
            for (int i = size > MIB ? 50 : 2000; i > 0; i--) give(take(size));
        });
}

TEST_P(Patterns, BlocksThatOtherThreadsFree) {
    pattern("threads", mean, [&] {
        for (int round = 0; round < 10; round++) {
            std::vector<void *> blocks;
            in_thread([&] {
                for (int i = rounds(100, mean) / 20; i > 0; i--) {
                    blocks.push_back(take(100));
                    give(take(100));
                }
            });
            std::thread thread([&] { // while this one goes on
                for (void *block : blocks) poolalloc_free(block);
            });
            for (int i = 0; i < 1000; i++) give(take(300));
            thread.join();
        }
    });
}

INSTANTIATE_TEST_SUITE_P(Means, Patterns,
                         testing::Values(size_t(1), 4 * KIB, SAMPLE_BARE, 64 * KIB,
                                         SAMPLE_STANDARD));

TEST_F(SampleTest, LiveBlocksAreKnownByTheirStacks) {
    ASSERT_TRUE(allocate_sample(1));
    void *block = poolalloc_malloc(100), *large = poolalloc_malloc(100 * KIB);
    struct stack stack;
    size_t size;
    ASSERT_TRUE(sample_find((uintptr_t)block, &stack, &size));
    EXPECT_EQ(size, 100u);
    EXPECT_GT(stack.depth, 3u);
    ASSERT_TRUE(sample_find((uintptr_t)large, &stack, &size));
    EXPECT_EQ(size, 100 * KIB);
    EXPECT_FALSE(sample_find((uintptr_t)block + 16, &stack, &size));
    poolalloc_free(block);
    EXPECT_FALSE(sample_find((uintptr_t)block, &stack, &size));
    void *moved = poolalloc_realloc(large, 80 * MIB);
    ASSERT_TRUE(sample_find((uintptr_t)moved, &stack, &size));
    if (moved != large) {
        EXPECT_FALSE(sample_find((uintptr_t)large, &stack, &size));
    }
    poolalloc_free(moved);
    EXPECT_EQ(totals().samples, 0u);
}

TEST_F(SampleTest, ThePeakIsWhatLivedTogether) {
    ASSERT_TRUE(allocate_sample(1));
    std::vector<void *> blocks;
    for (int i = 0; i < 1000; i++) blocks.push_back(poolalloc_malloc(1000));
    for (void *block : blocks) poolalloc_free(block);
    for (int i = 0; i < 1000; i++) poolalloc_free(poolalloc_malloc(1000));
    struct sample_totals now = totals();
    EXPECT_EQ(now.blocks, 2000);
    EXPECT_EQ(now.bytes, 2000000);
    EXPECT_EQ(now.live_bytes, 0);
    EXPECT_GE(now.peak_bytes, 1000000 * 15 / 16);
    EXPECT_LE(now.peak_bytes, 1000000);
}

TEST_F(SampleTest, ManySitesAndManyLiveBlocksFit) {
    ASSERT_TRUE(allocate_sample(1));
    size_t tables = sample_table_bytes(), records = census_now().metadata_bytes;
    EXPECT_GT(tables, 0u);
    struct stack stack = {};
    stack.depth = 20;
    for (uintptr_t i = 0; i < 20000; i++) {
        stack.callers[i % 20] = i;
        sample_add(&stack, 16 * (i + 1), 10, 0.5);
    }
    struct sample_totals now = totals();
    EXPECT_EQ(now.sites, 20000u);
    EXPECT_EQ(now.samples, 20000u);
    EXPECT_EQ(now.live_blocks, 40000);
    EXPECT_GT(sample_table_bytes() - tables, 20000 * 20 * sizeof(uint64_t)) << "callers alone";
    EXPECT_EQ(census_now().metadata_bytes - records, sample_table_bytes() - tables);
    for (uintptr_t i = 0; i < 20000; i += 2) sample_remove(16 * (i + 1));
    now = totals();
    EXPECT_EQ(now.samples, 10000u);
    EXPECT_EQ(now.live_bytes, 200000);
    size_t size;
    for (uintptr_t i = 0; i < 20000; i++)
        ASSERT_EQ(sample_find(16 * (i + 1), &stack, &size), i % 2 == 1) << i;
    allocate_sample(0);
    sample_reset_for_test();
    EXPECT_EQ(sample_table_bytes(), 0u);
}

TEST_F(SampleTest, TheChildOfAForkGoesOn) {
    ASSERT_TRUE(allocate_sample(1));
    void *block = poolalloc_malloc(100);
    EXPECT_TRUE(in_child([&] {
        struct stack stack;
        size_t size;
        if (!sample_find((uintptr_t)block, &stack, &size)) return false;
        poolalloc_free(block);
        void *other = poolalloc_malloc(200);
        return sample_find((uintptr_t)other, &stack, &size) && totals().samples == 1;
    }));
    EXPECT_EQ(totals().samples, 1u);
    poolalloc_free(block);
}

// Another thread was in the shared heap at the fork: the child makes one of its own.
TEST_F(SampleTest, TheChildOfAForkSeesFreesInASharedHeapOfItsOwn) {
    ASSERT_TRUE(allocate_sample(1));
    std::atomic<bool> inside{false}, done{false};
    std::thread thread([&] {
        ASSERT_NE(thread_heap_enter_shared(), nullptr);
        inside = true;
        while (!done) std::this_thread::yield();
        thread_heap_leave_shared();
    });
    while (!inside) std::this_thread::yield();
    EXPECT_TRUE(in_child([&] {
        void *block = poolalloc_malloc(200);
        if (totals().samples != 1) return false;
        poolalloc_free(block);
        return totals().samples == 0;
    }));
    done = true;
    thread.join();
}

// A block that is made, or moves, where a sample is still noted takes its place.
TEST_F(SampleTest, WhatWasMissedAtAFreeEndsWhereAnotherBlockIs) {
    ASSERT_TRUE(allocate_sample(1));
    struct stack stack;
    stack_unwind(&stack);
    sample_add(&stack, 0x1000, 100, 1);
    sample_add(&stack, 0x2000, 200, 1);
    sample_move(0x1000, 0x2000);
    EXPECT_EQ(totals().live_blocks, 1);
    EXPECT_EQ(totals().live_bytes, 100);
    sample_add(&stack, 0x2000, 300, 1);
    EXPECT_EQ(totals().live_blocks, 1);
    EXPECT_EQ(totals().live_bytes, 300);
}

TEST_F(SampleTest, WhoAskedAndWhoFreedIsKnownForAWhile) {
    ASSERT_TRUE(allocate_sample(1));
    void *block = poolalloc_malloc(100);
    struct stack stack, freed;
    size_t size;
    EXPECT_FALSE(sample_find_freed((uintptr_t)block, &stack, &freed));
    poolalloc_free(block);
    EXPECT_FALSE(sample_find((uintptr_t)block, &stack, &size));
    ASSERT_TRUE(sample_find_freed((uintptr_t)block, &stack, &freed));
    EXPECT_GT(stack.depth, 3u);
    EXPECT_GT(freed.depth, 3u);
    EXPECT_EQ(totals().blocks, 1);
}

TEST_F(SampleTest, ASampledBlockFreedTwiceIsFound) {
    ASSERT_TRUE(allocate_sample(1));
    void *block = poolalloc_malloc(100);
    poolalloc_free(block);
    EXPECT_LINE_OF(poolalloc_free(block), "double free of ", block);
}

// Looks at the table as a signal handler does that has interrupted a change of it.
TEST_F(SampleTest, WhoHasTheTableAlreadyMayLookAtIt) {
    ASSERT_TRUE(allocate_sample(1));
    void *block = take(100);
    struct sample_totals outer;
    auto look = [](const struct site *, void *inner) {
        EXPECT_TRUE(sample_each(static_cast<struct sample_totals *>(inner), nullptr, nullptr));
    };
    struct sample_totals inner = {};
    ASSERT_TRUE(sample_each(&outer, look, &inner));
    EXPECT_GT(inner.live_blocks, 0);
    EXPECT_EQ(inner.live_blocks, outer.live_blocks);
    EXPECT_EQ(totals().live_blocks, outer.live_blocks) << "the lock is open again";
    give(block);
}

} // namespace
