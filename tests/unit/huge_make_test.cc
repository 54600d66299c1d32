// SPDX-License-Identifier: MIT
#include "heap/huge_make.h"

#include "support/huge_fixture.h"

namespace {

using HugeMakeTest = HugeTest;

TEST_F(HugeMakeTest, ASmallProcessHasNone) {
    grow(HUGE_FROM - purge_in_use() - 1);
    EXPECT_FALSE(huge_make_is_due());
}

TEST_F(HugeMakeTest, ItIsFreeMemoryThatPoolsAreTakenFrom) {
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

TEST_F(HugeMakeTest, OneAtATimeWaitsForUse) {
    grow_until_due();
    huge_make();
    grow(HUGE_PAGES * 2); // takes the memory of the first
    touch_and_free(HUGE_PAGES);
    grow_until_due();
    huge_make();
    EXPECT_EQ(tries, 1) << "while as much is idle";
    EXPECT_FALSE(huge_make_is_due()) << "nor does every visit look again";
}

TEST_F(HugeMakeTest, WhereTheSystemHasNoneTheTriesGetRare) {
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

TEST_F(HugeMakeTest, NoneIsMadeIfTheOperatorWantsNone) {
    options.small_pages = 1;
    grow_until_due();
    huge_make();
    EXPECT_EQ(tries, 0);
    EXPECT_FALSE(huge_make_is_due()) << "nor does every visit look again";
}

} // namespace
