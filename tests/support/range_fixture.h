// SPDX-License-Identifier: MIT
// range_fixture.h - a stage of arenas of runs whose pages tests take and give as they like.
#ifndef POOLALLOC_TEST_RANGE_FIXTURE_H
#define POOLALLOC_TEST_RANGE_FIXTURE_H

#include <functional>

#include "heap/purge.h"
#include "heap/range.h"
#include "support/heap_fixture.h"

inline constexpr size_t PAGES = ARENA_POOLS;

// Calls `function` with the arena and the bits of each part of a row of pages.
inline void for_each_part(uintptr_t base, size_t pages,
                          const std::function<void(struct arena *, uint64_t)> &function) {
    while (pages > 0) {
        unsigned first = (base >> POOL_SHIFT) % ARENA_POOLS;
        auto count = unsigned(size_min(pages, ARENA_POOLS - first));
        function(window_arena_at(base), bit_range(first, count));
        base += count * size_t(POOL_SIZE);
        pages -= count;
    }
}

// Holds the space lock, and has a stage of arenas of runs, all of whose pages are taken at first
// and beside which no page is free.
class RangeTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        ASSERT_TRUE(space_lock());
        space_unmap_free();
        build_stage(16);
    }
    void TearDown() override {
        clear_stage();
        space_return(stage_, arenas_ * ARENA_SIZE);
        space_check();
        space_unlock();
        HeapTest::TearDown();
    }
    void build_stage(size_t arenas) {
        struct range_request request = {arenas * PAGES, ARENA_SIZE, 0};
        stage_ = space_take(&request);
        arenas_ = arenas;
        ASSERT_NE(stage_, 0u);
        uintptr_t rest = stage_ + arenas * ARENA_SIZE;
        EXPECT_EQ(range_pages_at(rest), 0u) << "the stage is a chunk of its own";
    }
    void change_stage(size_t arenas) {
        space_return(stage_, arenas_ * ARENA_SIZE);
        space_unmap_free();
        build_stage(arenas);
    }
    // Takes all that is free on the stage, so that it can go back as a whole.
    void clear_stage() {
        for (size_t i = 0; i < arenas_ * PAGES;) {
            size_t free = range_pages_at(page(i));
            if (free > 0) take_at(page(i), free);
            i += free > 0 ? free : 1;
        }
    }
    uintptr_t page(size_t index) const { return stage_ + index * POOL_SIZE; }
    size_t index(uintptr_t base) const { return (base - stage_) / POOL_SIZE; }

    // What the callers of range.h do: bits of the arenas, and the figures of the purger.
    static void mark_free(uintptr_t base, size_t pages) {
        for_each_part(base, pages, [](struct arena *arena, uint64_t bits) {
            arena->free |= bits;
            purge_freed(arena, bits);
        });
    }
    static void mark_taken(uintptr_t base, size_t pages) {
        for_each_part(base, pages, [](struct arena *arena, uint64_t bits) {
            arena->free &= ~bits;
            purge_taken(arena, bits);
        });
    }
    static void give(uintptr_t base, size_t pages, bool touched = false) {
        for_each_part(base, pages, [touched](struct arena *arena, uint64_t bits) {
            arena->touched = touched ? arena->touched | bits : arena->touched & ~bits;
        });
        mark_free(base, pages);
        range_add(base, pages, touched);
    }
    static uintptr_t take(const struct range_request &request,
                          enum range_choice choice = RANGE_TOUCHED_FIRST) {
        uintptr_t base = range_take(&request, choice);
        if (base != 0) mark_taken(base, request.pages);
        return base;
    }
    static uintptr_t take(size_t pages) { return take({pages, POOL_SIZE, 0}); }
    static void take_at(uintptr_t base, size_t pages) {
        range_take_at(base, pages);
        mark_taken(base, pages);
    }
    // What the purger does: the memory of free pages goes, and no range hears of it.
    static void purge(uintptr_t base, size_t pages) {
        mark_taken(base, pages);
        for_each_part(base, pages,
                      [](struct arena *arena, uint64_t bits) { arena->touched &= ~bits; });
        mark_free(base, pages);
    }
    uintptr_t stage_;
    size_t arenas_;
};

#endif
