// SPDX-License-Identifier: MIT
// Guarded blocks: one in so many of whatever is asked for, where they lie, what is around them, how
// late a place is used again, and what it costs at the most.
#include "heap/guard.h"

#include <atomic>
#include <cmath>
#include <poolalloc.h>
#include <set>

#include "heap/allocate.h"
#include "heap/sample.h"
#include "os/options.h"
#include "os/os.h"
#include "support/heap_fixture.h"

namespace {

uintptr_t number(const void *block) { return reinterpret_cast<uintptr_t>(block); }
bool is_guarded(const void *block) { return guard_has(number(block)); }
const struct guard_pool *pool() {
    return reinterpret_cast<const struct guard_pool *>(atomic_u64_load(&guard_pool_now));
}

class GuardTest : public HeapTest {
  protected:
    void TearDown() override {
        os_fault_for_test = nullptr;
        allocate_guard(0, GUARD_MEMORY);
        allocate_sample(0);
        poolalloc_trim(0);
        guard_reset_for_test();
        sample_reset_for_test();
        HeapTest::TearDown();
    }
    static char *take(size_t size) { return static_cast<char *>(poolalloc_malloc(size)); }
    static char *allocate(size_t size, size_t alignment = 16, bool at_start = false) {
        struct guard_request request = {size, alignment, size, at_start};
        struct stack stack = {1, {1}};
        return static_cast<char *>(guard_allocate(&request, &stack));
    }
};

// ---- Where a block lies ----

TEST_F(GuardTest, ABlockHasJustItsBytesAndEndsAtAGuardPage) {
    allocate_guard(1, GUARD_MEMORY);
    unsigned at_end = 0, at_start = 0;
    for (size_t size = 1; size <= GUARD_MAX; size = size * 5 / 4 + 1) {
        char *block = take(size);
        ASSERT_TRUE(is_guarded(block)) << size;
        EXPECT_EQ(poolalloc_usable_size(block), size);
        EXPECT_TRUE(is_all(block, 0, size));
        memset(block, 1, size);
        uintptr_t page = os_page_size(), end = align_up(number(block) + size, ALIGN);
        if (end % page == 0) {
            EXPECT_FALSE(is_accessible((char *)end));
            at_end++;
        } else {
            EXPECT_EQ(number(block) % page, 0u);
            EXPECT_FALSE(is_accessible(block - 1));
            at_start++;
        }
        poolalloc_free(block);
        EXPECT_FALSE(is_accessible(block)) << size;
    }
    EXPECT_GT(at_end, at_start);
    EXPECT_GT(at_start, 0u);
    EXPECT_FALSE(is_guarded(allocate_slow(0)) && is_accessible(take(0)));
    poolalloc_check();
    for (size_t i = 0; i < pool()->slot_count; i++) // the two of no bytes
        if (atomic_u32_load(&pool()->slots[i].state) == GUARD_LIVE)
            poolalloc_free(reinterpret_cast<void *>(atomic_u64_load(&pool()->slots[i].address)));
}

TEST_F(GuardTest, AlignmentIsKeptAndSoIsTheSize) {
    allocate_guard(1, GUARD_MEMORY);
    for (size_t alignment = 1; alignment <= POOL_SIZE; alignment *= 2)
        for (size_t size : {1, 20, 100, 513, 5000}) {
            void *block = poolalloc_aligned_alloc(alignment, size);
            ASSERT_TRUE(is_guarded(block)) << alignment << " " << size;
            EXPECT_EQ(number(block) % alignment, 0u);
            EXPECT_EQ(poolalloc_usable_size(block), size);
            poolalloc_free_aligned_sized(block, alignment, size);
        }
}

TEST_F(GuardTest, LongerBlocksAndLargerAlignmentsAreNotGuarded) {
    allocate_guard(1, GUARD_MEMORY);
    for (size_t size : {(size_t)GUARD_MAX * 2, SPAN_MAX + MIB}) {
        char *block = take(size);
        EXPECT_FALSE(is_guarded(block));
        poolalloc_free(block);
    }
    void *block = poolalloc_aligned_alloc(64 * KIB, 10);
    EXPECT_FALSE(is_guarded(block));
    poolalloc_free(block);
}

// ---- The family ----

TEST_F(GuardTest, ReallocMovesUnlessTheSizeIsTheSame) {
    allocate_guard(1, GUARD_MEMORY);
    for (size_t to : {1, 99, 101, 150, 1000, 50000}) {
        char *block = take(100);
        memset(block, 7, 100);
        EXPECT_EQ(poolalloc_realloc(block, 100), block);
        char *moved = static_cast<char *>(poolalloc_realloc(block, to));
        EXPECT_NE(moved, block);
        EXPECT_TRUE(is_all(moved, 7, std::min<size_t>(to, 100)));
        if (to <= GUARD_MAX) {
            EXPECT_EQ(poolalloc_usable_size(moved), to) << "no room beyond what is asked for";
        }
        poolalloc_free(moved);
    }
    EXPECT_EQ(poolalloc_realloc(take(10), 0), nullptr);
}

TEST_F(GuardTest, CallocIsZero) {
    allocate_guard(1, GUARD_MEMORY);
    char *block = static_cast<char *>(poolalloc_calloc(7, 100));
    ASSERT_TRUE(is_guarded(block));
    EXPECT_TRUE(is_all(block, 0, 700));
    poolalloc_free_sized(block, 700);
}

// Once a realloc left a block longer than asked for, sizes that are too small are let through.
using GuardDeathTest = GuardTest;
TEST_F(GuardDeathTest, FreeSizedTakesTheSizeAskedFor) {
    allocate_guard(1, GUARD_MEMORY);
    char *block = take(700);
    ASSERT_TRUE(is_guarded(block));
    EXPECT_EXIT(poolalloc_free_sized(block, 699), testing::KilledBySignal(SIGABRT),
                "poolalloc: free_sized of 0x[0-9a-f]* with size 699 ");
    poolalloc_free_sized(block, 700);
}

// ---- Chance ----

class Chance : public GuardTest {
  protected:
    static const size_t EVERY = 300;
    double asked_ = 0, guarded_ = 0;

    char *take_counted(size_t size) {
        char *block = take(size);
        asked_++;
        guarded_ += is_guarded(block);
        return block;
    }
    // All that a pattern leaves is freed by itself.
    void pattern(const std::string &name, size_t mean, const std::function<void()> &run) {
        asked_ = guarded_ = 0;
        allocate_guard(EVERY, MIB);
        if (mean != 0) {
            ASSERT_TRUE(allocate_sample(mean));
        }
        poolalloc_trim(0);
        run();
        double expected = asked_ / EVERY, error = std::sqrt(expected * (1 - 1.0 / EVERY));
        // Bernstein's inequality: few follow no normal law.
        EXPECT_NEAR(guarded_, expected, ERRORS * error + ERRORS * ERRORS / 6)
            << name << ": " << (guarded_ - expected) / error << " standard errors";
        if (getenv("GUARD_TABLE") != nullptr)
            printf("%-24s %8.0f asked, %5.0f guarded, %+.2f standard errors\n", name.c_str(),
                   asked_, guarded_, (guarded_ - expected) / error);
        poolalloc_trim(0);
        poolalloc_check();
    }
    void patterns(size_t mean) {
        for (size_t size : {1, 16, 100, 512, 513, 2000, 4096, 9000, 16000}) {
            std::string of = " of " + std::to_string(size);
            pattern("pairs" + of, mean, [&] {
                for (int i = 0; i < 60000; i++) poolalloc_free(take_counted(size));
            });
            pattern("LIFO" + of, mean, [&] {
                void *blocks[40];
                for (int i = 0; i < 1500; i++) {
                    for (void *&block : blocks) block = take_counted(size);
                    for (int n = 39; n >= 0; n--) poolalloc_free(blocks[n]);
                }
            });
            pattern("FIFO" + of, mean, [&] {
                std::vector<void *> queue(300);
                for (int i = 0; i < 60000; i++) {
                    void *&block = queue[i % 300];
                    poolalloc_free(block);
                    block = take_counted(size);
                }
                for (void *block : queue) poolalloc_free(block);
            });
        }
    }
};

TEST_F(Chance, EachClassIsGuardedAsOftenAsTheOthers) { patterns(0); }

TEST_F(Chance, TheSameBesideSampling) { patterns(256 * KIB); }

TEST_F(Chance, SizesAtRandomFromSeveralThreads) {
    printf("seed %llu\n", (unsigned long long)test_seed());
    pattern("mixed", 0, [&] {
        std::atomic<unsigned> asked{0}, guarded{0};
        std::vector<std::thread> threads;
        for (unsigned t = 0; t < 3; t++)
            threads.emplace_back([&, t] {
                struct rng random = {test_seed() + t};
                std::vector<void *> live(200);
                for (int i = 0; i < 60000; i++) {
                    void *&block = live[rng_below(&random, live.size())];
                    poolalloc_free(block);
                    block = take(rng_size(&random, GUARD_MAX - 1));
                    asked++;
                    guarded += is_guarded(block);
                }
                for (void *block : live) poolalloc_free(block);
            });
        for (std::thread &thread : threads) thread.join();
        asked_ = asked;
        guarded_ = guarded;
    });
}

TEST_F(Chance, EstimatesOfSamplingStayUnbiased) {
    allocate_guard(EVERY, MIB);
    ASSERT_TRUE(allocate_sample(64 * KIB));
    poolalloc_trim(0);
    double blocks = 0, variance = 0;
    for (int i = 0; i < 200000; i++) {
        size_t size = i % 2 == 0 ? 64 : 3000;
        void *block = poolalloc_malloc(size);
        double chance = sample_chance(size_classes[size_class_of(size)].stride);
        chance = std::min(chance, sample_chance_at_hand(size_class_of(size)));
        blocks++;
        variance += (1 - chance) / chance;
        poolalloc_free(block);
    }
    struct sample_totals totals;
    ASSERT_TRUE(sample_each(&totals, nullptr, nullptr));
    EXPECT_NEAR(totals.blocks, blocks, ERRORS * std::sqrt(variance));
    EXPECT_EQ(totals.samples, 0u) << "guarded blocks are struck off, too";
}

// ---- Budget and order ----

TEST_F(GuardTest, MemoryIsWhatTheOptionSaysAtTheMost) {
    for (size_t memory : {GUARD_MEMORY_LEAST, 256 * KIB, 4 * MIB}) {
        allocate_guard(1, memory);
        std::vector<void *> blocks;
        for (int i = 0; i < 3000; i++) blocks.push_back(take(1 + i % GUARD_MAX));
        struct guard_figures figures;
        guard_count(&figures);
        size_t known = pool()->slot_count * GUARD_SLOT_COST;
        EXPECT_LE(figures.page_bytes + known, memory);
        EXPECT_GT(figures.page_bytes + known, memory / 2);
        EXPECT_GT(figures.blocks, 0u);
        EXPECT_LE(figures.blocks, pool()->slot_count / 2) << "half of the slots are for freed ones";
        poolalloc_check();
        for (void *block : blocks) poolalloc_free(block);
        guard_count(&figures);
        EXPECT_EQ(figures.blocks + figures.page_bytes, 0u);
        EXPECT_EQ(resident_pages((void *)pool()->base, pool()->size), 0u);
        allocate_guard(0, memory);
        guard_reset_for_test();
    }
}

TEST_F(GuardTest, WhatWasFreedFirstIsUsedAgainFirstAfterAllOthers) {
    guard_begin(1, 256 * KIB);
    std::vector<uintptr_t> freed;
    for (size_t i = 0; i == 0 || i < pool()->slot_count; i++) {
        char *block = allocate(100);
        freed.push_back(number(block));
        EXPECT_TRUE(guard_free(number(block)));
    }
    EXPECT_EQ(std::set<uintptr_t>(freed.begin(), freed.end()).size(), pool()->slot_count);
    std::vector<char *> held;
    for (uintptr_t first : freed) {
        char *block = allocate(100);
        if (block == nullptr) break; // half of them live
        EXPECT_EQ(number(block), first);
        held.push_back(block);
    }
    EXPECT_EQ(held.size(), pool()->slot_count / 2);
    for (size_t i = held.size(); i-- > 0;) guard_free(number(held[i]));
    EXPECT_EQ(number(allocate(100)), freed[held.size()]) << "the rest were freed before";
    guard_free(freed[held.size()]);
    guard_check();
}

TEST_F(GuardTest, WhenAllSlotsLiveOthersAreServedAsEver) {
    allocate_guard(1, GUARD_MEMORY_LEAST);
    std::vector<char *> blocks;
    unsigned guarded = 0;
    for (int i = 0; i < 100; i++) {
        blocks.push_back(take(50));
        guarded += is_guarded(blocks.back());
    }
    EXPECT_EQ(guarded, pool()->pages_most);
    for (char *block : blocks) poolalloc_free(block);
}

TEST_F(GuardTest, NothingIsMappedBeforeTheFirstAndNothingWithoutTheOption) {
    for (int i = 0; i < 10000; i++) poolalloc_free(take(100));
    EXPECT_EQ(pool(), nullptr);
    EXPECT_EQ(thread_heap->sampling, 0);
    allocate_guard(1000000000, GUARD_MEMORY);
    EXPECT_EQ(pool(), nullptr);
    EXPECT_NE(thread_heap->sampling, 0);
}

TEST_F(GuardTest, AKernelThatRefusesLeavesBlocksUnguarded) {
    allocate_guard(1, GUARD_MEMORY);
    poolalloc_free(take(10));
    void *warm = poolalloc_malloc(20000);
    static bool refuses;
    refuses = true;
    os_fault_for_test = [](enum os_call call) { return refuses && call == OS_MAP; };
    char *block = allocate(100);
    EXPECT_EQ(block, nullptr);
    refuses = false;
    block = allocate(100);
    ASSERT_NE(block, nullptr);
    memset(block, 3, 100);
    refuses = true;
    EXPECT_TRUE(guard_free(number(block))); // stays accessible, and is without memory
    refuses = false;
    EXPECT_EQ(resident_pages((void *)pool()->base, pool()->size), 0u);
    guard_check();
    poolalloc_free(warm);
}

// ---- Threads, forks, census ----

TEST_F(GuardTest, AnyThreadMayFreeAndOneOfTwoIsTheFirst) {
    allocate_guard(1, GUARD_MEMORY);
    for (int i = 0; i < 200; i++) {
        char *block = take(100);
        std::atomic<int> freed{0};
        std::thread threads[2];
        for (std::thread &thread : threads)
            thread = std::thread([&] { freed += guard_free(number(block)); });
        for (std::thread &thread : threads) thread.join();
        ASSERT_EQ(freed, 1);
    }
    std::vector<char *> blocks;
    in_thread([&] {
        for (int i = 0; i < 50; i++) blocks.push_back(take(100));
    });
    for (char *block : blocks) poolalloc_free(block);
}

TEST_F(GuardTest, AChildGoesOnWhileAThreadWasInside) {
    allocate_guard(1, GUARD_MEMORY);
    char *kept = take(100);
    memset(kept, 9, 100);
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; t++)
        threads.emplace_back([&] {
            while (!done) poolalloc_free(take(200));
        });
    for (int i = 0; i < 20; i++)
        EXPECT_TRUE(in_child([&] {
            for (int n = 0; n < 2000; n++) poolalloc_free(take(300));
            if (!is_guarded(kept) || !is_all(kept, 9, 100)) return false;
            poolalloc_free(kept);
            guard_check();
            return guard_has_room() && is_guarded(take(10));
        }));
    done = true;
    for (std::thread &thread : threads) thread.join();
    poolalloc_free(kept);
}

TEST_F(GuardTest, TheCensusCountsThem) {
    struct census before = census_now();
    allocate_guard(1, GUARD_MEMORY);
    char *one = take(100), *two = take(5000);
    struct census with = census_now();
    EXPECT_EQ(with.used_blocks - before.used_blocks, 2u);
    EXPECT_EQ(with.used_bytes - before.used_bytes, 5100u);
    EXPECT_GE(with.touched_bytes - before.touched_bytes, 3 * os_page_size());
    EXPECT_GT(with.metadata_bytes, before.metadata_bytes);
    poolalloc_free(one);
    poolalloc_free(two);
    EXPECT_EQ(census_now().used_blocks, before.used_blocks);
}

// ---- Mistakes ----

TEST_F(GuardTest, BytesBesideABlockAreComparedAtItsFree) {
    for (bool at_start : {false, true})
        for (int offset : {-64, -1, 100, 111}) {
            char *block = allocate(100, 16, at_start);
            if (offset < 0 && at_start) continue;
            EXPECT_LINE_OF(block[offset] = 0; guard_free(number(block)),
                                              offset < 0 ? "underflow of the guarded block "
                                                         : "overflow of the guarded block ",
                                              block);
            EXPECT_LINE_OF(block[offset] = 0; poolalloc_check(),
                                              offset < 0 ? "underflow of the guarded block "
                                                         : "overflow of the guarded block ",
                                              block);
        }
    for (size_t i = 0; i < pool()->slots_used; i++)
        guard_free(atomic_u64_load(&pool()->slots[i].address));
}

TEST_F(GuardTest, WrongFreesAreToldFromRightOnes) {
    allocate_guard(1, GUARD_MEMORY);
    char *block = take(100);
    EXPECT_LINE_OF(poolalloc_free(block + 1), "free of misaligned pointer ", block + 1);
    EXPECT_LINE_OF(poolalloc_free(block + 16), "free of interior pointer ", block + 16);
    EXPECT_LINE_OF(poolalloc_free(block + 4096), "free of unallocated pointer ", block + 4096);
    poolalloc_free(block);
    EXPECT_LINE_OF(poolalloc_free(block), "double free of ", block);
    EXPECT_LINE_OF(poolalloc_usable_size(block), "malloc_usable_size of freed pointer ", block);
}

TEST_F(GuardTest, AnAddressTellsTheNearestBlock) {
    char *left = allocate(100), *right = allocate(100, 16, true);
    struct guard_story story;
    ASSERT_LT(left, right);
    uintptr_t end = number(left) + 100, middle = (end + number(right)) / 2;
    auto told = [&](uintptr_t address) {
        EXPECT_TRUE(guard_tell(address, &story));
        return reinterpret_cast<char *>(story.block);
    };
    EXPECT_EQ(told(middle - 8), left);
    EXPECT_EQ(story.kind, GUARD_OVERFLOW);
    EXPECT_EQ(told(middle + 8), right);
    EXPECT_EQ(story.kind, GUARD_UNDERFLOW);
    EXPECT_EQ(told(number(left) - 5000), left);
    EXPECT_EQ(story.kind, GUARD_UNDERFLOW);
    EXPECT_EQ(told(number(right) + 5000), right);
    EXPECT_EQ(story.kind, GUARD_OVERFLOW);
    guard_free(number(left));
    EXPECT_EQ(told(number(left) + 3), left);
    EXPECT_EQ(story.kind, GUARD_USE_AFTER_FREE);
    EXPECT_EQ(story.asked.callers[0], 1u);
    EXPECT_GT(story.freed.depth, 0u);
    EXPECT_FALSE(guard_tell(number(&story), &story));
    guard_free(number(right));
}

} // namespace
