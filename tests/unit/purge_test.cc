// SPDX-License-Identifier: MIT
// What the kernel did is seen with mincore: pages that were given back are not resident.
#include "heap/purge.h"

#include <sys/mman.h>
#include <unistd.h>

#include "heap/arena.h"
#include "heap/direct.h"
#include "heap/run.h"
#include "os/options.h"
#include "os/os.h"
#include "support/clock.h"
#include "support/heap_fixture.h"

namespace {

constexpr uint64_t DELAY = 120; // ms; an arena is looked at every half of it, some clock ticks

// One arena of pools of which all are taken and written.
class PurgeTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.purge_delay = DELAY;
        EXPECT_TRUE(space_lock());
        space_release();
        struct arena_pools taken;
        ASSERT_TRUE(arena_take_pools(64, &taken));
        arena_ = arena_at(taken.base);
        memory_ = reinterpret_cast<char *>(taken.base);
        memset(memory_, 0x5a, ARENA_SIZE);
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        if (arena_->kind == ARENA_OF_POOLS) arena_return(arena_->base, ~arena_->free);
        purge_check();
        purge_all(0);
        space_release(); // what waits with a time to come is no other test's
        space_unlock();
        HeapTest::TearDown();
    }
    void free_pools(uint64_t pools) { arena_return(arena_->base, pools); }
    void take_back(uint64_t pools) {
        while ((arena_->free & pools) != 0) {
            struct arena_pools taken;
            ASSERT_TRUE(arena_take_pools(1, &taken));
            ASSERT_EQ(taken.base, arena_->base);
        }
    }
    // A bit for each pool that has memory behind it.
    uint64_t resident() const {
        uint64_t bits = 0;
        for (unsigned i = 0; i < ARENA_POOLS; i++)
            if (resident_pages(memory_ + i * POOL_SIZE, POOL_SIZE) > 0) bits |= uint64_t(1) << i;
        return bits;
    }
    void wait_until_due() {
        clock_.advance(purge_wait(5000));
        ASSERT_TRUE(purge_is_due());
    }
    TestClock clock_;
    struct arena *arena_;
    char *memory_;
};

constexpr uint64_t ALL = ~uint64_t(0);

TEST_F(PurgeTest, APoolGoesBackAtTheSecondLookAfterItBecameFree) {
    uint64_t start = os_clock_ms();
    free_pools(0xf0);
    EXPECT_FALSE(purge_is_due());
    purge_step(); // too early: nothing
    EXPECT_EQ(resident(), ALL);
    wait_until_due();
    EXPECT_EQ(os_clock_ms(), start + DELAY / 2);
    purge_step(); // the first look: it became free since the last
    EXPECT_EQ(resident(), ALL);
    EXPECT_FALSE(purge_is_due());
    wait_until_due();
    EXPECT_EQ(os_clock_ms(), start + DELAY);
    purge_step();
    EXPECT_EQ(resident(), ~uint64_t(0xf0));
    EXPECT_EQ(arena_->touched, ~uint64_t(0xf0));
    EXPECT_FALSE(purge_is_due()); // nothing is left to do
    EXPECT_TRUE(is_all(memory_ + 8 * POOL_SIZE, 0x5a, POOL_SIZE));
}

TEST_F(PurgeTest, APoolThatWasUsedMeanwhileStays) {
    free_pools(0x3);
    wait_until_due();
    purge_step();
    take_back(0x3);
    free_pools(0x1); // free again, but not for long
    free_pools(0x2);
    wait_until_due();
    purge_step();
    EXPECT_EQ(resident(), ALL);
    wait_until_due();
    purge_step();
    EXPECT_EQ(resident(), ~uint64_t(0x3));
}

TEST_F(PurgeTest, RunsOfPoolsGoInOneCallEach) {
    size_t before = purge_count();
    free_pools(0x7 | 0x30 | uint64_t(1) << 63);
    EXPECT_EQ(purge_all(0), 6 * POOL_SIZE);
    EXPECT_EQ(purge_count(), before + 3);
    EXPECT_EQ(resident(), ~(0x37 | uint64_t(1) << 63));
}

TEST_F(PurgeTest, FreePagesWithoutMemoryDoNotPartARun) {
    free_pools(0x2);
    purge_all(0);
    size_t before = purge_count();
    free_pools(0x5 | 0x100);
    EXPECT_EQ(purge_all(0), 3 * POOL_SIZE);
    EXPECT_EQ(purge_count(), before + 2);
    EXPECT_EQ(resident(), ~uint64_t(0x107));
}

// Where a range goes on at both ends: no range begins or ends in its records then.
TEST_F(PurgeTest, TheRecordsOfAFreeArenaGoWithItsMemory) {
    const size_t size = ARENA_POOLS * sizeof(union record);
    if (size % os_page_size() != 0) GTEST_SKIP() << "pages here hold records of several arenas";
    struct range_request request = {3 * ARENA_POOLS, ARENA_SIZE, 0};
    uintptr_t base = space_take(&request), middle = base + ARENA_SIZE;
    space_touch(base, 3 * ARENA_SIZE);
    char *records = reinterpret_cast<char *>(record_at(middle));
    memset(static_cast<void *>(&record_at(middle)->pool.link), 0x5a, sizeof(struct link));
    space_return(base, ARENA_SIZE);
    space_return(middle + POOL_SIZE, 2 * ARENA_SIZE - POOL_SIZE); // one page is still in use
    purge_all(0);
    space_check();
    EXPECT_GT(resident_pages(records, size), 0u);
    space_return(middle, POOL_SIZE);
    purge_all(0);
    EXPECT_EQ(resident_pages(records, size), 0u);
    space_check();
}

TEST_F(PurgeTest, WithoutADelayItGoesAtTheNextStep) {
    options.purge_delay = 0;
    free_pools(0x1);
    EXPECT_TRUE(purge_is_due());
    EXPECT_EQ(purge_wait(1000), 0u);
    purge_step();
    EXPECT_EQ(resident(), ~uint64_t(0x1));
    EXPECT_FALSE(purge_is_due());
}

TEST_F(PurgeTest, NeverMeansNeverButForTrim) {
    options.purge_delay = PURGE_NEVER;
    free_pools(0xff);
    EXPECT_EQ(purge_wait(1234), 1234u);
    clock_.advance(1000000);
    EXPECT_FALSE(purge_is_due());
    purge_step();
    EXPECT_EQ(resident(), ALL);
    EXPECT_EQ(purge_all(0), 8 * POOL_SIZE);
    EXPECT_EQ(resident(), ~uint64_t(0xff));
}

TEST_F(PurgeTest, TheWaitIsNoLongerThanTheDelay) {
    EXPECT_EQ(purge_wait(500), 500u);
    free_pools(1);
    EXPECT_LE(purge_wait(500), DELAY);
    EXPECT_EQ(purge_wait(1), 1u);
}

// Two arenas with 8 and 32 free pages.
TEST_F(PurgeTest, TrimKeepsWhatItIsToldTo) {
    struct range_request request = {64, ARENA_SIZE, 0};
    uintptr_t other = space_take(&request);
    memset(reinterpret_cast<void *>(other), 1, ARENA_SIZE);
    space_touch(other, ARENA_SIZE);
    free_pools(0xff);
    space_return(other, 32 * POOL_SIZE);
    EXPECT_EQ(purge_all(40 * POOL_SIZE), 0u);
    size_t given = purge_all(39 * POOL_SIZE); // whole arenas are kept, one does not fit
    EXPECT_TRUE(given == 8 * POOL_SIZE || given == 32 * POOL_SIZE) << given;
    EXPECT_EQ(purge_all(0), 40 * POOL_SIZE - given);
    EXPECT_EQ(purge_all(0), 0u);
    space_return(other + 32 * POOL_SIZE, 32 * POOL_SIZE);
}

bool refuse_purge(enum os_call call) { return call == OS_PURGE; }

TEST_F(PurgeTest, WhatTheKernelWillNotTakeStaysTouchedAndWhole) {
    options.purge_delay = 0;
    free_pools(0x3);
    os_fault_for_test = refuse_purge;
    size_t before = purge_count();
    purge_step();
    EXPECT_EQ(purge_all(0), 0u);
    EXPECT_EQ(purge_count(), before);
    EXPECT_EQ(arena_->touched, ALL);
    EXPECT_TRUE(is_all(memory_, 0x5a, ARENA_SIZE));
    EXPECT_FALSE(purge_is_due()); // it is not asked again and again
    os_fault_for_test = nullptr;
    EXPECT_EQ(purge_all(0), 2 * POOL_SIZE);
}

TEST_F(PurgeTest, AnArenaWithoutIdlePagesWaitsForNothing) {
    options.purge_delay = 0;
    free_pools(3);
    ASSERT_TRUE(purge_is_due());
    take_back(3);
    EXPECT_FALSE(purge_is_due());
    purge_step();
    EXPECT_EQ(resident(), ALL);
}

TEST_F(PurgeTest, AfterAForkTheQueueIsMadeAnew) {
    options.purge_delay = 0;
    free_pools(1);
    purge_reset();
    EXPECT_FALSE(purge_is_due());
    arena_->dirty = {nullptr, nullptr};
    rebuild_space();
    EXPECT_TRUE(purge_is_due());
    purge_step();
    EXPECT_EQ(resident(), ~uint64_t(1));
}

TEST_F(PurgeTest, AStepIsBounded) {
    options.purge_delay = 0;
    std::vector<uintptr_t> arenas;
    for (int i = 0; i < 200; i++) {
        struct arena_pools taken;
        ASSERT_TRUE(arena_take_pools(64, &taken));
        *reinterpret_cast<char *>(taken.base) = 1;
        arenas.push_back(taken.base);
    }
    for (uintptr_t base : arenas) arena_return(base, 1);
    auto purged = [&] {
        size_t count = 0;
        for (uintptr_t base : arenas) count += !(arena_at(base)->touched & 1);
        return count;
    };
    purge_step();
    EXPECT_GT(purged(), 0u);
    EXPECT_LE(purged(), 64u); // 16 MiB
    for (int i = 0; i < 20; i++) purge_step();
    EXPECT_EQ(purged(), 200u);
    for (uintptr_t base : arenas) arena_return(base, ALL & ~uint64_t(1));
}

using PurgeDeathTest = PurgeTest;

TEST_F(PurgeDeathTest, CheckingFindsWhatIsWrong) {
    free_pools(0xf);
    purge_check();
    EXPECT_DEATH(arena_->touched &= ~uint64_t(1); purge_check(), "internal error"); // P1
    EXPECT_DEATH(arena_->free |= 0x100; purge_check(), "internal error");           // P1, P2
    EXPECT_DEATH(arena_->touched = 0xf; arena_->free = 0xff; purge_check(), "internal error"); // P2
    EXPECT_DEATH(arena_->young |= 0x10; purge_check(), "internal error");                      // P3
    EXPECT_DEATH(arena_->refault |= 0x10; purge_check(), "internal error");                    // P3
}

// ---- By amount ----

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
        space_release();
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
            space_release(); // what waits with a time to come is no other test's
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
    // Of a process that was taught nothing.
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
    struct rng random = {test_seed()};
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
    drop_all();
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
        while (purge_is_due()) purge_step();
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
        EXPECT_TRUE(space_release());
    }
    EXPECT_LE(allowance(), untaught());
}

// ---- While little is free, it stays (options.purge_keep) ----

TEST_F(PurgeTest, NothingGoesBackWhileNoMoreThanTheKeptBytesAreFree) {
    options.purge_keep = 16 * POOL_SIZE;
    free_pools(0xffff);
    for (int look = 0; look < 3; look++) {
        wait_until_due();
        purge_step();
        EXPECT_EQ(resident(), ALL);
        EXPECT_FALSE(purge_is_due()); // counted, and not again before half a delay is over
    }
    free_pools(0x10000); // one more: now all that is free goes by age
    for (int look = 0; look < 3 && resident() == ALL; look++) {
        wait_until_due();
        purge_step();
    }
    EXPECT_EQ(resident() & 0xffff, 0u);
}

TEST_F(PurgeTest, WhatBecameFreeWhileNothingWasPurgedCanBeQueuedLater) {
    options.purge_delay = PURGE_NEVER;
    free_pools(0xf0);
    EXPECT_EQ(purge_wait(1000), 1000u); // nothing is due
    options.purge_delay = DELAY;
    purge_requeue();
    for (int look = 0; look < 2; look++) {
        EXPECT_FALSE(purge_is_due());
        wait_until_due();
        purge_step();
    }
    EXPECT_EQ(resident(), ~uint64_t(0xf0));
}

} // namespace
