// SPDX-License-Identifier: MIT
#include "heap/space.h"

#include <climits>
#include <map>

#include "heap/arena.h"
#include "heap/purge.h"
#include "os/options.h"
#include "os/os.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

constexpr size_t PAGES = ARENA_POOLS;
constexpr uint64_t ALL = ~uint64_t(0);

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
        space_unmap_free();
        mapped_ = space_figures.mapped;
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        for (auto &run : taken_) space_return(run.first, run.second * POOL_SIZE);
        taken_.clear();
        space_check();
        EXPECT_EQ(space_figures.mapped, arenas_of_ours() * ARENA_SIZE);
        space_unlock();
        HeapTest::TearDown();
    }
    uintptr_t keep(uintptr_t base, size_t pages) {
        if (base != 0) taken_[base] = pages;
        return base;
    }
    uintptr_t take(size_t pages, size_t alignment = POOL_SIZE, size_t within = 0) {
        struct range_request request = {pages, alignment, within};
        return keep(space_take(&request), pages);
    }
    uintptr_t take_touched(size_t pages) {
        struct range_request request = {pages, POOL_SIZE, 0};
        return keep(space_take_touched(&request), pages);
    }
    void give(uintptr_t base) {
        space_return(base, taken_.at(base) * POOL_SIZE);
        taken_.erase(base);
        space_check();
    }
    static bool is_free(uintptr_t page) {
        return window_arena_at(page)->free >> (page / POOL_SIZE % ARENA_POOLS) & 1;
    }
    std::map<uintptr_t, size_t> taken_; // base and pages
    size_t mapped_;
};

uintptr_t after(uintptr_t base, size_t pages) { return base + pages * POOL_SIZE; }

// ---- Chunks ----

TEST_F(SpaceTest, TheFirstChunkIsSixteenArenas) {
    uintptr_t base = take(1);
    ASSERT_NE(base, 0u);
    EXPECT_EQ(space_figures.mapped, mapped_ + CHUNK_MIN_ARENAS * size_t(ARENA_SIZE));
    EXPECT_EQ(range_pages_at(after(base, 1)), CHUNK_MIN_ARENAS * PAGES - 1);
}

TEST_F(SpaceTest, LaterChunksAreASixteenthOfWhatThereIs) {
    take(2048 * PAGES);
    size_t before = space_figures.mapped;
    take(1);
    EXPECT_EQ(space_figures.mapped - before, before / 16 / ARENA_SIZE * ARENA_SIZE);
}

TEST_F(SpaceTest, ALargeRequestGetsWhatItNeedsAndNoMore) {
    take(100 * PAGES - 5);
    EXPECT_EQ(space_figures.mapped, mapped_ + 100 * ARENA_SIZE);
    take(5);
    EXPECT_EQ(space_figures.mapped, mapped_ + 100 * ARENA_SIZE) << "the rest of the last arena";
}

// ---- Runs ----

TEST_F(SpaceTest, TakenPagesAreOneRunInUseAndUntouched) {
    uintptr_t base = take(3 * PAGES + 7);
    for (size_t i = 0; i < 3 * PAGES + 7; i++) ASSERT_FALSE(is_free(after(base, i))) << i;
    EXPECT_TRUE(is_free(after(base, 3 * PAGES + 7)));
    for (size_t i = 0; i < 4; i++) {
        struct arena *arena = window_arena_at(base + i * ARENA_SIZE);
        EXPECT_EQ(arena->base, align_down(base, ARENA_SIZE) + i * ARENA_SIZE);
        EXPECT_EQ(arena->kind, ARENA_OF_RUNS);
        EXPECT_EQ(arena->touched, 0u);
    }
    EXPECT_EQ(space_touch(base, 3 * ARENA_SIZE), 0u);
    EXPECT_EQ(window_arena_at(base)->touched, ALL);
    EXPECT_EQ(window_arena_at(base + 3 * ARENA_SIZE)->touched, 0u)
        << "only the pages that it was told";
}

TEST_F(SpaceTest, RunsLieSideBySide) {
    uintptr_t first = take(18);
    for (size_t i = 1; i < 20; i++) EXPECT_EQ(take(18), after(first, 18 * i));
}

TEST_F(SpaceTest, PagesOfARunGoBackInParts) {
    uintptr_t base = take(PAGES + 10);
    space_return(after(base, 5), (PAGES + 5) * POOL_SIZE);
    taken_[base] = 5;
    EXPECT_TRUE(is_free(after(base, 5)));
    EXPECT_FALSE(is_free(after(base, 4)));
    space_check();
    EXPECT_EQ(take(10), after(base, 5));
}

TEST_F(SpaceTest, ExtendingTakesExactlyThePagesThatAreFree) {
    uintptr_t base = take(4);
    const size_t left = CHUNK_MIN_ARENAS * PAGES - 4;
    EXPECT_FALSE(space_extend(after(base, 4), (left + 1) * POOL_SIZE));
    ASSERT_TRUE(space_extend(after(base, 4), 3 * POOL_SIZE));
    taken_[base] = 7;
    space_check();
    EXPECT_FALSE(is_free(after(base, 6)));
    EXPECT_EQ(range_pages_at(after(base, 7)), left - 3);
    uintptr_t blocker = take(1);
    ASSERT_EQ(blocker, after(base, 7));
    EXPECT_FALSE(space_extend(after(base, 7), POOL_SIZE));
    give(blocker);
    ASSERT_TRUE(space_extend(after(base, 7), (left - 3) * POOL_SIZE)); // all that is left
    taken_[base] = CHUNK_MIN_ARENAS * PAGES;
    space_check();
    EXPECT_FALSE(space_extend(after(base, CHUNK_MIN_ARENAS * PAGES), POOL_SIZE));
}

// The pages of a free arena of runs behind are extended into; those of an arena of pools are not.
TEST_F(SpaceTest, ExtendingStopsAtAnArenaOfPools) {
    uintptr_t base = take(PAGES, ARENA_SIZE);
    struct arena *arena = space_take_arena();
    ASSERT_EQ(arena->base, base + ARENA_SIZE);
    EXPECT_FALSE(space_extend(base + ARENA_SIZE, POOL_SIZE));
    space_return_arena(arena);
    EXPECT_TRUE(space_extend(base + ARENA_SIZE, POOL_SIZE));
    taken_[base] = PAGES + 1;
}

TEST_F(SpaceTest, AlignedRunsLeaveTheRestFree) {
    for (size_t alignment = POOL_SIZE; alignment <= 64 * MIB; alignment *= 2) {
        uintptr_t base = take(3, alignment);
        ASSERT_NE(base, 0u);
        EXPECT_EQ(base % alignment, 0u);
        space_check();
        size_t used = 0, free = 0;
        for (auto &run : taken_) used += run.second;
        for (struct window *window = window_first(); window != nullptr; window = window->next)
            for (const struct arena &arena : window->arena)
                if (arena.kind != ARENA_NONE) free += bit_count(arena.free);
        EXPECT_EQ(used + free, arenas_of_ours() * PAGES);
    }
}

TEST_F(SpaceTest, TheRecordsOfASpanLieInOneWindow) {
    const size_t window = size_t(1) << WINDOW_SHIFT;
    take(WINDOW_POOLS - 3, window);
    for (int i = 0; i < 2000; i++) {
        uintptr_t base = take(5, POOL_SIZE, window);
        ASSERT_EQ(base / window, (after(base, 5) - 1) / window);
    }
    space_check();
}

// ---- Memory ----

TEST_F(SpaceTest, ReturnedPagesRememberWhatWasTouched) {
    uintptr_t base = take(2 * PAGES, ARENA_SIZE);
    space_touch(after(base, 8), 8 * POOL_SIZE);
    give(base);
    EXPECT_EQ(take(2 * PAGES, ARENA_SIZE), base);
    EXPECT_EQ(window_arena_at(base)->touched, 0xff00u);
    EXPECT_EQ(window_arena_at(base + ARENA_SIZE)->touched, 0u);
    EXPECT_EQ(space_touch(base, 10 * POOL_SIZE), 2u) << "the pages that may hold old contents";
}

TEST_F(SpaceTest, WhereMemoryIsComesFirstAndOnlyThatIfAskedFor) {
    EXPECT_EQ(take_touched(1), 0u);
    uintptr_t base = take(100), end = take(1);
    space_touch(base, 100 * POOL_SIZE);
    give(base);
    EXPECT_EQ(take_touched(101), 0u);
    EXPECT_EQ(take_touched(50), base);
    EXPECT_EQ(take(50), after(base, 50));
    EXPECT_EQ(take_touched(1), 0u);
    EXPECT_EQ(take(1), after(end, 1));
}

TEST_F(SpaceTest, WhatIsTakenIsNoLongerDueForPurging) {
    options.purge_delay = 0;
    uintptr_t base = take(2);
    space_touch(base, 2 * POOL_SIZE);
    give(base);
    EXPECT_TRUE(purge_is_due(os_clock_ms()));
    EXPECT_EQ(take(2), base);
    EXPECT_FALSE(purge_is_due(os_clock_ms()));
}

TEST_F(SpaceTest, IdlePagesAndPagesInUseAreCounted) {
    size_t idle = purge_idle(), in_use = purge_in_use();
    uintptr_t base = take(3 * PAGES);
    EXPECT_EQ(purge_in_use(), in_use + 3 * PAGES);
    space_touch(base, 10 * POOL_SIZE);
    EXPECT_EQ(purge_idle(), idle) << "no free page has memory behind it";
    give(base);
    EXPECT_EQ(purge_in_use(), in_use);
    EXPECT_EQ(purge_idle(), idle + 10);
    take(3);
    EXPECT_EQ(purge_idle(), idle + 7);
    struct arena *arena = space_take_arena();
    EXPECT_EQ(purge_in_use(), in_use + 3) << "pools that nobody has are free";
    space_return_arena(arena);
    space_check();
}

// ---- Arenas ----

TEST_F(SpaceTest, AnArenaOfPoolsIsAWholeOne) {
    uintptr_t base = take(10);
    struct arena *arena = space_take_arena();
    ASSERT_NE(arena, nullptr);
    EXPECT_EQ(arena->base % ARENA_SIZE, 0u);
    EXPECT_EQ(arena->kind, ARENA_OF_POOLS);
    EXPECT_EQ(arena->free, ALL);
    EXPECT_EQ(range_pages_at(arena->base), 0u) << "its pages are in no range";
    EXPECT_EQ(range_pages_at(after(base, 10)), PAGES - 10);
    space_check();
    space_return_arena(arena);
    EXPECT_EQ(arena->kind, ARENA_OF_RUNS);
    EXPECT_EQ(range_pages_at(after(base, 10)), CHUNK_MIN_ARENAS * PAGES - 10);
    space_check();
}

TEST_F(SpaceTest, ShortRangesAreTakenAndLongOnesAreNot) {
    uintptr_t page = 0;
    EXPECT_EQ(space_take_short(8, &page), 0u) << "a chunk is no short range";
    take(PAGES + 1);
    uintptr_t between = take(12);
    take(1);
    EXPECT_EQ(space_take_short(8, &page), 0u);
    give(between);
    EXPECT_EQ(space_take_short(8, &page), 8u);
    EXPECT_EQ(page, between);
    keep(page, 8);
    EXPECT_EQ(space_take_short(8, &page), 4u);
    keep(page, 4);
    EXPECT_EQ(page, after(between, 8));
    EXPECT_FALSE(is_free(page));
    space_check();
}

// ---- Mappings ----

TEST_F(SpaceTest, AMappingBecomesFreeArenasWithItsMemory) {
    const size_t arenas = 3 * (WINDOW_POOLS / PAGES) / 2; // of more than one window
    char *memory = static_cast<char *>(os_map_aligned(arenas * ARENA_SIZE, ARENA_SIZE));
    ASSERT_NE(memory, nullptr);
    auto base = reinterpret_cast<uintptr_t>(memory);
    memset(memory + 5 * POOL_SIZE, 0x5a, POOL_SIZE);
    space_count(arenas * ARENA_SIZE, 0);
    size_t idle = purge_idle(), in_use = purge_in_use();
    ASSERT_TRUE(space_adopt(base, arenas));
    EXPECT_EQ(purge_idle(), idle + arenas * PAGES) << "any page may hold something";
    EXPECT_EQ(purge_in_use(), in_use);
    space_check();
    EXPECT_EQ(take_touched(10), base);
    EXPECT_TRUE(is_all(memory + 5 * POOL_SIZE, 0x5a, POOL_SIZE));
    EXPECT_EQ(space_touch(base, 10 * POOL_SIZE), 10u);
    EXPECT_NE(take_touched(arenas * PAGES - 10), 0u);
}

TEST_F(SpaceTest, AMappingStaysAsItIsWithoutMemoryForItsWindows) {
    const size_t window = size_t(1) << WINDOW_SHIFT;
    char *memory = nullptr; // in a window that there is not yet
    std::vector<char *> others;
    for (;;) {
        memory = static_cast<char *>(os_map_aligned(window, window));
        ASSERT_NE(memory, nullptr);
        if (window_at(reinterpret_cast<uintptr_t>(memory)) == nullptr) break;
        others.push_back(memory);
    }
    size_t idle = purge_idle(), in_use = purge_in_use();
    os_fault_for_test = refuse<OS_MAP>;
    EXPECT_FALSE(space_adopt(reinterpret_cast<uintptr_t>(memory), 4));
    os_fault_for_test = nullptr;
    EXPECT_EQ(purge_idle(), idle);
    EXPECT_EQ(purge_in_use(), in_use);
    space_check();
    os_unmap(memory, window);
    for (char *other : others) os_unmap(other, window);
}

// ---- Releasing ----

TEST_F(SpaceTest, ReleasingUnmapsTheArenasThatAreFreeAndNothingElse) {
    uintptr_t base = take(3 * PAGES - 5);
    memset(reinterpret_cast<void *>(base), 0x5a, (3 * PAGES - 5) * POOL_SIZE);
    EXPECT_TRUE(space_unmap_free());
    EXPECT_EQ(space_figures.mapped, mapped_ + 3 * ARENA_SIZE);
    EXPECT_EQ(window_arena_at(base + 3 * ARENA_SIZE)->kind, ARENA_NONE);
    EXPECT_TRUE(is_all(reinterpret_cast<void *>(base), 0x5a, (3 * PAGES - 5) * POOL_SIZE));
    EXPECT_EQ(range_pages_at(after(base, 3 * PAGES - 5)), 5u);
    space_check();
    EXPECT_FALSE(space_unmap_free());
    give(base);
    EXPECT_TRUE(space_unmap_free());
    EXPECT_EQ(space_figures.mapped, mapped_);
    space_check();
}

TEST_F(SpaceTest, WhatTheSystemWillNotUnmapStaysAndIsUsed) {
    uintptr_t base = take(2 * PAGES);
    size_t mapped = space_figures.mapped;
    os_fault_for_test = refuse<OS_UNMAP>;
    EXPECT_FALSE(space_unmap_free());
    space_check();
    EXPECT_EQ(space_figures.mapped, mapped);
    EXPECT_EQ(take(14 * PAGES), after(base, 2 * PAGES));
    EXPECT_EQ(space_figures.mapped, mapped);
}

TEST_F(SpaceTest, ManyFreeArenasWithoutMemoryAreUnmappedAndThoseWithStay) {
    uintptr_t base = take(512 * PAGES);
    space_touch(base + 100 * ARENA_SIZE, ARENA_SIZE);
    give(base);
    space_unmap_excess();
    EXPECT_EQ(space_figures.mapped, mapped_ + ARENA_SIZE);
    EXPECT_EQ(range_pages_at(base + 100 * ARENA_SIZE), PAGES);
    space_check();
}

TEST_F(SpaceTest, ArenasThatWerePurgedAfterALookAreUnmappedAtTheNext) {
    uintptr_t base = take(512 * PAGES);
    space_touch(base, 512 * ARENA_SIZE);
    give(base);
    space_unmap_excess();
    EXPECT_EQ(space_figures.mapped, mapped_ + 512 * ARENA_SIZE);
    purge_all(0);
    space_unmap_excess();
    EXPECT_EQ(space_figures.mapped, mapped_);
    space_check();
}

TEST_F(SpaceTest, FewFreeArenasStay) {
    give(take(200 * PAGES)); // 50 MiB
    size_t mapped = space_figures.mapped;
    space_unmap_excess();
    EXPECT_EQ(space_figures.mapped, mapped);
}

size_t unmaps_refused;

TEST_F(SpaceTest, WhatCannotBeUnmappedIsNotTriedAtEachFree) {
    give(take(512 * PAGES));
    unmaps_refused = 0;
    os_fault_for_test = [](enum os_call call) { return call == OS_UNMAP && ++unmaps_refused > 0; };
    space_unmap_excess();
    size_t tries = unmaps_refused;
    EXPECT_GT(tries, 0u);
    space_unmap_excess();
    EXPECT_EQ(unmaps_refused, tries);
    uintptr_t base = take(1024 * PAGES);
    give(base);
    space_unmap_excess();
    EXPECT_GT(unmaps_refused, tries) << "much more is free by now";
}

// ---- A system that says no ----

int maps_to_refuse;

bool refuse_maps(enum os_call call) { return call == OS_MAP && maps_to_refuse-- > 0; }

TEST_F(SpaceTest, AChunkIsAsShortAsTheRequestIfTheSystemHasNoMore) {
    maps_to_refuse = 1; // of the size that is wanted
    os_fault_for_test = refuse_maps;
    ASSERT_NE(take(1), 0u);
    EXPECT_EQ(space_figures.mapped, mapped_ + size_t(ARENA_SIZE));
}

TEST_F(SpaceTest, WithoutMemoryNothingIsTakenAndLaterItWorks) {
    maps_to_refuse = INT_MAX;
    os_fault_for_test = refuse_maps;
    EXPECT_EQ(take(1), 0u);
    EXPECT_EQ(take(3, MIB), 0u);
    EXPECT_EQ(space_take_arena(), nullptr);
    EXPECT_EQ(space_figures.mapped, mapped_);
    os_fault_for_test = nullptr;
    EXPECT_NE(take(1), 0u);
}

// What is free elsewhere makes room for what does not fit there.
TEST_F(SpaceTest, FreeArenasAreUnmappedWhereTheSystemHasNoMore) {
    uintptr_t first = take(1);
    ASSERT_NE(first, 0u);
    size_t mapped = space_figures.mapped;
    maps_to_refuse = 1; // a chunk of the length of the request
    os_fault_for_test = refuse_maps;
    EXPECT_NE(take(17 * PAGES), 0u);
    EXPECT_LT(maps_to_refuse, 0);
    EXPECT_LT(space_figures.mapped, mapped + 17 * size_t(ARENA_SIZE));
    os_fault_for_test = nullptr;
    space_check();
}

// ---- Places that share a slot of the table of windows ----

TEST_F(SpaceTest, WhereNoWindowFitsAnotherPlaceIsFound) {
    const size_t shared = (size_t(1) << WINDOW_SHIFT) * WINDOW_SLOTS;
    uintptr_t ours = take(1);
    size_t mapped = space_figures.mapped;
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
    EXPECT_EQ(space_figures.mapped, mapped);
}

TEST_F(SpaceTest, AGuardedPlaceMovesWithItsGuards) {
    const size_t shared = (size_t(1) << WINDOW_SHIFT) * WINDOW_SLOTS;
    struct space_request request = {2 * PAGE, PAGE, POOL_SIZE, true};
    char *address = reinterpret_cast<char *>(space_map(&request, take(1) ^ shared));
    ASSERT_NE(address, nullptr);
    EXPECT_TRUE(is_accessible(address + 2 * PAGE - 1));
    EXPECT_FALSE(is_accessible(address - 1));
    EXPECT_FALSE(is_accessible(address + 2 * PAGE));
    os_unmap(address - PAGE, 4 * PAGE);
}

TEST_F(SpaceTest, FreeRangesAreKeptWhereTheyCannotMakeUpForWhatIsMissing) {
    uintptr_t base = take(16 * PAGES);
    give(base);
    size_t free = range_pages();
    ASSERT_GE(free, 16 * PAGES);
    EXPECT_EQ(take((size_t(1) << 30) * PAGES), 0u); // 256 TiB
    EXPECT_EQ(range_pages(), free);
}

// ---- After a fork ----

TEST_F(SpaceTest, RebuildingNeedsTheArenasWordsAlone) {
    uintptr_t run = take(100), hole = take(30);
    take(5);
    space_touch(run, 100 * POOL_SIZE);
    space_touch(hole, 30 * POOL_SIZE);
    give(hole);
    struct arena *pools = space_take_arena();
    pools->free = ALL & ~uint64_t(0xff); // eight of them are in use
    purge_taken(pools, 0xff);
    size_t idle = purge_idle(), in_use = purge_in_use();
    struct range *range = &window_record_at(hole)->range; // whoever held the lock is gone
    range->link = {nullptr, nullptr};
    range->pages = 12345;
    window_arena_at(hole)->dirty = {nullptr, nullptr};
    rebuild_space();
    space_check();
    arena_check();
    EXPECT_EQ(purge_idle(), idle);
    EXPECT_EQ(purge_in_use(), in_use);
    EXPECT_FALSE(link_is_alone(&window_arena_at(hole)->dirty)) << "what is idle waits to be purged";
    EXPECT_EQ(take_touched(30), hole);
    EXPECT_EQ(pools->kind, ARENA_OF_POOLS);
    arena_return(pools->base, 0xff);
    EXPECT_EQ(pools->kind, ARENA_OF_RUNS);
}

// It was on its way from pools to runs: its bits say so.
TEST_F(SpaceTest, AnArenaOfPoolsThatAreAllFreeIsOneOfRunsAfterAFork) {
    struct arena *arena = space_take_arena();
    rebuild_space();
    EXPECT_EQ(arena->kind, ARENA_OF_RUNS);
    EXPECT_EQ(range_pages_at(arena->base), CHUNK_MIN_ARENAS * PAGES);
    space_check();
    arena_check();
}

// ---- Random steps against a model ----

TEST_F(SpaceTest, RandomStepsAgreeWithAModel) {
    struct rng random = {test_seed()};
    for (int step = 0; step < 4000; step++) {
        size_t pages = 1 + rng_below(&random, rng_below(&random, 10) == 0 ? 3000 : 100);
        switch (taken_.size() > 60 ? 3 : rng_below(&random, 7)) {
        case 0:
        case 1: {
            size_t alignment = size_t(POOL_SIZE) << rng_below(&random, 12);
            if (rng_below(&random, 3) != 0) alignment = POOL_SIZE;
            uintptr_t base = take(pages, alignment);
            ASSERT_NE(base, 0u);
            auto run = taken_.find(base), next = std::next(run);
            if (next != taken_.end()) {
                ASSERT_LE(after(base, pages), next->first);
            }
            if (run != taken_.begin()) {
                auto before = std::prev(run);
                ASSERT_LE(after(before->first, before->second), base);
            }
            if (rng_below(&random, 2) == 0) space_touch(base, pages * POOL_SIZE);
            break;
        }
        case 2: {
            if (taken_.empty()) break;
            auto run = std::next(taken_.begin(), long(rng_below(&random, taken_.size())));
            uintptr_t end = after(run->first, run->second);
            size_t room = range_pages_at(end);
            ASSERT_EQ(space_extend(end, pages * POOL_SIZE), pages <= room);
            if (pages <= room) run->second += pages;
            break;
        }
        case 3:
        case 4: {
            if (taken_.empty()) break;
            auto run = std::next(taken_.begin(), long(rng_below(&random, taken_.size())));
            space_return(run->first, run->second * POOL_SIZE);
            taken_.erase(run);
            break;
        }
        case 5: { // the end of a run, or its beginning
            if (taken_.empty()) break;
            auto run = std::next(taken_.begin(), long(rng_below(&random, taken_.size())));
            size_t part = rng_below(&random, run->second);
            if (part == 0) break;
            space_return(after(run->first, part), (run->second - part) * POOL_SIZE);
            run->second = part;
            break;
        }
        default:
            purge_excess();
            if (rng_below(&random, 20) == 0) space_unmap_free();
            if (rng_below(&random, 20) == 0) purge_all(0);
            if (rng_below(&random, 20) == 0) rebuild_space();
        }
        if (step % 8 != 0) continue;
        space_check();
        size_t used = 0, in_use = 0;
        for (auto &run : taken_) {
            used += run.second;
            for (size_t i = 0; i < run.second; i++) ASSERT_FALSE(is_free(after(run.first, i)));
        }
        for (struct window *window = window_first(); window != nullptr; window = window->next)
            for (const struct arena &arena : window->arena)
                if (arena.kind != ARENA_NONE) in_use += bit_count(~arena.free);
        ASSERT_EQ(in_use, used);
        ASSERT_EQ(space_figures.mapped, arenas_of_ours() * ARENA_SIZE);
    }
}

} // namespace
