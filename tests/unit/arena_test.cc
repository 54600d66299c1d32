// SPDX-License-Identifier: MIT
#include "heap/arena.h"

#include <map>

#include "heap/purge.h"
#include "os/options.h"
#include "os/os.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

// Holds the space lock; begins without a partly used arena and without free address space, so that
// new arenas are untouched.
class ArenaTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        EXPECT_TRUE(space_lock());
        space_unmap_free();
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        for (auto &arena : taken_)
            if (arena.second != 0) arena_return(arena.first, arena.second);
        for (auto &run : runs_) space_return(run.first, run.second * POOL_SIZE);
        arena_check();
        space_check();
        space_unlock();
        HeapTest::TearDown();
    }
    struct arena_pools note(struct arena_pools taken) {
        EXPECT_EQ(taken_[taken.base] & taken.pools, 0u) << "taken twice";
        taken_[taken.base] |= taken.pools;
        return taken;
    }
    struct arena_pools take(unsigned wanted) {
        struct arena_pools taken = {};
        EXPECT_TRUE(arena_take_pools(wanted, &taken));
        return note(taken);
    }
    uintptr_t take_run(size_t pages, size_t alignment = POOL_SIZE) {
        struct range_request request = {pages, alignment, 0};
        uintptr_t base = space_take(&request);
        EXPECT_NE(base, 0u);
        runs_[base] = pages;
        return base;
    }
    void give_run(uintptr_t base) {
        space_return(base, runs_.at(base) * POOL_SIZE);
        runs_.erase(base);
    }
    void give(uintptr_t base, uint64_t pools) {
        ASSERT_EQ(taken_[base] & pools, pools);
        arena_return(base, pools);
        taken_[base] &= ~pools;
    }
    std::map<uintptr_t, uint64_t> taken_; // by base of the arena
    std::map<uintptr_t, size_t> runs_;    // base and pages
};

constexpr uint64_t ALL = ~uint64_t(0);

TEST_F(ArenaTest, ANewArenaGivesItsLowestPoolsUntouched) {
    struct arena_pools taken = take(8);
    EXPECT_EQ(taken.pools, 0xffu);
    EXPECT_EQ(taken.touched, 0u);
    EXPECT_EQ(taken.base % ARENA_SIZE, 0u);
    EXPECT_EQ(window_arena_at(taken.base)->kind, ARENA_OF_POOLS);
    EXPECT_EQ(window_arena_at(taken.base)->rank, 56);
    EXPECT_EQ(take(64).pools, ~uint64_t(0xff)); // all that is left, of one arena
    EXPECT_EQ(window_arena_at(taken.base)->rank, 0);
}

// What is not taken of it goes back to the system as if it had just become free.
TEST_F(ArenaTest, AnArenaThatWasUsedBeforeIsStillPurged) {
    uintptr_t base = take_run(64, ARENA_SIZE);
    struct arena *arena = window_arena_at(base);
    space_touch(base, ARENA_SIZE);
    give_run(base);
    struct arena_pools taken = take(8);
    EXPECT_EQ(taken.base, base);
    EXPECT_EQ(taken.touched, taken.pools);
    EXPECT_EQ(arena->young, arena->free);
    EXPECT_EQ(arena->free, ALL & ~taken.pools);
    EXPECT_FALSE(link_is_alone(&arena->dirty));
}

TEST_F(ArenaTest, TheFullestArenaThatHasAPoolGivesIt) {
    uintptr_t a = take(64).base, b = take(64).base, c = take(64).base;
    give(a, 0xffff);
    give(b, 0x7);
    give(c, 0xff);
    arena_check();
    EXPECT_EQ(take(2).base, b);
    EXPECT_EQ(take(2).base, b); // gives the one it has left
    EXPECT_EQ(take(64).base, c);
    EXPECT_EQ(take(1).base, a);
    give(b, 0xffffff); // emptier than a now
    EXPECT_EQ(take(1).base, a);
}

TEST_F(ArenaTest, TouchedPoolsAreTakenBeforeUntouchedOnes) {
    uintptr_t base = take(8).base;
    give(base, 1 << 5 | 1 << 2);
    struct arena_pools taken = take(6);
    EXPECT_EQ(taken.pools, 1u << 5 | 1u << 2); // and no untouched ones with them
    EXPECT_EQ(taken.touched, taken.pools);
    taken = take(6);
    EXPECT_EQ(taken.pools, 0x3f00u);
    EXPECT_EQ(taken.touched, 0u);
}

TEST_F(ArenaTest, AFreeArenaGoesBackToTheRangesAtOnce) {
    uintptr_t a = take(64).base;
    give(a, ALL & ~uint64_t(1));
    EXPECT_EQ(window_arena_at(a)->kind, ARENA_OF_POOLS);
    EXPECT_EQ(window_arena_at(a)->rank, 63);
    EXPECT_EQ(range_pages_at(a), 0u);
    give(a, 1);
    EXPECT_EQ(window_arena_at(a)->kind, ARENA_OF_RUNS);
    EXPECT_EQ(window_arena_at(a)->touched, ALL);
    EXPECT_EQ(range_pages_at(a), CHUNK_MIN_ARENAS * size_t(ARENA_POOLS)) << "merged with the rest";
    arena_check();
    space_check();
}

// ---- random_addresses=on ----

TEST_F(ArenaTest, PoolsOfAnArenaMayComeInRandomOrder) {
    constexpr unsigned ARENAS = 32;
    unsigned lowest = 0;
    options.random_places = 1;
    for (unsigned i = 0; i < ARENAS; i++) {
        uint64_t first = take(1).pools, rest = take(63).pools;
        EXPECT_EQ(bit_count(first), 1u);
        EXPECT_EQ(first | rest, ALL);
        lowest += first == 1;
    }
    options.random_places = 0;
    EXPECT_LT(lowest, ARENAS / 2);
}

// ---- guard_pages=on ----

class ArenaGuardTest : public ArenaTest {
  protected:
    void SetUp() override {
        ArenaTest::SetUp();
        options.guard_pages = 1;
    }
    void TearDown() override {
        ArenaTest::TearDown();
        options.guard_pages = 0;
    }
    static char *last_page(uintptr_t arena) {
        return reinterpret_cast<char *>(arena + ARENA_SIZE - POOL_SIZE);
    }
};

using ArenaGuardDeathTest = ArenaGuardTest;

TEST_F(ArenaGuardDeathTest, TheLastPoolIsInaccessibleUntilTheArenaIsFree) {
    if (os_page_size() != POOL_SIZE) GTEST_SKIP() << "pages are larger than pools";
    struct arena_pools all = take(64);
    EXPECT_EQ(all.pools, ALL >> 1);
    last_page(all.base)[-1] = 1;
    EXPECT_DEATH(*last_page(all.base) = 1, "");
    give(all.base, ALL >> 2);
    arena_check();
    EXPECT_DEATH(*last_page(all.base) = 1, "");
    give(all.base, uint64_t(1) << 62);
    EXPECT_EQ(window_arena_at(all.base)->kind, ARENA_OF_RUNS);
    EXPECT_EQ(*last_page(all.base), 0);
    EXPECT_EQ(take_run(ARENA_POOLS), all.base);
    *last_page(all.base) = 1;
}

TEST_F(ArenaGuardTest, OneThatIsNotOpenedHasItsOtherPools) {
    if (os_page_size() != POOL_SIZE) GTEST_SKIP() << "pages are larger than pools";
    struct arena_pools all = take(64);
    os_fault_for_test = refuse<OS_MAP>;
    give(all.base, all.pools);
    os_fault_for_test = nullptr;
    EXPECT_EQ(window_arena_at(all.base)->kind, ARENA_OF_POOLS);
    arena_check();
    space_check();
    EXPECT_EQ(take(64).pools, ALL >> 1);
}

TEST_F(ArenaGuardTest, OneThatIsNotShutIsUsed) {
    take_run(ARENA_POOLS, ARENA_SIZE); // opens an arena
    give_run(runs_.begin()->first);
    os_fault_for_test = refuse<OS_MAP>;
    EXPECT_EQ(take(64).pools, ALL);
}

TEST_F(ArenaGuardTest, IsThereAfterAForkToo) {
    if (os_page_size() != POOL_SIZE) GTEST_SKIP() << "pages are larger than pools";
    struct arena_pools all = take(64);
    give(all.base, 1);
    rebuild_space();
    arena_rebuild();
    arena_check();
    EXPECT_EQ(take(64).pools, 1u);
}

// ---- Between runs ----

TEST_F(ArenaTest, AShortRangeIsUsedBeforeAnArenaIsCut) {
    take_run(10);
    uintptr_t hole = take_run(5);
    take_run(1);
    give_run(hole);
    struct arena_pools taken = take(8);
    EXPECT_EQ(taken.base, align_down(hole, ARENA_SIZE));
    EXPECT_EQ(taken.pools, bit_range(10, 5));
    EXPECT_EQ(taken.touched, 0u);
    EXPECT_EQ(window_arena_at(hole)->kind, ARENA_OF_RUNS);
    EXPECT_EQ(window_arena_at(hole)->touched, bit_range(10, 5)) << "pools may be written at once";
    EXPECT_EQ(window_arena_at(take(8).base)->kind, ARENA_OF_POOLS) << "there is no other";
    arena_check();
    space_check();
}

TEST_F(ArenaTest, AnArenaOfPoolsIsUsedBeforeAShortRange) {
    uintptr_t pools = take(8).base;
    take_run(10);
    uintptr_t hole = take_run(5);
    take_run(1);
    give_run(hole);
    EXPECT_EQ(take(8).base, pools);
    EXPECT_EQ(take(48).base, pools);
    EXPECT_EQ(take(8).pools, bit_range((hole >> POOL_SHIFT) % ARENA_POOLS, 5));
}

TEST_F(ArenaTest, OldContentsBetweenRunsAreTold) {
    take_run(10);
    uintptr_t hole = take_run(6);
    take_run(1);
    space_touch(hole, 2 * POOL_SIZE);
    give_run(hole);
    struct arena_pools taken = take(6);
    EXPECT_EQ(taken.pools, bit_range(10, 6));
    EXPECT_EQ(taken.touched, bit_range(10, 2));
}

TEST_F(ArenaTest, PoolsBetweenRunsGoBackToTheRanges) {
    take_run(10);
    uintptr_t hole = take_run(8);
    take_run(1);
    give_run(hole);
    size_t in_use = purge_in_use();
    uintptr_t base = take(8).base;
    EXPECT_EQ(purge_in_use(), in_use + 8);
    give(base, bit_range(10, 2) | bit_range(14, 3));
    EXPECT_EQ(purge_in_use(), in_use + 3);
    EXPECT_EQ(range_pages_at(hole), 2u);
    EXPECT_EQ(range_pages_at(hole + 4 * POOL_SIZE), 3u);
    space_check();
    give(base, bit_range(12, 2) | bit_range(17, 1));
    EXPECT_EQ(range_pages_at(hole), 8u);
    arena_check();
}

TEST_F(ArenaTest, RebuildingFindsTheSameOrder) {
    uintptr_t a = take(64).base, b = take(64).base;
    give(a, 0xff);
    give(b, 0xf);
    for (uintptr_t base : {a, b}) {
        window_arena_at(base)->link = {nullptr, nullptr};
        window_arena_at(base)->rank = 77;
    }
    arena_rebuild();
    arena_check();
    EXPECT_EQ(take(64).base, b);
    EXPECT_EQ(take(64).base, a);
}

bool refuse_all(enum os_call) { return true; }

TEST_F(ArenaTest, WithoutMemoryNothingChanges) {
    uintptr_t a = take(64).base;
    space_unmap_free();
    os_fault_for_test = refuse_all;
    struct arena_pools taken = {};
    EXPECT_FALSE(arena_take_pools(1, &taken));
    os_fault_for_test = nullptr;
    arena_check();
    give(a, 2);
    EXPECT_EQ(take(1).pools, 2u);
}

// The smallest number of free pools that any arena of pools has, 64 if none has any.
unsigned best_rank() {
    unsigned best = 64;
    for (struct window *window = window_first(); window != nullptr; window = window->next) {
        for (const struct arena &arena : window->arena) {
            if (arena.kind != ARENA_OF_POOLS) continue;
            unsigned rank = bit_count(arena.free);
            if (rank > 0 && rank < best) best = rank;
        }
    }
    return best;
}

// The length of the shortest row of free pages between runs.
size_t shortest_range() {
    size_t shortest = SIZE_MAX;
    for (struct window *window = window_first(); window != nullptr; window = window->next)
        for (uintptr_t page = window->base; page < window->base + WINDOW_POOLS * POOL_SIZE;
             page += POOL_SIZE)
            if (size_t pages = range_pages_at(page)) shortest = size_min(shortest, pages);
    return shortest;
}

TEST_F(ArenaTest, RandomStepsAgreeWithAModel) {
    struct rng random = {test_seed()};
    for (int step = 0; step < 3000; step++) {
        unsigned count = 1 + unsigned(rng_below(&random, 20));
        bool grow = step / 500 % 2 == 0; // waves
        bool of_runs = rng_below(&random, 3) == 0;
        if (rng_below(&random, 5) < (grow ? 3 : 1)) {
            if (of_runs) {
                take_run(count * 3);
                continue;
            }
            unsigned best = best_rank();
            size_t shortest = best == 64 ? shortest_range() : 0;
            std::map<uintptr_t, uint64_t> free_before;
            for (auto &arena : taken_)
                free_before[arena.first] = window_arena_at(arena.first)->free;
            struct arena_pools taken = take(count);
            ASSERT_LE(bit_count(taken.pools), count);
            enum arena_kind kind = static_cast<enum arena_kind>(window_arena_at(taken.base)->kind);
            if (best < 64) {
                ASSERT_EQ(bit_count(free_before.at(taken.base)), best);
            }
            if (best == 64) {
                ASSERT_EQ(kind == ARENA_OF_RUNS, shortest < ARENA_POOLS);
            }
        } else if (of_runs) {
            if (runs_.empty()) continue;
            give_run(std::next(runs_.begin(), long(rng_below(&random, runs_.size())))->first);
        } else if (!taken_.empty()) {
            auto arena = std::next(taken_.begin(), long(rng_below(&random, taken_.size())));
            uint64_t part = arena->second & rng_next(&random);
            if (rng_below(&random, 8) == 0) part = arena->second;
            if (part != 0) give(arena->first, part);
            if (arena->second == 0) taken_.erase(arena);
        }
        if (step % 8 != 0) continue;
        arena_check();
        space_check();
        for (auto &arena : taken_) {
            struct arena *at = window_arena_at(arena.first);
            ASSERT_EQ(at->free & arena.second, 0u);
            if (at->kind == ARENA_OF_POOLS) {
                ASSERT_EQ(at->free, ~arena.second);
            }
        }
    }
}

} // namespace
