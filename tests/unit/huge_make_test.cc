// SPDX-License-Identifier: MIT
#include "heap/huge_make.h"

#include "heap/run.h"
#include "support/huge_fixture.h"

namespace {

using HugeMakeTest = HugeTest;

TEST_F(HugeMakeTest, ASmallProcessHasNone) {
    grow(HUGE_FROM - purge_in_use() - 1);
    huge_make_for_arena();
    EXPECT_EQ(tries, 0);
    EXPECT_FALSE(huge_make_is_due());
}

TEST_F(HugeMakeTest, MemoryThatServesTheRequestComesFirst) {
    const struct range_request eight = {8, POOL_SIZE, 0};
    grow_until_due();
    touch_and_free(63); // no whole arena
    huge_make(&eight);
    EXPECT_EQ(tries, 0);
    grow_until_due();
    touch_and_free(63);
    huge_make_for_arena();
    EXPECT_EQ(tries, 1);
}

// What the kernel is asked for in each 2 MiB from `base` on, as the arenas' words tell it.
std::vector<bool> huge_from_on(uintptr_t base, size_t count) {
    std::vector<bool> huge;
    SpaceLock lock;
    space_check();
    for (size_t i = 0; i < count; i++)
        huge.push_back(huge_has(window_arena_at(align_up(base, HUGE_SIZE) + i * HUGE_SIZE)));
    return huge;
}

class HugeRunTest : public HugeMakeTest {
  protected:
    void SetUp() override {
        HugeMakeTest::SetUp();
        char *trial = static_cast<char *>(os_map(HUGE_SIZE));
        bool has_them = os_use_huge_pages(trial, HUGE_SIZE);
        os_unmap(trial, HUGE_SIZE);
        if (!has_them) GTEST_SKIP() << "the kernel has no huge pages";
        grow_until_due();
        huge_make_for_arena();
        grow(HUGE_PAGES); // takes the memory of that one: what comes next was never touched
        options.huge_pages = HUGE_PAGES_EARLY;
    }
    static std::vector<bool> of_block(size_t size, bool zero) {
        void *block = run_allocate(size, HUGE_SIZE, zero, RUN_ANYWHERE);
        std::vector<bool> huge = huge_from_on(reinterpret_cast<uintptr_t>(block), 4);
        EXPECT_TRUE(is_all(block, 0, size));
        EXPECT_TRUE(run_free(block_at(block).large));
        return huge;
    }
};

TEST_F(HugeRunTest, ALargeBlockIsTheWholeOnesInsideAndTheOneThatItEndsIn) {
    std::vector<bool> huge = of_block(5 * MIB, false);
    huge.resize(3);
    EXPECT_EQ(huge, (std::vector<bool>(3, true)));
}

TEST_F(HugeRunTest, OneOfZerosIsNot) {
    EXPECT_EQ(of_block(7 * MIB, true), (std::vector<bool>(4, false)));
}

TEST_F(HugeRunTest, NorWhereSomeWasTouched) {
    const struct range_request request = {4 * HUGE_PAGES, HUGE_SIZE, 0};
    SpaceLock lock;
    uintptr_t base = space_take(&request);
    space_touch(base + HUGE_SIZE, POOL_SIZE);
    huge_make_in_run(base, 4 * HUGE_SIZE);
    for (size_t i = 0; i < 4; i++)
        EXPECT_EQ(huge_has(window_arena_at(base + i * HUGE_SIZE)), i != 1) << i;
    space_return(base, 4 * HUGE_SIZE);
}

TEST_F(HugeRunTest, NorWhereTheSystemHadNoneOrWasSlow) {
    for (enum os_huge last :
         {OS_HUGE_REFUSED, OS_HUGE_SLOWLY, OS_HUGE_SLOWLY, OS_HUGE_LIKE_SMALL}) {
        bool once = outcome != OS_HUGE_SLOWLY; // a try that took long may have been interrupted
        outcome = last;
        make_and_use();
        bool asked = last == OS_HUGE_LIKE_SMALL || (last == OS_HUGE_SLOWLY && once);
        EXPECT_EQ(of_block(7 * MIB, false), (std::vector<bool>(4, asked))) << last;
    }
}

// Nobody sees what the first write to a huge page takes there.
TEST_F(HugeRunTest, NorUnlessTheOperatorWantsThemEarly) {
    for (enum huge_pages other : {HUGE_PAGES_ON, HUGE_PAGES_OFF}) {
        options.huge_pages = other;
        EXPECT_EQ(of_block(7 * MIB, false), (std::vector<bool>(4, false)));
    }
}

// A run whose last 16 pages begin a huge page, nothing of which was touched; what is behind it is
// free.
class HugeRestTest : public HugeRunTest {
  protected:
    void SetUp() override {
        HugeRunTest::SetUp();
        if (IsSkipped()) return;
        const struct range_request request = {3 * HUGE_PAGES, HUGE_SIZE, 0};
        SpaceLock lock;
        base_ = space_take(&request);
        ASSERT_NE(base_, 0u);
        space_return(end(), base_ + 3 * HUGE_SIZE - end());
    }
    void TearDown() override {
        if (base_ != 0) {
            SpaceLock lock;
            space_return(base_, end() - base_);
            space_check();
        }
        HugeRunTest::TearDown();
    }
    uintptr_t end() const { return base_ + HUGE_SIZE + 16 * POOL_SIZE; }
    void ask() const { huge_make_in_run(end() - 32 * POOL_SIZE, 32 * POOL_SIZE); }
    bool asked() const { return huge_has(window_arena_at(base_ + HUGE_SIZE)); }
    uintptr_t base_ = 0;
};

TEST_F(HugeRestTest, TheNextRunIsTakenFromIt) {
    SpaceLock lock;
    size_t idle = purge_idle();
    ask();
    space_check();
    EXPECT_TRUE(asked());
    EXPECT_FALSE(huge_has(window_arena_at(base_))) << "of which the run has the end alone";
    EXPECT_FALSE(huge_has(window_arena_at(base_ + 2 * HUGE_SIZE))) << "one is enough";
    EXPECT_EQ(purge_idle(), idle + HUGE_PAGES - 16);
    const struct range_request next = {32, POOL_SIZE, 0};
    uintptr_t taken = space_take(&next);
    EXPECT_EQ(taken, end());
    EXPECT_EQ(space_touch(taken, 32 * POOL_SIZE), 32u) << "its memory may be old";
    space_return(taken, 32 * POOL_SIZE);
}

TEST_F(HugeRestTest, NotIfAPageOfItIsInUse) {
    SpaceLock lock;
    ASSERT_TRUE(space_extend(end(), POOL_SIZE));
    ask();
    EXPECT_FALSE(asked());
    space_return(end(), POOL_SIZE);
}

TEST_F(HugeRestTest, NotIfAPageWasTouched) {
    SpaceLock lock;
    space_touch(end() - POOL_SIZE, POOL_SIZE);
    ask();
    EXPECT_FALSE(asked());
}

TEST_F(HugeRestTest, NotIfSoMuchMayNotBeIdle) {
    SpaceLock lock;
    purge_set_limit(purge_in_use() * POOL_SIZE);
    ask();
    EXPECT_FALSE(asked());
    purge_set_limit(SIZE_MAX);
}

TEST_F(HugeMakeTest, SpansAreTakenFromItToo) {
    grow_until_due();
    TestHeap heap;
    void *block = heap.take(8 * KIB);
    EXPECT_EQ(tries, 1);
    EXPECT_EQ(align_down(reinterpret_cast<uintptr_t>(block), HUGE_SIZE), place);
    heap.free(block);
}

TEST_F(HugeMakeTest, EarlyIsFromEightMiBOn) {
    options.huge_pages = HUGE_PAGES_EARLY;
    {
        SpaceLock lock;
        purge_forget_for_test(); // as after a peak less may be idle
    }
    while (!huge_make_is_due()) grow(16);
    ASSERT_LT(purge_in_use(), HUGE_FROM_EARLY + 17);
    huge_make_for_arena();
    EXPECT_EQ(tries, 1);
}

TEST_F(HugeMakeTest, TheNextIsDueWhenItIsUsed) {
    grow_until_due();
    huge_make_for_arena();
    uint64_t fresh = purge_fresh();
    grow(HUGE_PAGES / 2);
    EXPECT_FALSE(huge_make_is_due());
    grow(HUGE_PAGES / 2);
    EXPECT_EQ(purge_fresh(), fresh) << "it had memory";
    EXPECT_TRUE(huge_make_is_due());
}

TEST_F(HugeMakeTest, ItIsFreeMemoryThatPoolsAreTakenFrom) {
    grow_until_due();
    size_t idle = purge_idle();
    huge_make_for_arena();
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
    huge_make_for_arena();
    grow(HUGE_PAGES * 2); // takes the memory of the first
    touch_and_free(HUGE_PAGES);
    grow_until_due();
    huge_make_for_arena();
    EXPECT_EQ(tries, 1) << "while as much is idle";
    EXPECT_FALSE(huge_make_is_due()) << "nor does every visit look again";
}

TEST_F(HugeMakeTest, WhereTheSystemHasNoneTheTriesGetRare) {
    for (enum os_huge bad : {OS_HUGE_REFUSED, OS_HUGE_SLOWLY, OS_HUGE_LIKE_SMALL}) {
        outcome = bad;
        make_and_use();
        EXPECT_EQ(huge_has_at_place(), bad != OS_HUGE_REFUSED);
        size_t before = purge_in_use();
        grow_until_due();
        EXPECT_GE(purge_in_use() - before, 16 * MIB / POOL_SIZE - HUGE_PAGES);
        make_and_use();
        before = purge_in_use();
        grow_until_due();
        EXPECT_GE(purge_in_use() - before, 32 * MIB / POOL_SIZE - HUGE_PAGES);
        outcome = OS_HUGE_DONE;
        make_and_use();
        before = purge_in_use();
        grow_until_due();
        EXPECT_LE(purge_in_use() - before, HUGE_PAGES);
    }
    EXPECT_EQ(tries, 9);
}

TEST_F(HugeMakeTest, NoneIsMadeIfTheOperatorWantsNone) {
    options.huge_pages = HUGE_PAGES_OFF;
    grow_until_due();
    huge_make_for_arena();
    EXPECT_EQ(tries, 0);
    EXPECT_FALSE(huge_make_is_due()) << "nor does every visit look again";
}

} // namespace
