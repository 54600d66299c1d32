// SPDX-License-Identifier: MIT
#include "heap/huge.h"

#include "support/huge_fixture.h"

namespace {

TEST_F(HugeTest, IsSplitBeforeAPartIsPurged) {
    grow_until_due();
    huge_make_for_arena();
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
    huge_make_for_arena();
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
    huge_make_for_arena();
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
    huge_make_for_arena();
    SpaceLock lock;
    size_t idle = purge_idle();
    size_t given = purge_all(HUGE_SIZE - ARENA_SIZE); // one arena has to go
    EXPECT_EQ(given, (idle - purge_idle()) * POOL_SIZE);
    EXPECT_GE(given, HUGE_SIZE);
    for (unsigned i = 0; i < HUGE_ARENAS; i++)
        EXPECT_EQ(window_arena_at(place + i * ARENA_SIZE)->touched, 0u) << i;
    EXPECT_FALSE(huge_has(window_arena_at(place)));
    space_check();
}

TEST_F(HugeTest, AChildThatRebuildsKnowsThem) {
    grow_until_due();
    huge_make_for_arena();
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
    auto *clock = os_clock_for_test;
    os_clock_for_test = nullptr; // how long a page takes tells its size
    huge_make_for_arena();
    os_clock_for_test = clock;
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
    huge_make_for_arena();
    SpaceLock lock;
    huge_check();
    EXPECT_DEATH(window_arena_at(place)->touched &= 1; huge_check(), "internal error"); // U1
    EXPECT_DEATH(window_arena_at(place + HUGE_SIZE - 1)->touched = 0;
                 huge_check(), "internal error");                                       // U1
    EXPECT_DEATH(window_arena_at(place)->huge = false; huge_check(), "internal error"); // U2
}

} // namespace
