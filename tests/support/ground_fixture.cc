// SPDX-License-Identifier: MIT
#include "support/ground_fixture.h"

#include "heap/arena.h"
#include "heap/purge.h"
#include "object/store.h"
#include "os/options.h"
#include "os/os.h"

namespace {
const struct options defaults = options;
}

void check_ground() {
    SpaceLock lock;
    arena_check();
    space_check();
}

// The first arena is at a random place of its chunk, and the first heap of objects begins to watch
// forks.
GroundTest::GroundTest() {
    static bool begun = false;
    if (begun) return;
    begun = true;
    poolobj_heap_close(poolobj_heap_new());
}
GroundTest::~GroundTest() = default;

void GroundTest::SetUp() {
    store_trim(0);
    {
        SpaceLock lock;
        space_unmap_free(); // so that what a test gets was never touched
    }
    tables_ = counted_now().blocks;
    ASSERT_EQ(purge_in_use(), 0u) << "an earlier test left pools behind";
}

void GroundTest::TearDown() {
    os_fault_for_test = nullptr;
    malloc_fault_for_test = nullptr;
    options = defaults;
    store_trim(0);
    check_ground();
    EXPECT_EQ(purge_in_use(), 0u);
    EXPECT_EQ(purge_idle(), 0u) << "trim left free memory behind";
    EXPECT_EQ(counted_now().blocks, tables_);
}
