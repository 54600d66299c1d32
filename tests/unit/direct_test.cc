// SPDX-License-Identifier: MIT
#include "heap/direct.h"

#include <unistd.h>

#include "os/options.h"
#include "os/os.h"
#include "support/clock.h"
#include "support/heap_fixture.h"

namespace {

class DirectTest : public HeapTest {
  protected:
    static void *allocate(size_t size, size_t alignment = ALIGN, bool zero = false) {
        return direct_allocate(size, alignment, zero);
    }
    static void free(void *pointer) {
        struct block block = block_at(pointer);
        direct_free(block.direct);
    }
    static void *resize(void *pointer, size_t size) {
        struct block block = block_at(pointer);
        return direct_resize(block.direct, size);
    }
    static size_t purge(bool all) {
        SpaceLock lock;
        return direct_purge(all);
    }
};

TEST_F(DirectTest, IsAMappingOfItsPages) {
    size_t mapped = census_now().mapped_bytes;
    char *pointer = at(allocate(10 * MIB + 1));
    ASSERT_NE(pointer, nullptr);
    EXPECT_EQ(block_at(pointer).usable, 10 * MIB + PAGE);
    struct census census = census_now();
    EXPECT_EQ(census.direct_blocks, 1u);
    EXPECT_EQ(census.direct_bytes, 10 * MIB + PAGE);
    EXPECT_EQ(census.mapped_bytes, mapped + 10 * MIB + PAGE);
    EXPECT_EQ(resident_pages(pointer, 10 * MIB), 0u);
    pointer[10 * MIB + PAGE - 1] = 1;
    free(pointer);
    EXPECT_EQ(census_now().direct_blocks, 0u);
    EXPECT_EQ(purge(true), true);
    EXPECT_EQ(census_now().mapped_bytes, mapped);
}

TEST_F(DirectTest, IsAligned) {
    for (size_t alignment = ALIGN; alignment <= 64 * MIB; alignment *= 2) {
        void *pointer = allocate(MIB, alignment);
        ASSERT_NE(pointer, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(pointer) % alignment, 0u);
        free(pointer);
    }
}

// ---- The cache ----

TEST_F(DirectTest, AFreedMappingServesTheNextRequestOfItsSize) {
    char *pointer = at(allocate(40 * MIB));
    memset(pointer, 0x5a, MIB);
    free(pointer);
    EXPECT_EQ(fault_at(pointer), BLOCK_FREED);
    size_t mapped = census_now().mapped_bytes;
    char *again = at(allocate(40 * MIB));
    EXPECT_EQ(again, pointer);
    EXPECT_TRUE(is_all(again, 0x5a, MIB)); // with its memory
    EXPECT_EQ(census_now().mapped_bytes, mapped);
    free(again);
}

// What was reused keeps its size; what is new has the size asked for.
TEST_F(DirectTest, ACachedMappingMayBeAQuarterTooLongAndNoMore) {
    auto usable_after = [](size_t cached, size_t wanted) {
        free(allocate(cached));
        void *pointer = allocate(wanted);
        size_t usable = block_at(pointer).usable;
        free(pointer);
        purge(true);
        return usable;
    };
    EXPECT_EQ(usable_after(50 * MIB, 40 * MIB), 50 * MIB);
    EXPECT_EQ(usable_after(50 * MIB, 40 * MIB - PAGE), 40 * MIB - PAGE);
    EXPECT_EQ(usable_after(50 * MIB, 50 * MIB), 50 * MIB);
    EXPECT_EQ(usable_after(50 * MIB, 50 * MIB + 1), 50 * MIB + PAGE);
}

TEST_F(DirectTest, TheSmallestThatFitsIsTaken) {
    void *large = allocate(11 * MIB), *fitting = allocate(10 * MIB), *other = allocate(12 * MIB);
    free(large);
    free(fitting);
    free(other);
    void *pointer = allocate(10 * MIB - 1);
    EXPECT_EQ(pointer, fitting);
    free(pointer);
}

TEST_F(DirectTest, ACachedMappingMustBeAligned) {
    char *aligned = at(allocate(MIB, 16 * MIB));
    free(aligned);
    EXPECT_EQ(allocate(MIB, 16 * MIB), aligned);
    for (int i = 0; i < 4; i++) {
        free(allocate(MIB));
        void *other = allocate(MIB, 32 * MIB);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(other) % (32 * MIB), 0u);
        free(other);
    }
    free(aligned);
}

TEST_F(DirectTest, AReusedMappingIsZeroedIfAsked) {
    char *pointer = at(allocate(3 * MIB));
    memset(pointer, 0x5a, 3 * MIB);
    free(pointer);
    char *again = at(allocate(3 * MIB, ALIGN, true));
    ASSERT_EQ(again, pointer);
    EXPECT_EQ(resident_pages(again, 3 * MIB), 0u); // by the kernel, not by writing
    EXPECT_TRUE(is_all(again, 0, 3 * MIB));
    free(again);
}

bool refuse_purge(enum os_call call) { return call == OS_PURGE; }

TEST_F(DirectTest, AReusedMappingIsZeroedEvenIfTheKernelWillNot) {
    char *pointer = at(allocate(3 * MIB));
    memset(pointer, 0x5a, 3 * MIB);
    free(pointer);
    os_fault_for_test = refuse_purge;
    char *again = at(allocate(3 * MIB, ALIGN, true));
    ASSERT_EQ(again, pointer);
    EXPECT_TRUE(is_all(again, 0, 3 * MIB));
    free(again);
}

TEST_F(DirectTest, TheCacheHoldsFewMappingsOldestOut) {
    std::vector<void *> pointers;
    for (int i = 0; i < 12; i++) pointers.push_back(allocate(MIB));
    size_t mapped = census_now().mapped_bytes;
    for (void *pointer : pointers) free(pointer);
    EXPECT_EQ(census_now().mapped_bytes, mapped - 4 * MIB);
    for (int i = 0; i < 12; i++)
        EXPECT_EQ(fault_at(pointers[i]), i < 4 ? BLOCK_FOREIGN : BLOCK_FREED);
}

TEST_F(DirectTest, TheCacheHoldsABoundedNumberOfBytes) {
    size_t mapped = census_now().mapped_bytes;
    std::vector<void *> pointers;
    for (size_t i = 0; i < 6; i++) pointers.push_back(allocate(60 * MIB));
    for (void *pointer : pointers) free(pointer);
    EXPECT_LE(census_now().mapped_bytes, mapped + 256 * MIB);
    EXPECT_EQ(fault_at(pointers.front()), BLOCK_FOREIGN);
    EXPECT_EQ(fault_at(pointers.back()), BLOCK_FREED);
    void *huge = allocate(300 * MIB);
    free(huge);
    EXPECT_EQ(fault_at(huge), BLOCK_FOREIGN);
}

TEST_F(DirectTest, ACachedMappingGoesBackAfterTheDelay) {
    TestClock clock;
    options.purge_delay = 50;
    void *pointer = allocate(MIB);
    free(pointer);
    EXPECT_FALSE(direct_purge_is_due());
    EXPECT_FALSE(purge(false));
    clock.advance(49);
    EXPECT_FALSE(direct_purge_is_due());
    clock.advance(2); // the bit that says cached may add one
    EXPECT_TRUE(direct_purge_is_due());
    EXPECT_TRUE(purge(false));
    EXPECT_EQ(fault_at(pointer), BLOCK_FOREIGN);
    EXPECT_FALSE(direct_purge_is_due());
    EXPECT_FALSE(purge(true)); // nothing is left
}

bool refuse_unmap(enum os_call call) { return call == OS_UNMAP; }

TEST_F(DirectTest, WhatTheKernelWillNotUnmapKeepsNoMemoryAndIsTriedAgain) {
    size_t mapped = census_now().mapped_bytes;
    char *pointer = at(allocate(3 * MIB));
    memset(pointer, 0x5a, 3 * MIB);
    free(pointer);
    os_fault_for_test = refuse_unmap;
    EXPECT_FALSE(purge(true));
    EXPECT_EQ(resident_pages(pointer, 3 * MIB), 0u);
    EXPECT_EQ(census_now().mapped_bytes, mapped + 3 * MIB);
    os_fault_for_test = nullptr;
    EXPECT_TRUE(purge(true));
    EXPECT_EQ(census_now().mapped_bytes, mapped);
}

TEST_F(DirectTest, AFullCacheAtTheMappingLimitLosesNothing) {
    std::vector<void *> pointers;
    for (int i = 0; i < 20; i++) pointers.push_back(allocate(MIB));
    os_fault_for_test = refuse_unmap;
    for (void *pointer : pointers) free(pointer);
    os_fault_for_test = nullptr;
    for (void *pointer : pointers) EXPECT_EQ(fault_at(pointer), BLOCK_FREED);
    EXPECT_TRUE(purge(true));
    for (void *pointer : pointers) EXPECT_EQ(fault_at(pointer), BLOCK_FOREIGN);
}

} // namespace
