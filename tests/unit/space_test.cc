// SPDX-License-Identifier: MIT
#include "heap/space.h"

#include <algorithm>
#include <climits>
#include <map>

#include "heap/purge.h"
#include "os/options.h"
#include "os/os.h"
#include "support/heap_fixture.h"

namespace {

size_t arenas_of_ours() {
    size_t count = 0;
    for (struct window *window = window_first(); window != nullptr; window = window->next)
        for (const struct arena &arena : window->arena) count += arena.kind != ARENA_NONE;
    return count;
}

// Holds the space lock for the whole test, and begins without any free range: the first chunk is
// the test's own.
class SpaceTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        EXPECT_TRUE(space_lock());
        space_release();
        mapped_ = space_figures.mapped;
    }
    void TearDown() override {
        for (auto &part : taken_) space_return(arena_at(part.first), part.second);
        taken_.clear();
        space_check();
        EXPECT_EQ(space_figures.mapped, arenas_of_ours() * ARENA_SIZE);
        space_unlock();
        HeapTest::TearDown();
    }
    struct arena *keep(struct arena *first, size_t count) {
        if (first != nullptr) taken_[first->base] = count;
        return first;
    }
    struct arena *take(size_t count) {
        return keep(space_take(count), count);
    }
    void give(uintptr_t base) {
        space_return(arena_at(base), taken_.at(base));
        taken_.erase(base);
        space_check();
    }
    // Leaves free ranges of 3 and, 7 arenas further, 6 between ones in use. Returns the base of the
    // first.
    uintptr_t leave_three_and_six() {
        uintptr_t base = space_take(16)->base, three = base + ARENA_SIZE,
                  six = base + 8 * ARENA_SIZE;
        taken_[base] = 1;
        taken_[base + 4 * ARENA_SIZE] = 4;
        taken_[base + 14 * ARENA_SIZE] = 2;
        space_return(arena_at(three), 3);
        space_return(arena_at(six), 6);
        space_check();
        return three;
    }
    std::map<uintptr_t, size_t> taken_; // base and number of arenas
    size_t mapped_;
};

uintptr_t after(const struct arena *first, size_t count) {
    return first->base + count * ARENA_SIZE;
}

TEST_F(SpaceTest, TheFirstChunkIsSixteenArenas) {
    struct arena *first = take(1);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(space_figures.mapped, mapped_ + CHUNK_MIN_ARENAS * size_t(ARENA_SIZE));
    EXPECT_EQ(first->base % ARENA_SIZE, 0u);
}

TEST_F(SpaceTest, TakenArenasAreOneRunInUseAndUntouched) {
    struct arena *first = take(5);
    for (size_t i = 0; i < 5; i++) {
        struct arena *arena = arena_at(after(first, i));
        EXPECT_EQ(arena->base, after(first, i));
        EXPECT_EQ(arena->kind, ARENA_EXTENT_TAIL);
        EXPECT_EQ(arena->free, 0u);
        EXPECT_EQ(arena->touched, 0u);
    }
    EXPECT_EQ(arena_at(after(first, 5))->kind, ARENA_FREE);
    EXPECT_EQ(arena_at(after(first, 5))->length, 11u);
}

TEST_F(SpaceTest, ReturnedNeighboursMergeInAnyOrder) {
    std::vector<int> order = {0, 1, 2};
    do {
        space_release();
        struct arena *whole = space_take(16);
        ASSERT_NE(whole, nullptr);
        uintptr_t base = whole->base;
        const size_t starts[] = {0, 5, 6}, counts[] = {5, 1, 10};
        for (int part : order) {
            space_return(arena_at(base + starts[part] * ARENA_SIZE), counts[part]);
            space_check();
        }
        EXPECT_EQ(arena_at(base)->length, 16u);
        EXPECT_EQ(arena_at(base + 15 * ARENA_SIZE)->length, 16u);
        size_t mapped = space_figures.mapped;
        struct arena *again = space_take(16);
        EXPECT_EQ(again->base, base);
        EXPECT_EQ(space_figures.mapped, mapped);
        space_return(again, 16);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(SpaceTest, TheSmallestRangeThatIsLongEnoughIsTaken) {
    uintptr_t three = leave_three_and_six(), six = three + 7 * ARENA_SIZE;
    EXPECT_EQ(take(4)->base, six);
    EXPECT_EQ(take(2)->base, six + 4 * ARENA_SIZE);
    EXPECT_EQ(take(1)->base, three);
    EXPECT_EQ(take(2)->base, three + ARENA_SIZE);
}

TEST_F(SpaceTest, TheEndOfARangeThatWasUsedIsTakenFirst) {
    struct arena *whole = space_take(16);
    uintptr_t base = whole->base, last = base + 15 * ARENA_SIZE;
    arena_at(last)->touched = 1;
    space_return(whole, 16);
    EXPECT_EQ(take(2)->base, last - ARENA_SIZE);
    EXPECT_EQ(take(2)->base, base); // what is left was not used
    space_check();
    arena_at(base)->touched = 1;
    give(base);
    give(last - ARENA_SIZE); // both ends were
    EXPECT_EQ(take(2)->base, base);
}

TEST_F(SpaceTest, OneArenaMayComeFromARangeThatWasUsed) {
    uintptr_t three = leave_three_and_six(), six = three + 7 * ARENA_SIZE;
    arena_at(six + 5 * ARENA_SIZE)->touched = 1;
    EXPECT_EQ(keep(space_take_used(), 1)->base, six + 5 * ARENA_SIZE);
    space_check();
    EXPECT_EQ(take(2)->base, three);
    EXPECT_EQ(keep(space_take_used(), 1)->base, three + 2 * ARENA_SIZE); // none was used
}

// And not however many there are.
TEST_F(SpaceTest, ASearchForARangeThatWasUsedGivesUp) {
    const size_t count = 40;
    struct arena *whole = space_take(2 * count);
    uintptr_t base = whole->base;
    for (size_t i = 0; i < count; i++) taken_[base + (2 * i + 1) * ARENA_SIZE] = 1;
    arena_at(base)->touched = 1; // the first given back, and so the last looked at
    for (size_t i = 0; i < count; i++) space_return(arena_at(base + 2 * i * ARENA_SIZE), 1);
    EXPECT_NE(keep(space_take_used(), 1)->base, base);
    for (size_t i = 0; i < count; i++) keep(space_take_used(), 1);
    space_check();
}

TEST_F(SpaceTest, LongRangesAreSearchedForOneThatFits) {
    struct arena *long_one = take(70), *longer = take(90);
    uintptr_t long_base = long_one->base;
    take(1);
    give(longer->base);
    give(long_base);
    size_t mapped = space_figures.mapped;
    EXPECT_NE(take(80), nullptr);
    EXPECT_EQ(space_figures.mapped, mapped);
}

TEST_F(SpaceTest, OfLongRangesTooTheSmallestIsTaken) {
    struct arena *whole = space_take(164); // free ranges of 70 and 90 between ones in use
    uintptr_t base = whole->base, shorter = after(whole, 1), longer = after(whole, 72);
    taken_[base] = 1;
    taken_[after(whole, 71)] = 1;
    taken_[after(whole, 162)] = 2;
    space_return(arena_at(shorter), 70);
    space_return(arena_at(longer), 90); // the last one freed
    EXPECT_EQ(take(65)->base, shorter);
    EXPECT_EQ(take(80)->base, longer);
}

TEST_F(SpaceTest, ExtendingTakesExactlyTheNeighboursThatAreFree) {
    struct arena *first = take(4);
    EXPECT_FALSE(space_extend(first, 4, 13)); // only 12 are left
    ASSERT_TRUE(space_extend(first, 4, 3));
    taken_[first->base] = 7;
    space_check();
    EXPECT_EQ(arena_at(after(first, 6))->kind, ARENA_EXTENT_TAIL);
    EXPECT_EQ(arena_at(after(first, 7))->length, 9u);
    struct arena *blocker = take(1);
    ASSERT_EQ(blocker->base, after(first, 7));
    EXPECT_FALSE(space_extend(first, 7, 1));
    give(blocker->base);
    ASSERT_TRUE(space_extend(first, 7, 9)); // all that is left
    taken_[first->base] = 16;
    space_check();
}

TEST_F(SpaceTest, AlignedRunsLeaveTheRestFree) {
    for (size_t alignment = ARENA_SIZE; alignment <= 64 * MIB; alignment *= 2) {
        struct arena *first = keep(space_take_aligned(3, alignment), 3);
        ASSERT_NE(first, nullptr);
        EXPECT_EQ(first->base % alignment, 0u);
        space_check();
        size_t used = 0;
        for (auto &part : taken_) used += part.second;
        size_t free = 0;
        for (struct window *window = window_first(); window != nullptr; window = window->next)
            for (const struct arena &arena : window->arena) free += arena.kind == ARENA_FREE;
        EXPECT_EQ(used + free, arenas_of_ours());
    }
}

TEST_F(SpaceTest, ReleasingUnmapsWhatIsFreeAndNothingElse) {
    struct arena *first = take(3);
    memset(reinterpret_cast<void *>(first->base), 0x5a, 3 * ARENA_SIZE);
    uintptr_t rest = after(first, 3);
    EXPECT_TRUE(space_release());
    EXPECT_EQ(space_figures.mapped, mapped_ + 3 * ARENA_SIZE);
    EXPECT_EQ(arena_at(rest)->kind, ARENA_NONE);
    EXPECT_TRUE(is_all(reinterpret_cast<void *>(first->base), 0x5a, 3 * ARENA_SIZE));
    EXPECT_FALSE(space_release());
    give(first->base);
    EXPECT_TRUE(space_release());
    EXPECT_EQ(space_figures.mapped, mapped_);
}

TEST_F(SpaceTest, ReturnedArenasRememberWhatWasTouched) {
    struct arena *first = take(2);
    first->touched = 0xff00;
    uintptr_t base = first->base;
    give(base);
    EXPECT_EQ(arena_at(base)->free, ~uint64_t(0));
    struct arena *again = take(2);
    ASSERT_EQ(again->base, base);
    EXPECT_EQ(again->touched, 0xff00u);
    EXPECT_EQ(arena_at(base + ARENA_SIZE)->touched, 0u);
    again->touched = 0; // nothing was written
}

TEST_F(SpaceTest, WhatIsTakenIsNoLongerDueForPurging) {
    options.purge_delay = 0;
    struct arena *first = take(2);
    first->touched = 1;
    give(first->base);
    EXPECT_TRUE(purge_is_due());
    EXPECT_EQ(take(2), first);
    EXPECT_FALSE(purge_is_due());
    first->touched = 0; // nothing was written
}

// ---- A system that says no ----

int maps_to_refuse;

bool refuse_maps(enum os_call call) { return call == OS_MAP && maps_to_refuse-- > 0; }
bool refuse_unmap(enum os_call call) { return call == OS_UNMAP; }

TEST_F(SpaceTest, AChunkIsNoLongerThanNeededIfTheSystemHasNoMore) {
    maps_to_refuse = 1;
    os_fault_for_test = refuse_maps;
    ASSERT_NE(take(3), nullptr);
    EXPECT_EQ(space_figures.mapped, mapped_ + 3 * size_t(ARENA_SIZE));
}

TEST_F(SpaceTest, WithoutMemoryNothingIsTakenAndLaterItWorks) {
    maps_to_refuse = INT_MAX;
    os_fault_for_test = refuse_maps;
    EXPECT_EQ(space_take(1), nullptr);
    EXPECT_EQ(space_take_aligned(3, MIB), nullptr);
    EXPECT_EQ(space_figures.mapped, mapped_);
    os_fault_for_test = nullptr;
    EXPECT_NE(take(1), nullptr);
}

TEST_F(SpaceTest, WhatTheSystemWillNotUnmapStaysAndIsUsed) {
    struct arena *first = take(2);
    size_t mapped = space_figures.mapped;
    os_fault_for_test = refuse_unmap;
    EXPECT_FALSE(space_release());
    space_check();
    EXPECT_EQ(space_figures.mapped, mapped);
    EXPECT_EQ(take(14)->base, after(first, 2));
    EXPECT_EQ(space_figures.mapped, mapped);
}

// ---- Random steps against a model ----

TEST_F(SpaceTest, RandomStepsAgreeWithAModel) {
    struct rng random = {test_seed()};
    for (int step = 0; step < 3000; step++) {
        size_t count = 1 + rng_below(&random, rng_below(&random, 10) == 0 ? 90 : 12);
        switch (taken_.size() > 40 ? 3 : rng_below(&random, 6)) {
        case 0:
        case 1: {
            uint64_t alignment = uint64_t(ARENA_SIZE) << rng_below(&random, 6);
            bool aligned = rng_below(&random, 3) == 0;
            struct arena *first =
                aligned ? space_take_aligned(count, alignment) : space_take(count);
            ASSERT_NE(first, nullptr);
            if (aligned) {
                ASSERT_EQ(first->base % alignment, 0u);
            }
            auto next = taken_.lower_bound(first->base);
            if (next != taken_.end()) {
                ASSERT_LE(after(first, count), next->first);
            }
            if (next != taken_.begin()) {
                --next;
                ASSERT_LE(next->first + next->second * ARENA_SIZE, first->base);
            }
            keep(first, count);
            break;
        }
        case 2: {
            if (taken_.empty()) break;
            auto part = std::next(taken_.begin(), long(rng_below(&random, taken_.size())));
            auto next = std::next(part);
            bool room = space_extend(arena_at(part->first), part->second, count);
            if (room) part->second += count;
            if (room && next != taken_.end()) {
                ASSERT_LE(part->first + part->second * ARENA_SIZE, next->first);
            }
            break;
        }
        case 3:
        case 4: {
            if (taken_.empty()) break;
            auto part = std::next(taken_.begin(), long(rng_below(&random, taken_.size())));
            space_return(arena_at(part->first), part->second);
            taken_.erase(part);
            break;
        }
        default:
            if (rng_below(&random, 20) == 0) space_release();
        }
        space_check();
        size_t used = 0;
        for (auto &part : taken_) {
            used += part.second;
            for (size_t i = 0; i < part.second; i++)
                ASSERT_EQ(arena_at(part.first + i * ARENA_SIZE)->kind, ARENA_EXTENT_TAIL);
        }
        ASSERT_EQ(space_figures.mapped, arenas_of_ours() * ARENA_SIZE);
    }
}

// ---- Places that share a slot of the table of windows ----

TEST_F(SpaceTest, WhereNoWindowFitsAnotherPlaceIsFound) {
    const size_t shared = (size_t(1) << WINDOW_SHIFT) * WINDOW_SLOTS;
    uintptr_t ours = take(1)->base;
    for (size_t size : {size_t(ARENA_SIZE), 70 * MIB}) {
        for (size_t alignment : {size_t(ARENA_SIZE), 128 * MIB}) {
            struct space_request request = {size, alignment, size, false};
            uintptr_t place = align_down(ours, alignment);
            if (window_reserve(place, 1)) place ^= shared; // otherwise another has its slot
            ASSERT_FALSE(window_fits(place, size));
            uintptr_t address = space_map(&request, place);
            ASSERT_NE(address, 0u);
            EXPECT_NE(address, place);
            EXPECT_EQ(address % alignment, 0u);
            EXPECT_NE(window_at(address), nullptr);
            EXPECT_NE(window_at(address + size - 1), nullptr);
            os_unmap(reinterpret_cast<void *>(address), size);
        }
    }
    EXPECT_EQ(space_figures.mapped, mapped_ + CHUNK_MIN_ARENAS * size_t(ARENA_SIZE));
}

TEST_F(SpaceTest, AGuardedPlaceMovesWithItsGuards) {
    const size_t shared = (size_t(1) << WINDOW_SHIFT) * WINDOW_SLOTS;
    struct space_request request = {2 * PAGE, PAGE, POOL_SIZE, true};
    char *address = reinterpret_cast<char *>(space_map(&request, take(1)->base ^ shared));
    ASSERT_NE(address, nullptr);
    EXPECT_TRUE(is_accessible(address + 2 * PAGE - 1));
    EXPECT_FALSE(is_accessible(address - 1));
    EXPECT_FALSE(is_accessible(address + 2 * PAGE));
    os_unmap(address - PAGE, 4 * PAGE);
}

TEST_F(SpaceTest, FreeRangesAreKeptWhereTheyCannotMakeUpForWhatIsMissing) {
    uintptr_t base = take(16)->base;
    give(base);
    ASSERT_EQ(space_figures.free, 16 * size_t(ARENA_SIZE));
    EXPECT_EQ(space_take(size_t(1) << 30), nullptr); // 256 TiB
    EXPECT_EQ(space_figures.free, 16 * size_t(ARENA_SIZE));
}

} // namespace
