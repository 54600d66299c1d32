// SPDX-License-Identifier: MIT
#include "heap/huge_make.h"

#include "heap/arena.h"
#include "heap/purge.h"
#include "os/options.h"
#include "os/os.h"
#include "support/clock.h"
#include "support/heap_fixture.h"

namespace {

constexpr size_t HUGE_PAGES = HUGE_SIZE / POOL_SIZE;

// The kernel's part is played by a hook, but for one test. A run of the length in use makes the
// process large.
class HugeTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.purge_delay = 1000 * 1000;
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
        while (!huge_make_is_due()) grow(16);
    }
    // A good try lets the next one come early, whatever tests before have seen.
    void forget_waits() {
        grow_until_due();
        huge_make();
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
    static int tries;
    static uintptr_t place;
    static enum os_huge outcome;
    std::vector<std::pair<uintptr_t, size_t>> runs_;
};
int HugeTest::tries;
uintptr_t HugeTest::place;
enum os_huge HugeTest::outcome;

TEST_F(HugeTest, ASmallProcessHasNone) {
    grow(HUGE_FROM - purge_in_use() - 1);
    EXPECT_FALSE(huge_make_is_due());
}

TEST_F(HugeTest, ItIsFreeMemoryThatPoolsAreTakenFrom) {
    grow_until_due();
    size_t idle = purge_idle();
    huge_make();
    ASSERT_EQ(tries, 1);
    EXPECT_EQ(place % HUGE_SIZE, 0u);
    SpaceLock lock;
    space_check();
    EXPECT_EQ(purge_idle(), idle + HUGE_PAGES);
    EXPECT_TRUE(huge_has(window_arena_at(place)));
    EXPECT_TRUE(huge_has(window_arena_at(place + HUGE_SIZE - 1)));
    std::vector<struct arena_pools> taken(HUGE_ARENAS);
    for (struct arena_pools &pools : taken) {
        ASSERT_TRUE(arena_take_pools(ARENA_POOLS, &pools));
        EXPECT_EQ(align_down(pools.base, HUGE_SIZE), place);
        EXPECT_EQ(pools.touched, pools.pools);
    }
    for (struct arena_pools &pools : taken) arena_return(pools.base, pools.pools);
}

TEST_F(HugeTest, OneAtATimeWaitsForUse) {
    grow_until_due();
    huge_make();
    grow(HUGE_PAGES * 2); // takes the memory of the first
    touch_and_free(HUGE_PAGES);
    grow_until_due();
    huge_make();
    EXPECT_EQ(tries, 1) << "while as much is idle";
    EXPECT_FALSE(huge_make_is_due()) << "nor does every visit look again";
}

TEST_F(HugeTest, WhereTheSystemHasNoneTheTriesGetRare) {
    for (enum os_huge bad : {OS_HUGE_REFUSED, OS_HUGE_SLOWLY}) {
        outcome = bad;
        grow_until_due();
        huge_make();
        EXPECT_EQ(huge_has_at_place(), bad == OS_HUGE_SLOWLY);
        size_t before = purge_in_use();
        grow_until_due();
        EXPECT_GE(purge_in_use() - before, 16 * MIB / POOL_SIZE - HUGE_PAGES);
        huge_make();
        before = purge_in_use();
        grow_until_due();
        EXPECT_GE(purge_in_use() - before, 32 * MIB / POOL_SIZE - HUGE_PAGES);
        outcome = OS_HUGE_DONE;
        huge_make();
        before = purge_in_use();
        grow_until_due();
        EXPECT_LE(purge_in_use() - before, HUGE_PAGES);
    }
    EXPECT_EQ(tries, 6);
}

TEST_F(HugeTest, NoneIsMadeIfTheOperatorWantsNone) {
    options.small_pages = 1;
    grow_until_due();
    huge_make();
    EXPECT_EQ(tries, 0);
    EXPECT_FALSE(huge_make_is_due()) << "nor does every visit look again";
}

TEST_F(HugeTest, IsSplitBeforeAPartIsPurged) {
    grow_until_due();
    huge_make();
    SpaceLock lock;
    struct arena_pools taken;
    ASSERT_TRUE(arena_take_pools(ARENA_POOLS, &taken));
    ASSERT_EQ(align_down(taken.base, HUGE_SIZE), place);
    arena_return(taken.base, ~uint64_t(4));
    purge_all(0);
    EXPECT_FALSE(huge_has(window_arena_at(place)));
    EXPECT_EQ(window_arena_at(taken.base)->touched, 4u);
    space_check();
    arena_return(taken.base, 4);
}

TEST_F(HugeTest, IsSplitBeforeItsOwnerPurgesAPart) {
    EXPECT_FALSE(huge_any());
    grow_until_due();
    huge_make();
    EXPECT_TRUE(huge_any());
    struct arena_pools taken;
    {
        SpaceLock lock;
        ASSERT_TRUE(arena_take_pools(ARENA_POOLS, &taken));
    }
    ASSERT_EQ(align_down(taken.base, HUGE_SIZE), place);
    space_split_huge(taken.base);
    EXPECT_FALSE(huge_has_at_place());
    EXPECT_FALSE(huge_any());
    SpaceLock lock;
    space_check();
    arena_return(taken.base, taken.pools);
}

TEST_F(HugeTest, SpansThatPurgeTheirPagesSplitIt) {
    grow_until_due();
    huge_make();
    TestHeap heap;
    std::vector<void *> blocks;
    for (int i = 0; i < 8; i++) blocks.push_back(heap.take(8192));
    ASSERT_EQ(align_down(reinterpret_cast<uintptr_t>(blocks[0]), HUGE_SIZE), place);
    for (int i = 1; i < 8; i++) heap.free(blocks[i]);
    ASSERT_TRUE(huge_has_at_place());
    heap_flush(heap);
    EXPECT_FALSE(huge_has_at_place());
    heap.free(blocks[0]);
}

TEST_F(HugeTest, GoesAsAWholeWhenItIsFree) {
    grow_until_due();
    huge_make();
    SpaceLock lock;
    purge_all(HUGE_SIZE - ARENA_SIZE); // one arena has to go
    for (unsigned i = 0; i < HUGE_ARENAS; i++)
        EXPECT_EQ(window_arena_at(place + i * ARENA_SIZE)->touched, 0u) << i;
    EXPECT_FALSE(huge_has(window_arena_at(place)));
    space_check();
}

TEST_F(HugeTest, AChildThatRebuildsKnowsThem) {
    grow_until_due();
    huge_make();
    SpaceLock lock;
    rebuild_space();
    EXPECT_TRUE(huge_has(window_arena_at(place)));
    EXPECT_TRUE(huge_any());
    space_check();
}

TEST_F(HugeTest, TheSystemsOwn) {
    os_huge_for_test = nullptr;
    grow_until_due();
    size_t idle = purge_idle();
    huge_make();
    if (purge_idle() == idle) GTEST_SKIP() << "no huge page just now";
    SpaceLock lock;
    struct arena_pools taken;
    ASSERT_TRUE(arena_take_pools(ARENA_POOLS, &taken));
    EXPECT_EQ(resident_pages(reinterpret_cast<void *>(taken.base), ARENA_SIZE), ARENA_POOLS);
    EXPECT_TRUE(is_all(reinterpret_cast<void *>(taken.base), 0, ARENA_SIZE));
    memset(reinterpret_cast<void *>(taken.base), 0x5a, ARENA_SIZE);
    purge_all(0);
    EXPECT_TRUE(is_all(reinterpret_cast<void *>(taken.base), 0x5a, ARENA_SIZE));
    uintptr_t other = align_down(taken.base, HUGE_SIZE);
    if (other == taken.base) other += ARENA_SIZE;
    EXPECT_EQ(resident_pages(reinterpret_cast<void *>(other), ARENA_SIZE), 0u);
    arena_return(taken.base, taken.pools);
}

using HugeDeathTest = HugeTest;

TEST_F(HugeDeathTest, CheckingFindsWhatIsWrong) {
    grow_until_due();
    huge_make();
    SpaceLock lock;
    huge_check();
    EXPECT_DEATH(window_arena_at(place)->touched &= 1; huge_check(), "internal error"); // U1
    EXPECT_DEATH(window_arena_at(place + HUGE_SIZE - 1)->touched = 0;
                 huge_check(), "internal error");                                       // U1
    EXPECT_DEATH(window_arena_at(place)->huge = false; huge_check(), "internal error"); // U2
}

} // namespace
