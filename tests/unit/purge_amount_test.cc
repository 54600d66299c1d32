// SPDX-License-Identifier: MIT
// What goes back by amount, at the moment it becomes free, and what teaches that more is to stay.
#include <sys/mman.h>

#include "heap/direct.h"
#include "heap/price.h"
#include "heap/purge.h"
#include "heap/run.h"
#include "os/options.h"
#include "os/os.h"
#include "support/clock.h"
#include "support/heap_fixture.h"

namespace {

constexpr size_t LEAST = MIB / POOL_SIZE; // idle pages of every process, and excess that may gather
constexpr size_t PEAK = 48 * MIB / POOL_SIZE;
constexpr uint64_t AT_ONCE = 16, SOON = 250, FADE = 4000, AT_ONCE_FADE = 500; // ms

// Runs that are written. Nothing was taught when a test begins.
class PurgeAmountTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.purge_delay = 1000 * 1000 * 1000; // by age nothing goes
        static uint64_t epoch;
        clock_.advance(epoch += 10 * 1000 * 1000); // behind all that was taught before
        forget_lessons();
        SpaceLock lock;
        space_unmap_free();
        start_in_use_ = purge_in_use();
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        drop_all();
        forget_lessons();
        {
            SpaceLock lock;
            purge_check();
            purge_all(0);
            space_unmap_free(); // what waits with a time to come is no other test's
        }
        HeapTest::TearDown();
    }
    void forget_lessons() {
        SpaceLock lock;
        for (int i = 0; i < 40; i++) {
            clock_.advance(FADE + 1);
            purge_step();
        }
    }
    void *hold(size_t pages) {
        void *run = run_allocate(pages * POOL_SIZE, ALIGN, false, RUN_ANYWHERE);
        EXPECT_NE(run, nullptr);
        for (size_t i = 0; i < pages; i++) at(run)[i * POOL_SIZE] = 1;
        runs_.push_back(run);
        return run;
    }
    void drop(size_t index = 0) {
        void *run = runs_[index];
        runs_.erase(runs_.begin() + long(index));
        ASSERT_TRUE(run_free(block_at(run).large));
    }
    void build(size_t pages = PEAK, size_t step = 64) {
        for (size_t i = 0; i < pages; i += step) hold(step);
    }
    void drop_all() {
        while (!runs_.empty()) drop();
    }
    // Idle pages that the process may have.
    static size_t allowance() {
        SpaceLock lock;
        size_t low = 0, high = size_t(1) << 30;    // purge_allows(low), not high
        if (!purge_allows(0)) return purge_idle(); // less, by what may gather before it goes back
        while (high - low > 1) {
            size_t middle = (low + high) / 2;
            (purge_allows(middle) ? low : high) = middle;
        }
        return purge_idle() + low;
    }
    // Idle pages that a process may keep which was taught nothing.
    static size_t untaught() { return LEAST + purge_in_use() / 4; }
    // Idle pages that a free of the last page in use may leave.
    size_t left_at_rest() const { return 2 * LEAST + start_in_use_ / 4; }
    TestClock clock_;
    std::vector<void *> runs_;
    size_t start_in_use_;
};

TEST_F(PurgeAmountTest, AShareOfWhatIsInUseMayBeIdle) {
    EXPECT_GE(allowance(), LEAST);
    EXPECT_LE(allowance(), untaught());
    build();
    EXPECT_EQ(purge_in_use(), start_in_use_ + PEAK);
    EXPECT_GE(allowance(), LEAST + PEAK / 16);
    EXPECT_LE(allowance(), untaught());
}

TEST_F(PurgeAmountTest, NoFreeLeavesMoreIdleThanMayBe) {
    // With the second a request needs a new chunk while much is idle, and takes pages before it.
    for (uint64_t seed : {test_seed(), uint64_t(1516038080)}) {
        struct rng random = {seed};
        for (int step = 0; step < 600; step++) {
            clock_.advance(SOON + 1); // nothing is asked for again soon
            if (runs_.size() < 40 && rng_below(&random, 2) == 0)
                hold(1 + rng_size(&random, 1000));
            else if (!runs_.empty())
                drop(rng_below(&random, runs_.size()));
            SpaceLock lock;
            purge_check();
            size_t idle = purge_idle();
            ASSERT_LE(idle, untaught() + LEAST);
            purge_excess();
            ASSERT_EQ(purge_idle(), idle) << "the excess had gone already";
        }
        drop_all();
        forget_lessons();
        SpaceLock lock;
        space_unmap_free();
    }
}

TEST_F(PurgeAmountTest, WhatAPeakLeavesHasGoneByItsLastFree) {
    build();
    std::vector<void *> runs = runs_;
    drop_all();
    EXPECT_LE(purge_idle(), left_at_rest());
    size_t resident = 0;
    for (void *run : runs) {
        unsigned char there[64];
        if (mincore(run, 64 * POOL_SIZE, there) != 0) continue;
        for (unsigned char page : there) resident += page & 1;
    }
    EXPECT_LE(resident, left_at_rest());
}

TEST_F(PurgeAmountTest, TheOldestGoFirst) {
    for (size_t i = 0; i < PEAK; i += 64) {
        runs_.push_back(run_allocate(ARENA_SIZE, ARENA_SIZE, false, RUN_ANYWHERE));
        memset(runs_.back(), 1, ARENA_SIZE);
    }
    struct rng random = {test_seed()};
    for (size_t i = runs_.size(); i > 1; i--) std::swap(runs_[i - 1], runs_[rng_below(&random, i)]);
    std::vector<void *> order = runs_;
    for (; !runs_.empty(); clock_.advance(AT_ONCE + 1)) drop(); // those as old go side by side
    bool gone = true;
    for (void *run : order) {
        size_t resident = resident_pages(run, ARENA_SIZE);
        EXPECT_TRUE(resident == 0 || resident == 64) << resident;
        EXPECT_TRUE(gone || resident != 0) << "gone, though an older one stayed";
        gone = resident == 0;
    }
    EXPECT_FALSE(gone) << "the last one stays";
}

// A few long rows go in as few calls.
TEST_F(PurgeAmountTest, ExcessGoesInLongRuns) {
    hold(PEAK);
    size_t before = purge_count();
    drop();
    EXPECT_LE(purge_count() - before, PEAK / ARENA_POOLS + 1);
}

TEST_F(PurgeAmountTest, PagesThatAreAskedForAgainSoonTeach) {
    build();
    drop_all();
    EXPECT_LE(purge_idle(), left_at_rest());
    clock_.advance(SOON);
    build();
    drop_all();
    EXPECT_GE(allowance(), LEAST + PEAK / 36);
    EXPECT_GE(purge_idle(), PEAK / 36);
}

// A queue that runs full and empty: after a few times hardly anything goes back any more.
TEST_F(PurgeAmountTest, PagesThatAreAskedForAtOnceStay) {
    size_t gone = 0;
    for (int i = 0; i < 10; i++) {
        build();
        drop_all();
        gone = PEAK - purge_idle();
        clock_.advance(AT_ONCE);
    }
    EXPECT_LE(gone, left_at_rest());
    EXPECT_LE(allowance(), LEAST + PEAK + start_in_use_ + 64);
}

// They are asked for where the program frees what is left of the last peak and goes on at once.
TEST_F(PurgeAmountTest, WhatAPeakAsksForAtOnceIsForgottenWhenItIsOver) {
    for (uint64_t step : {2, 5, 20}) { // ms for each MiB
        forget_lessons();
        build(PEAK / 2);
        drop_all();
        for (size_t i = 0; i < 48; i++) {
            build(PEAK / 48);
            clock_.advance(step);
        }
        drop_all();
        EXPECT_LE(purge_idle(), PEAK / 8 + 2 * LEAST) << step << " ms";
    }
}

TEST_F(PurgeAmountTest, AQueueKeepsTheRoomThatItUses) {
    for (int i = 0; i < 10; i++) {
        build();
        drop_all();
        clock_.advance(AT_ONCE);
    }
    size_t refaults = purge_refaults();
    for (size_t used : {PEAK, PEAK * 3 / 4, PEAK / 2, PEAK * 3 / 4}) {
        build(used);
        drop_all();
        clock_.advance(AT_ONCE);
    }
    EXPECT_LE(purge_refaults() - refaults, PEAK / 16);
}

TEST_F(PurgeAmountTest, WhatWasAskedForAtOnceIsForgottenSoon) {
    for (int i = 0; i < 10; i++) {
        build();
        drop_all();
    }
    ASSERT_GE(purge_idle(), PEAK - left_at_rest());
    for (int i = 0; i < 3; i++) {
        clock_.advance(AT_ONCE_FADE);
        build();
        drop_all();
    }
    EXPECT_LE(purge_idle(), PEAK / 4 + 2 * LEAST);
}

TEST_F(PurgeAmountTest, APageAskedForAtOnceEarnsFour) {
    build();
    drop_all();
    size_t before = purge_refaults();
    hold(2 * LEAST);
    hold(2 * LEAST);
    size_t again = purge_refaults() - before;
    ASSERT_GE(again, LEAST / 2) << "what stayed idle was taken first";
    EXPECT_GE(allowance(), 4 * again);
    EXPECT_LE(allowance(), LEAST + 4 * again + 1);
}

TEST_F(PurgeAmountTest, PagesThatAreAskedForLaterDoNotTeach) {
    for (int i = 0; i < 5; i++) {
        build();
        drop_all();
        clock_.advance(SOON + 1);
    }
    EXPECT_LE(allowance(), untaught() + LEAST);
    EXPECT_LE(purge_idle(), left_at_rest());
}

TEST_F(PurgeAmountTest, PagesThatWerePurgedByAgeDoNotTeach) {
    options.purge_delay = 0;
    hold(2 * LEAST - 10);
    drop();
    {
        SpaceLock lock;
        while (purge_is_due(os_clock_ms())) purge_step();
        EXPECT_EQ(purge_idle(), 0u);
    }
    hold(2 * LEAST - 10);
    EXPECT_LE(allowance(), untaught());
}

TEST_F(PurgeAmountTest, ALessonCountsOncePerPage) {
    build();
    drop_all();
    clock_.advance(AT_ONCE + 1);
    build(); // all of it
    size_t taught = allowance() - LEAST;
    for (int i = 0; i < 10; i++) { // and pages that stayed idle all the time
        drop(runs_.size() - 1);
        hold(64);
    }
    EXPECT_EQ(allowance() - LEAST, taught);
}

TEST_F(PurgeAmountTest, AfterAnyNumberOfEqualPeaksAtMostAQuarterStays) {
    for (int i = 0; i < 20; i++) {
        build();
        drop_all();
        clock_.advance(AT_ONCE + 1);
        EXPECT_LE(purge_idle(), PEAK / 4 + 2 * LEAST) << i;
    }
    EXPECT_GE(purge_idle(), PEAK / 36) << "which spares as many faults at the next peak";
}

// The first lesson comes from a peak that is long over.
TEST_F(PurgeAmountTest, SmallerPeaksAreBoundByTheirOwnSize) {
    for (int i = 0; i < 3; i++) {
        build();
        drop_all();
        clock_.advance(AT_ONCE + 1);
    }
    forget_lessons();
    for (int i = 0; i < 20; i++) {
        build(PEAK / 8);
        drop_all();
        clock_.advance(AT_ONCE + 1);
    }
    EXPECT_LE(purge_idle(), PEAK / 8 / 4 + 2 * LEAST);
}

TEST_F(PurgeAmountTest, WhatWasTaughtFades) {
    for (int i = 0; i < 3; i++) {
        build();
        drop_all();
        clock_.advance(AT_ONCE + 1);
    }
    auto taught = [] {
        {
            SpaceLock lock;
            purge_all(0);
        }
        return allowance() - LEAST;
    };
    size_t before = taught();
    ASSERT_GE(before, PEAK / 36);
    for (int i = 0; i < 4; i++) {
        clock_.advance(FADE);
        SpaceLock lock;
        purge_step();
        purge_step(); // once in that time
    }
    EXPECT_LE(taught(), before / 16 + LEAST / 8);
    EXPECT_GE(taught() + LEAST / 8, before / 16);
}

TEST_F(PurgeAmountTest, NeverMeansNever) {
    options.purge_delay = PURGE_NEVER;
    build();
    drop_all();
    EXPECT_EQ(purge_idle(), PEAK);
    SpaceLock lock;
    EXPECT_TRUE(purge_allows(size_t(1) << 40));
    EXPECT_EQ(purge_all(0), PEAK * POOL_SIZE);
    EXPECT_EQ(purge_idle(), 0u);
}

size_t refused;

TEST_F(PurgeAmountTest, AKernelThatTakesNothingIsNotAskedForEver) {
    build();
    std::vector<void *> runs = runs_;
    for (void *run : runs) memset(run, 0x5a, 64 * POOL_SIZE);
    refused = 0;
    os_fault_for_test = [](enum os_call call) { return call == OS_PURGE && ++refused > 0; };
    drop_all();
    EXPECT_GT(refused, 0u);
    EXPECT_LE(refused, 4 * PEAK / 64) << "some times for each free at most";
    os_fault_for_test = nullptr;
    EXPECT_EQ(purge_idle(), PEAK);
    for (void *run : runs) EXPECT_TRUE(is_all(run, 0x5a, 64 * POOL_SIZE));
    SpaceLock lock;
    purge_check();
    EXPECT_EQ(purge_all(0), PEAK * POOL_SIZE);
}

TEST_F(PurgeAmountTest, PagesOfDirectMappingsAreInUse) {
    size_t before = allowance();
    void *mapping = direct_allocate(64 * MIB, ARENA_SIZE);
    EXPECT_EQ(purge_in_use(), start_in_use_ + 64 * MIB / POOL_SIZE);
    EXPECT_GE(allowance(), before + 64 * MIB / POOL_SIZE / 16);
    EXPECT_LE(allowance(), untaught());
    census_check();
    direct_free(block_at(mapping).large);
    EXPECT_EQ(purge_in_use(), start_in_use_);
    census_check();
}

TEST_F(PurgeAmountTest, MappingsThatAreAskedForAgainSoonTeach) {
    const size_t pages = 64 * MIB / POOL_SIZE;
    for (bool soon : {false, true}) {
        void *mapping = direct_allocate(64 * MIB, ARENA_SIZE);
        direct_free(block_at(mapping).large);
        clock_.advance(soon ? SOON : SOON + 1);
        direct_free(block_at(direct_allocate(64 * MIB, ARENA_SIZE)).large);
        if (soon) {
            EXPECT_GE(allowance(), LEAST + pages / 36);
        }
        if (!soon) {
            EXPECT_LE(allowance(), untaught());
        }
    }
}

// Address space that goes is no request for its pages.
TEST_F(PurgeAmountTest, UnmappingDoesNotTeach) {
    build();
    drop_all();
    {
        SpaceLock lock;
        EXPECT_TRUE(space_unmap_free());
    }
    EXPECT_LE(allowance(), untaught());
}

// Calls by which memory went back while a large run was freed, of which the first failed or did
// not.
size_t purges_of(size_t pages, bool refuse_first, void *run) {
    static size_t calls;
    static bool refuse;
    calls = 0;
    refuse = refuse_first;
    os_fault_for_test = [](enum os_call call) {
        if (call != OS_PURGE) return false;
        calls++;
        bool fails = refuse;
        refuse = false;
        return fails;
    };
    EXPECT_TRUE(run_free(block_at(run).large));
    os_fault_for_test = nullptr;
    EXPECT_LE(resident_pages(run, pages * POOL_SIZE), LEAST);
    return calls;
}

TEST_F(PurgeAmountTest, ArenasSideBySideGoInOneCall) {
    const size_t pages = 32 * 64;
    PagesInUse guard_below(POOL_SIZE * 64);
    for (bool refuse_first : {false, true}) {
        void *run = run_allocate(pages * POOL_SIZE, ARENA_SIZE, false, RUN_ANYWHERE);
        memset(run, 1, pages * POOL_SIZE);
        size_t calls = purges_of(pages, refuse_first, run);
        if (refuse_first)
            EXPECT_GE(calls, 3u) << "then one by one";
        else
            EXPECT_LE(calls, 4u)
                << "of pages and of their records, over a window's end at the most";
        SpaceLock lock;
        space_check();
        space_unmap_free();
    }
}

TEST_F(PurgeAmountTest, WherePagesCostMoreWhatIsAtOnceTakesLonger) {
    for (unsigned factor : {1, 4}) {
        static unsigned price;
        price = factor;
        os_first_write_for_test = [] { return uint64_t(price) * 1000; };
        price_forget_for_test();
        price_ask();
        forget_lessons();
        size_t gone = 0;
        for (int i = 0; i < 10; i++) {
            build();
            drop_all();
            gone = PEAK - purge_idle();
            clock_.advance(AT_ONCE * 4);
        }
        EXPECT_EQ(gone <= left_at_rest(), factor == 4) << gone;
    }
}

} // namespace
