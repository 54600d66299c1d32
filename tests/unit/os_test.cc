// SPDX-License-Identifier: MIT
#include "os/os.h"

#include <sys/auxv.h>

#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

void expect_fences(const char *first, const char *end) {
    EXPECT_TRUE(is_accessible(first));
    EXPECT_TRUE(is_accessible(end - 1));
    for (size_t distance : {size_t(1), OS_FENCE / 2, size_t(OS_FENCE)}) {
        EXPECT_FALSE(is_accessible(first - distance));
        EXPECT_FALSE(is_accessible(end + distance - 1));
    }
}

TEST(OsTest, FencedMemoryLiesBetweenInaccessibleSpace) {
    char *memory = static_cast<char *>(os_map_fenced(5 * PAGE));
    ASSERT_NE(memory, nullptr);
    memset(memory, 1, 5 * PAGE);
    expect_fences(memory, memory + 5 * PAGE);
    os_unmap_fenced(memory, 5 * PAGE);
}

TEST(OsTest, FencedMemoryIsAlignedAtTheAddressAndHasMoreBeforeIt) {
    for (size_t alignment : {PAGE, 256 * KIB, 2 * MIB, 64 * MIB}) {
        char *memory = static_cast<char *>(os_map_fenced_at(nullptr, 3 * PAGE, PAGE, alignment));
        ASSERT_NE(memory, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % alignment, 0u);
        expect_fences(memory - 3 * PAGE, memory + PAGE);
        os_unmap_fenced(memory - 3 * PAGE, 4 * PAGE);
    }
}

TEST(OsTest, FencedMemoryThatIsRefusedHalfWayLeavesNothing) {
    if (PLACES_ARE_TAKEN) GTEST_SKIP() << "the sanitizer has most places";
    void *hint = os_random_place(7, 2 * MIB);
    OsFaults faults = OsFaults::nth(only(OS_MAP), 1);
    EXPECT_EQ(os_map_fenced_at(hint, 0, PAGE, 2 * MIB), nullptr);
    EXPECT_EQ(os_map_aligned_at(static_cast<char *>(hint) - OS_FENCE, 3 * OS_FENCE, PAGE),
              static_cast<char *>(hint) - OS_FENCE);
    os_unmap(static_cast<char *>(hint) - OS_FENCE, 3 * OS_FENCE);
}

// Whatever the alignment: a hint and a second try under a tight limit, no more than is asked for.
TEST(OsTest, WhatTheSystemDoesNotHaveIsAskedForOnce) {
    for (size_t alignment : {PAGE, 2 * MIB, size_t(1) << 50}) {
        OsFaults none = OsFaults::from(ALL_CALLS, UINT64_MAX);
        EXPECT_EQ(os_map_aligned(size_t(1) << 50, alignment), nullptr);
        EXPECT_EQ(OsFaults::asked(), 1u);
    }
    EXPECT_FALSE(os_can_map(size_t(1) << 50));
    EXPECT_TRUE(os_can_map(100));
}

TEST(OsTest, RandomPlacesDifferByNumberAndStay) {
    EXPECT_EQ(os_random(1), os_random(1));
    EXPECT_NE(os_random(1), os_random(2));
    char *place = static_cast<char *>(os_random_place(1, 256 * KIB));
    EXPECT_EQ(place, os_random_place(1, 256 * KIB));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(place) % (256 * KIB), 0u);
    EXPECT_LT(reinterpret_cast<uintptr_t>(place), reinterpret_cast<uintptr_t>(&place));
}

// libc has its guards of stack and pointers from the same bytes.
TEST(OsTest, TheSecretIsNoneOfLibcs) {
    uint64_t random[2];
    memcpy(random, reinterpret_cast<const void *>(getauxval(AT_RANDOM)), sizeof random);
    for (uint64_t word : random) {
        EXPECT_NE(os_secret(), word);
        EXPECT_NE(os_secret() ^ 1, word);
    }
    EXPECT_NE(os_secret(), random[0] ^ random[1]);
    EXPECT_EQ(os_secret(), os_secret());
}

} // namespace
