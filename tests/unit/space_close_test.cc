// SPDX-License-Identifier: MIT
#include "heap/space.h"
#include "os/options.h"
#include "os/os.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

// Holds the space lock for the whole test, and begins without any free range.
class SpaceCloseTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        options.guard_pages = 1;
        EXPECT_TRUE(space_lock());
        space_unmap_free();
    }
    void TearDown() override {
        os_fault_for_test = nullptr;
        space_check();
        space_unlock();
        options.guard_pages = 0;
        HeapTest::TearDown();
    }
    static uintptr_t take(size_t arenas) {
        const struct range_request request = {arenas * ARENA_POOLS, ARENA_SIZE, 0};
        uintptr_t base = space_take(&request);
        if (base != 0) space_touch(base, arenas * ARENA_SIZE);
        return base;
    }
    static void give(uintptr_t base, size_t arenas) { space_return(base, arenas * ARENA_SIZE); }
    static char *last_of(uintptr_t base, size_t arenas) {
        return reinterpret_cast<char *>(base + arenas * ARENA_SIZE - 1);
    }
};

using SpaceCloseDeathTest = SpaceCloseTest;

TEST_F(SpaceCloseDeathTest, AnArenaThatWasNeverUsedIsOutOfReach) {
    uintptr_t base = take(1);
    *last_of(base, 1) = 1;
    EXPECT_DEATH(*last_of(base, 2) = 1, "");
    uintptr_t more = take(3);
    *last_of(more, 1) = *last_of(more, 3) = 1;
    EXPECT_DEATH(*last_of(more, 4) = 1, "");
    give(base, 1);
    give(more, 3);
}

TEST_F(SpaceCloseTest, WhatWasUsedStaysInReach) {
    uintptr_t base = take(1);
    give(base, 1);
    space_close();
    *last_of(base, 1) = 1;
    rebuild_space();
    *last_of(base, 1) = 1;
}

TEST_F(SpaceCloseTest, WhatTheSystemDoesNotOpenStaysFree) {
    uintptr_t base = take(1);
    size_t free = range_pages();
    os_fault_for_test = refuse<OS_MAP>;
    EXPECT_EQ(take(3), 0u);
    EXPECT_FALSE(space_extend(base + ARENA_SIZE, 2 * ARENA_SIZE));
    os_fault_for_test = nullptr;
    EXPECT_EQ(range_pages(), free);
    space_check();
    uintptr_t more = take(3);
    ASSERT_NE(more, 0u);
    *last_of(more, 3) = 1;
    give(base, 1);
    give(more, 3);
}

} // namespace
