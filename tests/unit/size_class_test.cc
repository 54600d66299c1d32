// SPDX-License-Identifier: MIT
#include "heap/size_class.h"

#include <gtest/gtest.h>

namespace {

class SizeClassTest : public testing::Test {
  protected:
    void SetUp() override { size_class_init(); }
    // The largest request that a class of malloc's serves.
    static size_t holds(unsigned c) {
        size_t stride = size_classes[c].stride;
        return stride == POOL_SIZE + PAGE_SKEW ? size_t(POOL_SIZE) : stride;
    }
};

TEST_F(SizeClassTest, EverySizeGetsTheSmallestClassThatHoldsIt) {
    for (size_t size = 0; size <= SPAN_MAX; size++) {
        unsigned c = size_class_of(size);
        ASSERT_GE(c, 1u) << size;
        ASSERT_LT(c, unsigned(PAGE_CLASS)) << size;
        ASSERT_GE(holds(c), size);
        if (c > 1) {
            ASSERT_LT(holds(c - 1), size) << "class " << c;
        }
        ASSERT_EQ(size_class_is_span(c), size > SMALL_MAX) << size;
    }
}

TEST_F(SizeClassTest, TheQuickTableSaysTheSame) {
    EXPECT_EQ(size_class_quick[0], 0) << "which has no blocks";
    for (size_t size = 1; size <= QUICK_MAX; size++) {
        size_t steps = (size + ALIGN - 1) / ALIGN;
        ASSERT_EQ(size_class_quick[steps], size_class_of(size)) << size;
    }
}

TEST_F(SizeClassTest, StridesGrowAndLittleIsWasted) {
    EXPECT_EQ(size_classes[SMALL_CLASSES].stride, unsigned(SMALL_MAX));
    EXPECT_EQ(size_classes[PAGE_CLASS - 1].stride, unsigned(SPAN_MAX));
    for (unsigned c = 1; c < PAGE_CLASS; c++) {
        EXPECT_GT(size_classes[c].stride, size_classes[c - 1].stride);
        EXPECT_EQ(size_classes[c].stride % ALIGN, 0u) << c;
        if (!size_class_is_span(c)) {
            EXPECT_EQ(size_classes[c].stride, c * ALIGN);
        }
        // What a request one byte over the class below wastes at most of its block.
        size_t least = holds(c - 1) + 1, part = least <= 8 * KIB ? 9 : 5;
        if (size_class_is_span(c)) {
            EXPECT_LE((size_classes[c].stride - least) * part, size_classes[c].stride);
        }
    }
}

// Two blocks in a row do not begin at the same place of a page; those for aligned requests may.
TEST_F(SizeClassTest, RequestsOfAboutAPageAreNotAPageApart) {
    EXPECT_EQ(size_classes[PAGE_CLASS].stride, 4096u);
    for (size_t size = 3841; size <= 4096; size++) {
        unsigned c = size_class_of(size);
        ASSERT_EQ(size_classes[c].stride, 4160u) << size;
        ASSERT_EQ(size_class_aligned(size, 64), c);
        ASSERT_EQ(size_class_aligned(size, 128), unsigned(PAGE_CLASS));
        ASSERT_EQ(size_class_aligned(size, 4096), unsigned(PAGE_CLASS));
    }
    EXPECT_EQ(size_classes[size_class_of(4097)].stride, 4608u);
}

TEST_F(SizeClassTest, BlocksFitTheirPoolOrSpanAndNoMoreWould) {
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        const struct size_class &k = size_classes[c];
        size_t room = k.pools * size_t(POOL_SIZE);
        EXPECT_GE(k.pools, 1u) << c;
        EXPECT_LE(k.pools, unsigned(ARENA_POOLS)) << c;
        EXPECT_LE(k.capacity * size_t(k.stride), room) << c;
        EXPECT_TRUE((k.capacity + 1) * size_t(k.stride) > room || k.capacity == 64) << c;
        if (k.stride >= RUN_MIN) {
            EXPECT_EQ(k.capacity, 1) << c;
            EXPECT_EQ(k.stride % POOL_SIZE, 0u) << c;
        } else {
            EXPECT_GE(k.capacity, 4) << c; // a quarter of it is still a block
        }
        if (!size_class_is_span(c)) {
            EXPECT_EQ(k.pools, 1) << c;
        }
    }
}

// The index of an offset at which no block starts may be one too high: what matters is that no
// block seems to start there.
TEST_F(SizeClassTest, TheReciprocalTellsWhereBlocksStart) {
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        const struct size_class &k = size_classes[c];
        for (uint64_t offset = 0; offset < k.pools * uint64_t(POOL_SIZE); offset++)
            ASSERT_EQ((offset * k.reciprocal >> 32) * k.stride == offset, offset % k.stride == 0)
                << c << " " << offset;
    }
}

TEST_F(SizeClassTest, StartsAreTheBitsOfTheBlocksFirstBytes) {
    for (unsigned c = 1; c <= SMALL_CLASSES; c++) {
        const struct size_class &k = size_classes[c];
        ASSERT_EQ(k.words, unsigned(POOL_WORDS));
        unsigned blocks = 0;
        for (unsigned granule = 0; granule < POOL_SIZE / ALIGN; granule++) {
            size_t offset = granule * size_t(ALIGN);
            bool starts = k.starts[granule / 64] >> granule % 64 & 1;
            bool fits = offset % k.stride == 0 && offset + k.stride <= POOL_SIZE;
            ASSERT_EQ(starts, fits) << c << " " << granule;
            blocks += starts;
        }
        ASSERT_EQ(blocks, k.capacity);
    }
}

TEST_F(SizeClassTest, ASpanHasOneBitForEachBlockInOneWord) {
    for (unsigned c = SMALL_CLASSES + 1; c < CLASS_COUNT; c++) {
        const struct size_class &k = size_classes[c];
        ASSERT_EQ(k.words, 1u);
        ASSERT_LE(k.capacity, 64);
        ASSERT_EQ(k.starts[0], bit_range(0, k.capacity)) << c;
        for (unsigned w = 1; w < POOL_WORDS; w++) ASSERT_EQ(k.starts[w], 0u);
    }
}

TEST_F(SizeClassTest, ASecondInitChangesNothing) {
    struct size_class before[CLASS_COUNT];
    memcpy(before, size_classes, sizeof before);
    size_class_init();
    EXPECT_EQ(memcmp(before, size_classes, sizeof before), 0);
}

// Every size at every alignment up to a pool: the class holds it, all its blocks are aligned, and
// no smaller class would do.
TEST_F(SizeClassTest, AlignedClassesAreTheSmallestThatFitAndAreAligned) {
    for (size_t alignment = 1; alignment <= POOL_SIZE; alignment *= 2) {
        for (size_t size = 0; size <= SPAN_MAX; size += size < 2048 ? 1 : 61) {
            unsigned c = size_class_aligned(size, alignment), least = ~0u;
            for (unsigned i = 1; i < (alignment > PAGE_SKEW ? CLASS_COUNT : PAGE_CLASS); i++)
                if (holds(i) >= size && size_classes[i].stride % alignment == 0)
                    least = std::min(least, size_classes[i].stride);
            ASSERT_EQ(size_classes[c].stride, least) << size << " " << alignment;
        }
    }
}

TEST_F(SizeClassTest, WhatNoClassHoldsHasNoAlignedClass) {
    EXPECT_EQ(size_class_aligned(SPAN_MAX, POOL_SIZE), unsigned(PAGE_CLASS - 1));
    EXPECT_EQ(size_class_aligned(SPAN_MAX + 1, ALIGN), 0u);
    EXPECT_EQ(size_class_aligned(SIZE_MAX / 2, POOL_SIZE), 0u);
}

} // namespace
