// SPDX-License-Identifier: MIT
#include "graph/area.h"

#include "os/os.h"
#include "support/counted_malloc.h"
#include "support/inner.h"
#include "support/os_faults.h"

namespace {

TEST(AreaTest, ElementsAreZeroAlignedAndAllThere) {
    for (size_t count : {size_t(1), size_t(63), size_t(64), 3 * PAGE / 8 - 8, 100 * PAGE}) {
        uint64_t *area = static_cast<uint64_t *>(area_new(count, sizeof *area));
        ASSERT_NE(area, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(area) % 64, 0u);
        EXPECT_TRUE(is_all(area, 0, count * sizeof *area));
        memset(area, 0xff, count * sizeof *area);
        EXPECT_FALSE(is_accessible(at(area, align_up(count * sizeof *area, PAGE) + PAGE)))
            << "no fence after " << count;
        area_free(area);
    }
}

TEST(AreaTest, NothingAtAllIsAnAreaToo) {
    void *area = area_new(0, 8);
    EXPECT_NE(area, nullptr);
    area_free(area);
    area_free(nullptr);
}

TEST(AreaTest, WhatIsFreedGoesBackAtOnce) {
    void *area = area_new(10 * PAGE, 1);
    ASSERT_TRUE(is_accessible(area));
    area_free(area);
    EXPECT_FALSE(is_accessible(area));
    EXPECT_FALSE(is_accessible(at(area, 10 * PAGE - 64)));
}

TEST(AreaTest, SizesThatNoSizeHasAreRefused) {
    EXPECT_EQ(area_new(SIZE_MAX / 8, 16), nullptr);
    EXPECT_EQ(area_new(SIZE_MAX, 1), nullptr);
    EXPECT_EQ(area_new(size_t(PTRDIFF_MAX) / 2, 2), nullptr);
}

TEST(AreaTest, ASystemWithoutMemoryIsNull) {
    OsFaults faults = OsFaults::from(ALL_CALLS, 0);
    EXPECT_EQ(area_new(1, 8), nullptr);
}

// Whoever looks at a heap takes nothing from malloc.
TEST(AreaTest, NothingIsTakenFromMalloc) {
    size_t before = counted_now().blocks;
    void *area = area_new(1000, 8);
    EXPECT_EQ(counted_now().blocks, before);
    area_free(area);
}

} // namespace
