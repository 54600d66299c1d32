// SPDX-License-Identifier: MIT
#include "heap/run.h"

#include "heap/purge.h"
#include "os/options.h"
#include "os/os.h"
#include "support/clock.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

// Begins without free address space: what the tests get at first was never touched. What is idle
// stays, so that it can be met again, but where a test says otherwise.
class RunTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.purge_delay = PURGE_NEVER;
        SpaceLock lock;
        space_unmap_free();
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        HeapTest::TearDown();
    }
    static void *allocate(size_t size, bool zero = false, enum run_choice choice = RUN_ANYWHERE) {
        return run_allocate(size, ALIGN, zero, choice);
    }
    static bool free(void *pointer) { return run_free(block_at(pointer).large); }
    static bool resize(void *pointer, size_t size) {
        return run_resize(block_at(pointer).large, size);
    }
};

TEST_F(RunTest, IsItsPagesLong) {
    for (size_t size :
         {size_t(SPAN_MAX) + 1, 70000 * size_t(1), 256 * KIB, 256 * KIB + 1, 5 * MIB, 70 * MIB}) {
        size_t in_use = purge_in_use();
        void *pointer = allocate(size);
        ASSERT_NE(pointer, nullptr);
        struct block block = block_at(pointer);
        EXPECT_EQ(block.kind, TAG_RUN);
        EXPECT_EQ(block.usable, align_up(size, PAGE));
        EXPECT_EQ(purge_in_use(), in_use + block.usable / PAGE);
        memset(pointer, 0x5a, size_min(block.usable, MIB));
        at(pointer)[block.usable - 1] = 1;
        EXPECT_EQ(census_now().used_bytes, block.usable);
        EXPECT_EQ(census_now().runs, 1u);
        EXPECT_TRUE(free(pointer));
        EXPECT_EQ(purge_in_use(), in_use);
    }
}

TEST_F(RunTest, RunsLieSideBySide) {
    char *first = at(allocate(70000)), *second = at(allocate(70000));
    EXPECT_EQ(second, first + align_up(70000, PAGE));
    free(first);
    free(second);
}

TEST_F(RunTest, IsAligned) {
    for (size_t alignment = ALIGN; alignment <= 32 * MIB; alignment *= 2) {
        void *pointer = run_allocate(300 * KIB, alignment, false, RUN_ANYWHERE);
        ASSERT_NE(pointer, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(pointer) % alignment, 0u);
        free(pointer);
    }
}

TEST_F(RunTest, TwoFreesAreOneThatDoesIt) {
    void *pointer = allocate(MIB);
    struct large *run = block_at(pointer).large;
    EXPECT_TRUE(run_free(run));
    EXPECT_FALSE(run_free(run));
    EXPECT_EQ(fault_at(pointer), BLOCK_FREED);
}

// ---- Zeroing ----

TEST_F(RunTest, ZeroingDoesNotTouchWhatWasNeverTouched) {
    char *pointer = at(allocate(MIB, true));
    EXPECT_EQ(resident_pages(pointer, MIB), 0u);
    EXPECT_TRUE(is_all(pointer, 0, MIB));
    free(pointer);
}

TEST_F(RunTest, ZeroingClearsWhatWasTouchedAndOnlyThat) {
    const size_t size = 5 * PAGE + SPAN_MAX;
    char *pointer = at(allocate(size));
    memset(pointer, 0x5a, size); // no other page is noted as touched
    free(pointer);
    char *again = at(allocate(MIB, true));
    ASSERT_EQ(again, pointer) << "where memory is comes first";
    EXPECT_EQ(resident_pages(again, MIB), size / PAGE);
    EXPECT_TRUE(is_all(again, 0, MIB));
    free(again);
}

TEST_F(RunTest, ZeroingClearsPagesOfSeveralArenas) {
    char *pointer = at(allocate(3 * ARENA_SIZE));
    memset(pointer, 0x5a, 3 * ARENA_SIZE);
    ASSERT_TRUE(free(pointer));
    char *first = at(allocate(100 * KIB)); // so that the next one begins inside an arena
    char *again = at(allocate(2 * ARENA_SIZE, true));
    ASSERT_EQ(first, pointer);
    ASSERT_EQ(again, pointer + 100 * KIB);
    EXPECT_TRUE(is_all(again, 0, 2 * ARENA_SIZE));
    EXPECT_TRUE(is_all(again + 2 * ARENA_SIZE, 0x5a, PAGE)) << "and nothing behind it";
    free(first);
    free(again);
}

TEST_F(RunTest, WithoutZeroingOldContentsMayStay) {
    char *pointer = at(allocate(MIB));
    memset(pointer, 0x5a, MIB);
    free(pointer);
    char *again = at(allocate(MIB, false));
    ASSERT_EQ(again, pointer);
    EXPECT_TRUE(is_all(again, 0x5a, MIB)) << "pages are reused while they are resident";
    free(again);
}

TEST_F(RunTest, PurgedPagesReadAsZeroAndAreNotCleared) {
    char *pointer = at(allocate(MIB));
    memset(pointer, 0x5a, MIB);
    free(pointer);
    {
        SpaceLock lock;
        EXPECT_EQ(purge_all(0), MIB);
    }
    char *again = at(allocate(MIB, true));
    ASSERT_EQ(again, pointer);
    EXPECT_EQ(resident_pages(again, MIB), 0u);
    EXPECT_TRUE(is_all(again, 0, MIB));
    free(again);
}

TEST_F(RunTest, WhereMemoryIsOrNowhere) {
    EXPECT_EQ(allocate(MIB, false, RUN_WHERE_MEMORY_IS), nullptr);
    void *pointer = allocate(MIB);
    free(pointer);
    EXPECT_EQ(allocate(MIB, false, RUN_WHERE_MEMORY_IS), pointer);
    EXPECT_EQ(allocate(MIB, false, RUN_WHERE_MEMORY_IS), nullptr);
    free(pointer);
}

// ---- Resizing ----

TEST_F(RunTest, GrowsIntoTheFreePagesBehindIt) {
    char *pointer = at(allocate(300 * KIB));
    memset(pointer, 0x5a, 300 * KIB);
    ASSERT_TRUE(resize(pointer, MIB + 1));
    EXPECT_EQ(block_at(pointer).usable, MIB + PAGE);
    EXPECT_TRUE(is_all(pointer, 0x5a, 300 * KIB));
    memset(pointer, 0x77, MIB + PAGE);
    EXPECT_EQ(census_now().used_bytes, MIB + PAGE);
    free(pointer);
}

TEST_F(RunTest, DoesNotGrowOverANeighbour) {
    char *pointer = at(allocate(100 * KIB)), *neighbour = at(allocate(100 * KIB));
    ASSERT_EQ(neighbour, pointer + 100 * KIB);
    EXPECT_TRUE(resize(pointer, 100 * KIB - 1)) << "the same pages";
    EXPECT_FALSE(resize(pointer, 100 * KIB + 1));
    EXPECT_EQ(block_at(pointer).usable, 100 * KIB);
    free(neighbour);
    EXPECT_TRUE(resize(pointer, 100 * KIB + 1));
    free(pointer);
}

TEST_F(RunTest, GivesBackThePagesItNoLongerNeeds) {
    char *pointer = at(allocate(MIB));
    memset(pointer, 0x5a, MIB);
    ASSERT_TRUE(resize(pointer, 100 * KIB));
    EXPECT_EQ(block_at(pointer).usable, 100 * KIB);
    EXPECT_TRUE(is_all(pointer, 0x5a, 100 * KIB));
    char *next = at(allocate(512 * KIB));
    EXPECT_EQ(next, pointer + 100 * KIB) << "the room is free for others";
    free(next);
    free(pointer);
}

// Their memory too goes back when it is too much.
TEST_F(RunTest, WhatAShrinkLeavesIsPurgedByAmount) {
    TestClock clock;
    options.purge_delay = 1000;
    for (int i = 0; i < 40; i++) { // until what earlier tests taught has faded
        SpaceLock lock;
        clock.advance(5000);
        purge_step();
    }
    char *pointer = at(allocate(64 * MIB));
    memset(pointer, 0x5a, 64 * MIB);
    ASSERT_TRUE(resize(pointer, MIB));
    EXPECT_LT(resident_pages(pointer, 64 * MIB), 64 * MIB / PAGE * 3 / 4)
        << "more may be, if taught";
    EXPECT_TRUE(is_all(pointer, 0x5a, MIB));
    free(pointer);
}

// What was cut off may hold old contents, which a run that is zeroed must not show.
TEST_F(RunTest, ATailThatWasCutOffIsNotTakenForZero) {
    char *pointer = at(allocate(MIB));
    memset(pointer, 0x5a, MIB);
    ASSERT_TRUE(resize(pointer, 300 * KIB));
    char *again = at(allocate(MIB, true));
    EXPECT_EQ(again, pointer + 300 * KIB);
    EXPECT_TRUE(is_all(again, 0, MIB));
    free(again);
    free(pointer);
}

// What realloc grew into counts as touched.
TEST_F(RunTest, WhatItGrewIntoIsClearedForTheNextOne) {
    for (size_t size : {110 * KIB, 200 * KIB, MIB}) {
        char *pointer = at(allocate(100 * KIB));
        ASSERT_TRUE(resize(pointer, size));
        memset(pointer, 0x5a, size);
        free(pointer);
        char *again = at(allocate(size, true));
        ASSERT_EQ(again, pointer);
        EXPECT_TRUE(is_all(again, 0, size));
        free(again);
        SpaceLock lock;
        space_unmap_free();
    }
}

TEST_F(RunTest, WithoutMemoryThereIsNone) {
    os_fault_for_test = refuse<OS_MAP>;
    EXPECT_EQ(allocate(MIB), nullptr);
    os_fault_for_test = nullptr;
    void *pointer = allocate(MIB);
    EXPECT_NE(pointer, nullptr);
    free(pointer);
}

} // namespace
