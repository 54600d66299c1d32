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
#include "support/os_faults.h"

namespace {

constexpr uint64_t DELAY = 120; // ms; an arena is looked at every half of it, some clock ticks

// One arena of pools of which all are taken and written.
class PurgeTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.purge_delay = DELAY;
        EXPECT_TRUE(space_lock());
        space_unmap_free();
        struct arena_pools taken;
        ASSERT_TRUE(arena_take_pools(64, &taken));
        arena_ = window_arena_at(taken.base);
        memory_ = reinterpret_cast<char *>(taken.base);
        memset(memory_, 0x5a, ARENA_SIZE);
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        if (arena_->kind == ARENA_OF_POOLS) arena_return(arena_->base, ~arena_->free);
        purge_check();
        purge_all(0);
        space_unmap_free(); // what waits with a time to come is no other test's
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
        ASSERT_TRUE(purge_is_due(os_clock_ms()));
    }
    TestClock clock_;
    struct arena *arena_;
    char *memory_;
};

constexpr uint64_t ALL = ~uint64_t(0);

TEST_F(PurgeTest, APoolGoesBackAtTheSecondLookAfterItBecameFree) {
    uint64_t start = os_clock_ms();
    free_pools(0xf0);
    EXPECT_FALSE(purge_is_due(os_clock_ms()));
    purge_step(); // too early: nothing
    EXPECT_EQ(resident(), ALL);
    wait_until_due();
    EXPECT_EQ(os_clock_ms(), start + DELAY / 2);
    purge_step(); // the first look: it became free since the last
    EXPECT_EQ(resident(), ALL);
    EXPECT_FALSE(purge_is_due(os_clock_ms()));
    wait_until_due();
    EXPECT_EQ(os_clock_ms(), start + DELAY);
    purge_step();
    EXPECT_EQ(resident(), ~uint64_t(0xf0));
    EXPECT_EQ(arena_->touched, ~uint64_t(0xf0));
    EXPECT_FALSE(purge_is_due(os_clock_ms())); // nothing is left to do
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
    char *records = reinterpret_cast<char *>(window_record_at(middle));
    memset(static_cast<void *>(&window_record_at(middle)->pool.link), 0x5a, sizeof(struct link));
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

struct stretch_of_bytes {
    const void *start, *end;
    size_t resident() const {
        const size_t page = os_page_size();
        uintptr_t from = align_up(uintptr_t(start), page), to = align_down(uintptr_t(end), page);
        return resident_pages(reinterpret_cast<void *>(from), to - from);
    }
};

// With random_addresses=on there are windows for ever in which nothing is.
TEST_F(PurgeTest, WhatWasKnownOfArenasGoesWhenTheyAreUnmapped) {
    const size_t pages = 512 * ARENA_POOLS, mapped = space_figures.mapped;
    struct range_request request = {pages, ARENA_SIZE, 0};
    uintptr_t base = space_take(&request);
    struct window *window = window_at(base);
    struct atomic_u64 *pending = window_pending(window);
    const size_t first = window_pool_index(base);
    const size_t end = first + size_min(WINDOW_POOLS - first, pages);
    const stretch_of_bytes parts[] = {
        {&window->record[first], &window->record[end]},
        {&window->spare[first * POOL_WORDS], &window->spare[end * POOL_WORDS]},
        {&pending[first * POOL_WORDS], &pending[end * POOL_WORDS]},
    };
    for (size_t i = first; i < end; i++) {
        window->record[i].pool.link.next = &window->record[i].pool.link;
        window->spare[i * POOL_WORDS] = 0;
        atomic_u64_store(&pending[i * POOL_WORDS], 0);
    }
    for (const auto &part : parts) EXPECT_GT(part.resident(), 0u);
    space_return(base, pages * POOL_SIZE);
    EXPECT_TRUE(space_unmap_free());
    EXPECT_LE(space_figures.mapped, mapped);
    for (const auto &part : parts) EXPECT_EQ(part.resident(), 0u);
    space_check();
}

TEST_F(PurgeTest, WithoutADelayItGoesAtTheNextStep) {
    options.purge_delay = 0;
    free_pools(0x1);
    EXPECT_TRUE(purge_is_due(os_clock_ms()));
    EXPECT_EQ(purge_wait(1000), 0u);
    purge_step();
    EXPECT_EQ(resident(), ~uint64_t(0x1));
    EXPECT_FALSE(purge_is_due(os_clock_ms()));
}

TEST_F(PurgeTest, NeverMeansNeverButForTrim) {
    options.purge_delay = PURGE_NEVER;
    free_pools(0xff);
    EXPECT_EQ(purge_wait(1234), 1234u);
    clock_.advance(1000000);
    EXPECT_FALSE(purge_is_due(os_clock_ms()));
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

TEST_F(PurgeTest, WhatTheKernelWillNotTakeStaysTouchedAndWhole) {
    options.purge_delay = 0;
    free_pools(0x3);
    os_fault_for_test = refuse<OS_PURGE>;
    size_t before = purge_count();
    purge_step();
    EXPECT_EQ(purge_all(0), 0u);
    EXPECT_EQ(purge_count(), before);
    EXPECT_EQ(arena_->touched, ALL);
    EXPECT_TRUE(is_all(memory_, 0x5a, ARENA_SIZE));
    EXPECT_FALSE(purge_is_due(os_clock_ms())); // it is not asked again and again
    os_fault_for_test = nullptr;
    EXPECT_EQ(purge_all(0), 2 * POOL_SIZE);
}

TEST_F(PurgeTest, AnArenaWithoutIdlePagesWaitsForNothing) {
    options.purge_delay = 0;
    free_pools(3);
    ASSERT_TRUE(purge_is_due(os_clock_ms()));
    take_back(3);
    EXPECT_FALSE(purge_is_due(os_clock_ms()));
    purge_step();
    EXPECT_EQ(resident(), ALL);
}

TEST_F(PurgeTest, AfterAForkTheQueueIsMadeAnew) {
    options.purge_delay = 0;
    free_pools(1);
    purge_reset();
    EXPECT_FALSE(purge_is_due(os_clock_ms()));
    arena_->dirty = {nullptr, nullptr};
    rebuild_space();
    EXPECT_TRUE(purge_is_due(os_clock_ms()));
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
        for (uintptr_t base : arenas) count += !(window_arena_at(base)->touched & 1);
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

// ---- While little is free, it stays (options.purge_keep) ----

TEST_F(PurgeTest, NothingGoesBackWhileNoMoreThanTheKeptBytesAreFree) {
    options.purge_keep = 16 * POOL_SIZE;
    free_pools(0xffff);
    for (int look = 0; look < 3; look++) {
        wait_until_due();
        purge_step();
        EXPECT_EQ(resident(), ALL);
        EXPECT_FALSE(
            purge_is_due(os_clock_ms())); // counted, and not again before half a delay is over
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
        EXPECT_FALSE(purge_is_due(os_clock_ms()));
        wait_until_due();
        purge_step();
    }
    EXPECT_EQ(resident(), ~uint64_t(0xf0));
}

} // namespace
