// SPDX-License-Identifier: MIT
#include "heap/extent.h"

#include "os/os.h"
#include "support/heap_fixture.h"

namespace {

// Begins without free address space: what the tests get at first was never touched.
class ExtentTest : public HeapTest {
  protected:
    void SetUp() override {
        HeapTest::SetUp();
        SpaceLock lock;
        space_release();
    }
    static void *allocate(size_t size, bool zero = false) {
        return extent_allocate(size, ALIGN, zero);
    }
    static void free(void *pointer) {
        struct block block = block_at(pointer);
        extent_free(block.arena);
    }
    static bool resize(void *pointer, size_t size) {
        struct block block = block_at(pointer);
        return extent_resize(block.arena, size);
    }
    static size_t arenas(void *pointer) { return block_at(pointer).arena->length; }
};

TEST_F(ExtentTest, IsItsPagesLong) {
    for (size_t size : {size_t(SPAN_MAX) + 1, 100 * KIB, 256 * KIB, 256 * KIB + 1, 5 * MIB}) {
        void *pointer = allocate(size);
        ASSERT_NE(pointer, nullptr);
        struct block block = block_at(pointer);
        EXPECT_EQ(block.kind, TAG_EXTENT);
        EXPECT_EQ(block.usable, align_up(size, PAGE));
        EXPECT_EQ(arenas(pointer), (size + ARENA_SIZE - 1) / ARENA_SIZE);
        memset(pointer, 0x5a, block.usable);
        EXPECT_EQ(census_now().used_bytes, block.usable);
        free(pointer);
    }
}

TEST_F(ExtentTest, IsAligned) {
    for (size_t alignment = ALIGN; alignment <= 32 * MIB; alignment *= 2) {
        void *pointer = extent_allocate(300 * KIB, alignment, false);
        ASSERT_NE(pointer, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(pointer) % alignment, 0u);
        free(pointer);
    }
}

TEST_F(ExtentTest, ZeroingDoesNotTouchWhatWasNeverTouched) {
    char *pointer = at(allocate(MIB, true));
    EXPECT_EQ(resident_pages(pointer, MIB), 0u);
    EXPECT_TRUE(is_all(pointer, 0, MIB));
    free(pointer);
}

TEST_F(ExtentTest, ZeroingClearsWhatWasTouchedAndOnlyThat) {
    char *pointer = at(allocate(5 * PAGE + SPAN_MAX));
    memset(pointer, 0x5a, 5 * PAGE + SPAN_MAX); // no other page is noted as touched
    free(pointer);
    char *again = at(allocate(MIB, true));
    ASSERT_EQ(again, pointer) << "the most recently freed range is the first to be taken";
    EXPECT_EQ(resident_pages(again, MIB), (5 * PAGE + SPAN_MAX) / PAGE);
    EXPECT_TRUE(is_all(again, 0, MIB));
    free(again);
}

TEST_F(ExtentTest, WithoutZeroingOldContentsMayStay) {
    char *pointer = at(allocate(MIB));
    memset(pointer, 0x5a, MIB);
    free(pointer);
    char *again = at(allocate(MIB, false));
    ASSERT_EQ(again, pointer);
    EXPECT_TRUE(is_all(again, 0x5a, MIB)) << "extents are reused while they are resident";
    free(again);
}

TEST_F(ExtentTest, GrowsIntoTheFreeArenasBehindIt) {
    char *pointer = at(allocate(300 * KIB));
    memset(pointer, 0x5a, 300 * KIB);
    ASSERT_TRUE(resize(pointer, MIB + 1));
    EXPECT_EQ(block_at(pointer).usable, MIB + PAGE);
    EXPECT_EQ(arenas(pointer), 5u);
    EXPECT_TRUE(is_all(pointer, 0x5a, 300 * KIB));
    memset(pointer, 0x77, MIB + PAGE);
    EXPECT_EQ(census_now().used_bytes, MIB + PAGE);
    free(pointer);
}

TEST_F(ExtentTest, DoesNotGrowOverANeighbour) {
    char *pointer = at(allocate(256 * KIB));
    char *neighbour = at(allocate(256 * KIB));
    ASSERT_EQ(neighbour, pointer + ARENA_SIZE);
    EXPECT_FALSE(resize(pointer, 256 * KIB + 1));
    EXPECT_EQ(block_at(pointer).usable, 256 * KIB);
    EXPECT_EQ(arenas(pointer), 1u);
    free(neighbour);
    EXPECT_TRUE(resize(pointer, 256 * KIB + 1));
    free(pointer);
}

TEST_F(ExtentTest, GivesBackTheArenasItNoLongerNeeds) {
    char *pointer = at(allocate(MIB));
    memset(pointer, 0x5a, MIB);
    ASSERT_TRUE(resize(pointer, 100 * KIB));
    EXPECT_EQ(arenas(pointer), 1u);
    EXPECT_EQ(block_at(pointer).usable, 100 * KIB);
    EXPECT_TRUE(is_all(pointer, 0x5a, 100 * KIB));
    char *next = at(allocate(512 * KIB));
    EXPECT_EQ(next, pointer + ARENA_SIZE); // the room is free for others
    free(next);
    free(pointer);
}

// What was cut off may hold old contents, which an extent that is zeroed must not show.
TEST_F(ExtentTest, ATailThatWasCutOffIsNotTakenForZero) {
    char *pointer = at(allocate(MIB));
    memset(pointer, 0x5a, MIB);
    ASSERT_TRUE(resize(pointer, 300 * KIB));
    ASSERT_TRUE(resize(pointer, 500 * KIB)); // within its arenas
    free(pointer);
    char *again = at(allocate(MIB, true));
    EXPECT_TRUE(is_all(again, 0, MIB));
    free(again);
}

// What realloc grew into counts as touched.
TEST_F(ExtentTest, WhatItGrewIntoIsClearedForTheNextOne) {
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
        space_release();
    }
}

bool refuse_maps(enum os_call call) { return call == OS_MAP; }

TEST_F(ExtentTest, WithoutMemoryThereIsNone) {
    os_fault_for_test = refuse_maps;
    EXPECT_EQ(allocate(MIB), nullptr);
    os_fault_for_test = nullptr;
    void *pointer = allocate(MIB);
    EXPECT_NE(pointer, nullptr);
    free(pointer);
}

// Sizes change at random; a byte pattern per block shows whether two overlap.
TEST_F(ExtentTest, RandomResizesKeepContents) {
    struct rng random = {test_seed()};
    struct Kept {
        unsigned char *start;
        size_t size;
        int mark;
    };
    std::vector<Kept> kept;
    auto pages_hold = [](const Kept &k) {
        for (size_t i = 0; i < k.size; i += PAGE)
            if (k.start[i] != k.mark) return false;
        return true;
    };
    auto mark = [](const Kept &k) {
        for (size_t i = 0; i < k.size; i += PAGE) k.start[i] = static_cast<unsigned char>(k.mark);
    };
    for (int step = 0; step < 1500; step++) {
        size_t size = (1 + rng_below(&random, 300)) * PAGE;
        size_t index = kept.empty() ? 0 : rng_below(&random, kept.size());
        if (kept.size() < 10 || (kept.size() < 30 && rng_below(&random, 3) == 0)) {
            bool zero = rng_below(&random, 2);
            Kept k = {static_cast<unsigned char *>(allocate(size, zero)), size, 1 + step % 250};
            ASSERT_NE(k.start, nullptr);
            if (zero) {
                ASSERT_TRUE(is_all(k.start, 0, size));
            }
            mark(k);
            kept.push_back(k);
        } else if (rng_below(&random, 2) == 0) {
            Kept &k = kept[index];
            if (resize(k.start, size)) {
                k.size = size_min(k.size, size);
                ASSERT_TRUE(pages_hold(k));
                k.size = size;
                mark(k);
            }
        } else {
            ASSERT_TRUE(pages_hold(kept[index]));
            free(kept[index].start);
            kept.erase(kept.begin() + long(index));
        }
    }
    for (const Kept &k : kept) {
        EXPECT_TRUE(pages_hold(k));
        free(k.start);
    }
}

} // namespace
