// SPDX-License-Identifier: MIT
// huge_fixture.h - a process that is large by a run of the length in use, and whose huge pages are
// made by a hook that plays the kernel's part.
#ifndef POOLALLOC_TEST_HUGE_FIXTURE_H
#define POOLALLOC_TEST_HUGE_FIXTURE_H

#include "heap/arena.h"
#include "heap/huge_make.h"
#include "heap/purge.h"
#include "os/options.h"
#include "os/os.h"
#include "support/clock.h"
#include "support/heap_fixture.h"

constexpr size_t HUGE_PAGES = HUGE_SIZE / POOL_SIZE;

class HugeTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.purge_delay = 1000 * 1000;
        options.huge_pages = HUGE_PAGES_ON;
        {
            SpaceLock lock;
            purge_all(0);
            space_unmap_free();
        }
        tries = 0;
        outcome = OS_HUGE_DONE;
        os_huge_for_test = [](void *address) {
            tries++;
            place = reinterpret_cast<uintptr_t>(address);
            return outcome;
        };
        forget_waits();
        tries = 0;
    }
    void TearDown() override {
        os_huge_for_test = nullptr;
        {
            SpaceLock lock;
            give_all();
            purge_all(0);
            space_check();
        }
        HeapTest::TearDown();
    }
    void give_all() {
        for (auto &run : runs_) space_return(run.first, run.second * POOL_SIZE);
        runs_.clear();
    }
    // More pages in use, without memory behind them.
    void grow(size_t pages) {
        SpaceLock lock;
        struct range_request request = {pages, POOL_SIZE, 0};
        uintptr_t base = space_take(&request);
        ASSERT_NE(base, 0u);
        runs_.emplace_back(base, pages);
    }
    void grow_until_due() {
        while (!huge_make_is_due() || purge_in_use() < HUGE_FROM) grow(16);
    }
    // What was made is in use afterwards, as is more.
    void make_and_use() {
        grow_until_due();
        huge_make_for_arena();
        grow(HUGE_PAGES);
    }
    // A good try lets the next one come early, whatever tests before have seen.
    void forget_waits() {
        grow_until_due();
        huge_make_for_arena();
        SpaceLock lock;
        give_all();
        purge_all(0);
        space_unmap_free();
    }
    static void touch_and_free(size_t pages) {
        SpaceLock lock;
        struct range_request request = {pages, POOL_SIZE, 0};
        uintptr_t base = space_take(&request);
        space_touch(base, pages * POOL_SIZE);
        space_return(base, pages * POOL_SIZE);
    }
    TestClock clock_; // what other tests taught by another clock would never fade
    static bool huge_has_at_place() {
        SpaceLock lock;
        return huge_has(window_arena_at(place));
    }
    static inline int tries;
    static inline uintptr_t place;
    static inline enum os_huge outcome;
    std::vector<std::pair<uintptr_t, size_t>> runs_;
};

#endif
