// SPDX-License-Identifier: MIT
#include "heap/direct.h"

#include "heap/purge.h"
#include "heap/run.h"
#include "os/options.h"
#include "os/os.h"
#include "support/heap_fixture.h"
#include "support/os_faults.h"

namespace {

// What is free and idle is a part of what is in use: see purge.h.
class DirectTest : public HeapTest {
  protected:
    void TearDown() override {
        os_fault_for_test = nullptr;
        HeapTest::TearDown();
    }
    static void *allocate(size_t size, size_t alignment = ALIGN) {
        return direct_allocate(size, alignment);
    }
    static bool free(void *pointer) { return direct_free(block_at(pointer).large); }
    static bool allows(size_t pages) {
        SpaceLock lock;
        return purge_allows(pages);
    }
    // Gives back what is idle and unmaps what is free.
    static void release_all() {
        SpaceLock lock;
        purge_all(0);
        space_unmap_free();
        space_check();
    }
    static bool is_of_runs(const void *pointer) {
        struct arena *arena = window_arena_at(reinterpret_cast<uintptr_t>(pointer));
        return arena != nullptr && arena->kind == ARENA_OF_RUNS;
    }
};

TEST_F(DirectTest, IsAMappingOfItsPages) {
    size_t mapped = census_now().mapped_bytes, in_use = purge_in_use();
    char *pointer = at(allocate(10 * MIB + 1));
    ASSERT_NE(pointer, nullptr);
    EXPECT_EQ(block_at(pointer).usable, 10 * MIB + PAGE);
    struct census census = census_now();
    EXPECT_EQ(census.direct_blocks, 1u);
    EXPECT_EQ(census.direct_bytes, 10 * MIB + PAGE);
    EXPECT_EQ(census.mapped_bytes, mapped + 10 * MIB + PAGE);
    EXPECT_EQ(resident_pages(pointer, 10 * MIB), 0u);
    EXPECT_EQ(purge_in_use(), in_use + 10 * MIB / PAGE + 1);
    pointer[10 * MIB + PAGE - 1] = 1;
    free(pointer);
    EXPECT_EQ(purge_in_use(), in_use);
    EXPECT_EQ(census_now().direct_blocks, 0u);
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

TEST_F(DirectTest, TwoFreesAreOneThatDoesIt) {
    void *pointer = allocate(40 * MIB);
    struct large *direct = block_at(pointer).large;
    EXPECT_TRUE(direct_free(direct));
    EXPECT_FALSE(direct_free(direct));
}

// ---- What becomes of a mapping ----

TEST_F(DirectTest, MoreThanMayBeIdleIsUnmapped) {
    size_t mapped = census_now().mapped_bytes;
    char *pointer = at(allocate(40 * MIB, ARENA_SIZE));
    memset(pointer, 0x5a, MIB);
    ASSERT_FALSE(allows(40 * MIB / PAGE));
    free(pointer);
    EXPECT_EQ(fault_at(pointer), BLOCK_FOREIGN);
    EXPECT_EQ(census_now().mapped_bytes, mapped);
    EXPECT_EQ(purge_idle(), 0u);
}

TEST_F(DirectTest, WhatMayBeIdleServesRequestsOfAnySize) {
    void *other = allocate(128 * MIB); // pages in use, of which a part may be idle
    char *pointer = at(allocate(4 * MIB, ARENA_SIZE));
    memset(pointer, 0x5a, 4 * MIB);
    size_t mapped = census_now().mapped_bytes;
    ASSERT_TRUE(allows(4 * MIB / PAGE));
    free(pointer);
    EXPECT_TRUE(is_of_runs(pointer));
    EXPECT_EQ(purge_idle(), 4 * MIB / PAGE);
    EXPECT_EQ(census_now().mapped_bytes, mapped) << "nothing was mapped or unmapped";
    EXPECT_EQ(census_now().direct_bytes, 128 * MIB);
    char *run = at(run_allocate(70000, ALIGN, false, RUN_WHERE_MEMORY_IS));
    EXPECT_EQ(run, pointer);
    EXPECT_TRUE(is_all(run, 0x5a, 70000)) << "with its memory";
    char *zeroed = at(run_allocate(MIB, ALIGN, true, RUN_WHERE_MEMORY_IS));
    EXPECT_EQ(zeroed, pointer + align_up(70000, PAGE));
    EXPECT_TRUE(is_all(zeroed, 0, MIB)) << "which nobody takes for zero";
    for (char *block : {run, zeroed}) run_free(block_at(block).large);
    free(other);
    census_check();
}

TEST_F(DirectTest, TheEndsThatAreNoWholeArenasAreUnmapped) {
    void *other = allocate(128 * MIB);
    size_t mapped = census_now().mapped_bytes;
    char *pointer = at(allocate(4 * MIB + 5 * PAGE, ARENA_SIZE));
    ASSERT_TRUE(allows(4 * MIB / PAGE + 5));
    free(pointer);
    EXPECT_TRUE(is_of_runs(pointer));
    EXPECT_FALSE(is_of_runs(pointer + 4 * MIB));
    EXPECT_EQ(fault_at(pointer + 4 * MIB), BLOCK_FOREIGN);
    EXPECT_EQ(census_now().mapped_bytes, mapped + 4 * MIB);
    free(other);
}

TEST_F(DirectTest, WhatHoldsNoWholeArenaIsUnmapped) {
    size_t mapped = census_now().mapped_bytes;
    char *pointer = at(allocate(100 * KIB));
    ASSERT_TRUE(allows(25));
    free(pointer);
    EXPECT_EQ(fault_at(pointer), BLOCK_FOREIGN);
    EXPECT_EQ(census_now().mapped_bytes, mapped);
}

TEST_F(DirectTest, WithoutPurgingAllOfItIsKept) {
    options.purge_delay = PURGE_NEVER;
    char *pointer = at(allocate(40 * MIB, ARENA_SIZE));
    memset(pointer, 0x5a, MIB);
    free(pointer);
    EXPECT_TRUE(is_of_runs(pointer));
    EXPECT_TRUE(is_all(pointer, 0x5a, MIB));
}

// Windows were there for its first page alone; for arenas each of its pages needs one.
// A mapping in whose middle none began before: else the windows may be there already.
TEST_F(DirectTest, WithoutMemoryForItsWindowsAMappingIsUnmapped) {
    void *other = allocate(3 * GIB);
    size_t mapped = census_now().mapped_bytes, size = size_t(4) << WINDOW_SHIFT;
    std::vector<void *> before;
    char *pointer = at(allocate(size, ARENA_SIZE));
    while (window_at(reinterpret_cast<uintptr_t>(pointer) + size / 2) != nullptr) {
        before.push_back(pointer);
        pointer = at(allocate(size, ARENA_SIZE));
    }
    mapped += before.size() * size;
    EXPECT_TRUE(allows(size / PAGE));
    os_fault_for_test = refuse<OS_MAP>;
    free(pointer);
    os_fault_for_test = nullptr;
    EXPECT_EQ(fault_at(pointer), BLOCK_FOREIGN);
    EXPECT_EQ(census_now().mapped_bytes, mapped);
    for (void *block : before) free(block);
    free(other);
}

TEST_F(DirectTest, WhatTheKernelWillNotUnmapBecomesArenasWithoutMemory) {
    size_t mapped = census_now().mapped_bytes;
    char *pointer = at(allocate(40 * MIB, ARENA_SIZE));
    memset(pointer, 0x5a, 40 * MIB);
    os_fault_for_test = refuse<OS_UNMAP>;
    free(pointer);
    os_fault_for_test = nullptr;
    EXPECT_LT(resident_pages(pointer, 40 * MIB), 3 * MIB / PAGE);
    EXPECT_TRUE(is_of_runs(pointer));
    EXPECT_EQ(census_now().mapped_bytes, mapped + 40 * MIB);
    release_all();
    EXPECT_EQ(census_now().mapped_bytes, mapped);
}

TEST_F(DirectTest, WhatIsTooShortForAnArenaLosesItsMemoryAtLeast) {
    char *pointer = at(allocate(100 * KIB));
    memset(pointer, 0x5a, 100 * KIB);
    os_fault_for_test = refuse<OS_UNMAP>;
    free(pointer);
    os_fault_for_test = nullptr;
    EXPECT_EQ(resident_pages(pointer, 100 * KIB), 0u);
    EXPECT_EQ(fault_at(pointer), BLOCK_FOREIGN);
}

} // namespace
