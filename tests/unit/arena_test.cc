// SPDX-License-Identifier: MIT
#include "heap/arena.h"

#include <map>

#include "os/os.h"
#include "support/heap_fixture.h"

namespace {

// Holds the space lock; begins without a partly used arena and without free address space, so that
// new arenas are untouched.
class ArenaTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        EXPECT_TRUE(space_lock());
        space_release();
    }
    void TearDown() override {
        for (auto &arena : taken_)
            if (arena.second != 0) arena_return(arena.first, arena.second);
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
    struct arena_pools take_span(unsigned count) {
        struct arena_pools taken = {};
        EXPECT_TRUE(arena_take_span(count, &taken));
        return note(taken);
    }
    void give(uintptr_t base, uint64_t pools) {
        ASSERT_EQ(taken_[base] & pools, pools);
        arena_return(base, pools);
        taken_[base] &= ~pools;
    }
    std::map<uintptr_t, uint64_t> taken_; // by base of the arena
};

constexpr uint64_t ALL = ~uint64_t(0);

TEST_F(ArenaTest, ANewArenaGivesItsLowestPoolsUntouched) {
    struct arena_pools taken = take(8);
    EXPECT_EQ(taken.pools, 0xffu);
    EXPECT_EQ(taken.touched, 0u);
    EXPECT_EQ(taken.base % ARENA_SIZE, 0u);
    EXPECT_EQ(arena_at(taken.base)->kind, ARENA_OF_POOLS);
    EXPECT_EQ(arena_at(taken.base)->rank, 56);
    EXPECT_EQ(take(100).pools, ~uint64_t(0xff)); // all that is left, of one arena
    EXPECT_EQ(arena_at(taken.base)->rank, 0);
}

// What is not taken of it goes back to the system as if it had just become free.
TEST_F(ArenaTest, AnArenaThatWasUsedBeforeIsStillPurged) {
    struct arena *arena = space_take(1);
    arena->touched = ALL;
    space_return(arena, 1);
    struct arena_pools taken = take(8);
    EXPECT_EQ(taken.base, arena->base);
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

TEST_F(ArenaTest, AFreeArenaGoesBackToTheSpaceAtOnce) {
    uintptr_t a = take(64).base, b = take_span(64).base;
    give(a, ALL & ~uint64_t(1));
    EXPECT_EQ(arena_at(a)->kind, ARENA_OF_POOLS);
    EXPECT_EQ(arena_at(a)->rank, 63);
    give(a, 1);
    EXPECT_EQ(arena_at(a)->kind, ARENA_FREE);
    EXPECT_EQ(arena_at(a)->touched, ALL);
    give(b, ALL);
    EXPECT_EQ(arena_at(b)->kind, ARENA_FREE);
    arena_check();
}

TEST_F(ArenaTest, ASpanIsOneRunOfItsLength) {
    for (unsigned count = 1; count <= 64; count++) {
        struct arena_pools taken = take_span(count);
        ASSERT_EQ(bit_count(taken.pools), count);
        ASSERT_EQ(taken.pools, bit_range(bit_lowest(taken.pools), count));
        ASSERT_EQ(arena_at(taken.base)->kind, ARENA_OF_SPANS);
        arena_check();
    }
}

TEST_F(ArenaTest, ASpanComesFromTheSmallestRunThatIsLongEnough) {
    uintptr_t a = take_span(64).base, b = take_span(64).base, c = take_span(64).base;
    give(a, bit_range(10, 9) | bit_range(40, 9)); // longest run 9, though 18 pools are free
    give(b, bit_range(3, 5));
    give(c, bit_range(0, 20));
    arena_check();
    struct arena_pools taken = take_span(4);
    EXPECT_EQ(taken.base, b);
    EXPECT_EQ(taken.pools, bit_range(3, 4));
    EXPECT_EQ(take_span(10).base, c);
    taken = take_span(6);
    EXPECT_EQ(taken.base, a);
    EXPECT_EQ(taken.pools, bit_range(10, 6));
    EXPECT_EQ(take_span(9).pools, bit_range(40, 9)); // a run that is not broken
}

TEST_F(ArenaTest, PoolsAndSpansDoNotShareArenas) {
    uintptr_t pools = take(1).base, span = take_span(3).base;
    EXPECT_NE(pools, span);
    EXPECT_EQ(take(4).base, pools);
    EXPECT_EQ(take_span(2).base, span);
}

TEST_F(ArenaTest, RebuildingFindsTheSameOrder) {
    uintptr_t a = take(64).base, b = take(64).base, c = take_span(64).base;
    give(a, 0xff);
    give(b, 0xf);
    give(c, bit_range(5, 7));
    arena_rebuild();
    arena_check();
    EXPECT_EQ(take_span(7).base, c);
    EXPECT_EQ(take(64).base, b);
    EXPECT_EQ(take(64).base, a);
}

bool refuse_all(enum os_call) { return true; }

TEST_F(ArenaTest, WithoutMemoryNothingChanges) {
    uintptr_t a = take(64).base;
    space_release();
    os_fault_for_test = refuse_all;
    struct arena_pools taken = {};
    EXPECT_FALSE(arena_take_pools(1, &taken));
    EXPECT_FALSE(arena_take_span(1, &taken));
    os_fault_for_test = nullptr;
    arena_check();
    give(a, 2);
    EXPECT_EQ(take(1).pools, 2u);
}

unsigned longest_run(uint64_t word) {
    unsigned longest = 0, run = 0;
    for (int i = 0; i < 64; i++) {
        run = word >> i & 1 ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

// The best rank from `least` on that any arena of the kind has, by a walk over all.
unsigned best_rank(enum arena_kind kind, unsigned least) {
    unsigned best = 64;
    for (struct window *window = window_first(); window != nullptr; window = window->next) {
        for (const struct arena &arena : window->arena) {
            if (arena.kind != kind) continue;
            unsigned rank =
                kind == ARENA_OF_SPANS ? longest_run(arena.free) : bit_count(arena.free);
            if (rank >= least && rank < best) best = rank;
        }
    }
    return best;
}

TEST_F(ArenaTest, RandomStepsAgreeWithAModel) {
    struct rng random = {test_seed()};
    for (int step = 0; step < 4000; step++) {
        bool spans = rng_below(&random, 2);
        unsigned count = 1 + unsigned(rng_below(&random, 20));
        bool grow = step / 500 % 2 == 0; // waves
        if (rng_below(&random, 5) < (grow ? 3 : 1)) {
            enum arena_kind kind = spans ? ARENA_OF_SPANS : ARENA_OF_POOLS;
            unsigned best = best_rank(kind, spans ? count : 1);
            std::map<uintptr_t, uint64_t> free_before;
            for (auto &arena : taken_) free_before[arena.first] = arena_at(arena.first)->free;
            struct arena_pools taken = spans ? take_span(count) : take(count);
            if (best < 64) {
                uint64_t free = free_before.at(taken.base);
                ASSERT_EQ(spans ? longest_run(free) : bit_count(free), best);
            }
            ASSERT_LE(bit_count(taken.pools), count);
        } else if (!taken_.empty()) {
            auto arena = std::next(taken_.begin(), long(rng_below(&random, taken_.size())));
            uint64_t part = arena->second & rng_next(&random);
            if (rng_below(&random, 8) == 0) part = arena->second;
            if (part != 0) give(arena->first, part);
            if (arena->second == 0) taken_.erase(arena);
        }
        arena_check();
        space_check();
        for (auto &arena : taken_) {
            if (arena.second == 0) continue;
            ASSERT_EQ(arena_at(arena.first)->free, ~arena.second);
        }
    }
}

} // namespace
