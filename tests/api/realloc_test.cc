// SPDX-License-Identifier: MIT
// realloc and reallocarray: contents, failure, and blocks of every origin.
#include "contract.h"

class ReallocTest : public ContractTest {};

TEST_P(ReallocTest, NullBehavesAsMalloc) {
    void *block = names.realloc(nullptr, 100);
    ASSERT_NE(block, nullptr);
    fill_pattern(block, 100, 0);
    names.free(block);
    block = names.reallocarray(nullptr, 10, 10);
    ASSERT_NE(block, nullptr);
    fill_pattern(block, 100, 0);
    names.free(block);
}

TEST_P(ReallocTest, KeepsContentsBetweenAllPairsOfSizes) {
    const size_t sizes[] = {1,      8,      9,      16,      17,      24,     64,    65,
                            255,    511,    512,    513,     600,     1024,   1025,  4095,
                            4096,   4097,   8192,   20000,   65535,   65536,  65537, 131072,
                            262143, 262144, 262145, 1 << 20, 3 << 20, 9 << 20};
    for (size_t from : sizes)
        for (size_t to : sizes) {
            void *block = names.malloc(from);
            ASSERT_NE(block, nullptr);
            fill_pattern(block, from, to);
            errno = 0;
            void *moved = names.realloc(block, to);
            ASSERT_NE(moved, nullptr) << from << " to " << to;
            ASSERT_EQ(errno, 0) << from << " to " << to;
            size_t kept = from < to ? from : to;
            ASSERT_EQ(first_difference(moved, kept, to), kept) << from << " to " << to;
            ASSERT_GE(names.usable_size(moved), to);
            memset(moved, 0x5a, to);
            names.free(moved);
        }
}

TEST_P(ReallocTest, GrowsByteByByteWithNeighboursAlive) {
    constexpr size_t BLOCKS = 8, END = 3000;
    void *blocks[BLOCKS] = {};
    for (size_t size = 1; size < END; size++)
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = names.realloc(blocks[i], size);
            ASSERT_NE(blocks[i], nullptr);
            ASSERT_EQ(first_difference(blocks[i], size - 1, i), size - 1) << size;
            static_cast<unsigned char *>(blocks[i])[size - 1] = pattern_byte(size - 1, i);
        }
    for (size_t size = END; size > 1; size -= 7) {
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = names.realloc(blocks[i], size - 1);
            ASSERT_NE(blocks[i], nullptr);
            ASSERT_EQ(first_difference(blocks[i], size - 1, i), size - 1) << size;
        }
        if (size < 8) break;
    }
    for (void *block : blocks) names.free(block);
}

// A text that grows by a few bytes at a time is not copied at every class.
TEST_P(ReallocTest, AGrowingBlockIsMovedSeldom) {
    int moves = 0;
    void *block = names.malloc(1);
    for (size_t size = 2; size <= 64 * 1024; size++) {
        uintptr_t before = reinterpret_cast<uintptr_t>(block);
        block = names.realloc(block, size);
        ASSERT_NE(block, nullptr);
        ASSERT_LT(names.usable_size(block), 2 * size + 16);
        moves += before != reinterpret_cast<uintptr_t>(block);
    }
    EXPECT_LE(moves, 34); // without room it would be one for each of 75 or 107 classes
    names.free(block);
}

TEST_P(ReallocTest, GrowsLargeBlocksStepByStep) {
    size_t size = 1000;
    void *block = names.malloc(size);
    fill_pattern(block, size, 3);
    while (size < size_t(48) << 20) {
        size_t larger = size + size / 2 + 777;
        block = names.realloc(block, larger);
        ASSERT_NE(block, nullptr) << larger;
        ASSERT_EQ(first_difference(block, size, 3), size) << size << " to " << larger;
        fill_pattern(block, larger, 3);
        size = larger;
    }
    while (size > 1000) {
        size /= 3;
        block = names.realloc(block, size);
        ASSERT_NE(block, nullptr);
        ASSERT_EQ(first_difference(block, size, 3), size);
    }
    names.free(block);
}

TEST_P(ReallocTest, FailureKeepsTheBlock) {
    for (size_t size : {1, 16, 100, 513, 5000, 70000, 300000, 5 << 20}) {
        void *block = names.malloc(size);
        ASSERT_NE(block, nullptr);
        fill_pattern(block, size, 9);
        for (size_t impossible :
             {SIZE_MAX, size_t(PTRDIFF_MAX) + 1, size_t(PTRDIFF_MAX), size_t(1) << 47}) {
            errno = 0;
            ASSERT_EQ(names.realloc(block, impossible), nullptr);
            ASSERT_EQ(errno, ENOMEM);
            ASSERT_EQ(names.reallocarray(block, impossible, 2), nullptr);
            ASSERT_EQ(first_difference(block, size, 9), size);
            ASSERT_GE(names.usable_size(block), size);
        }
        names.free(block);
    }
}

TEST_P(ReallocTest, AcceptsAlignedBlocks) {
    for (size_t alignment = 16; alignment <= 1 << 20; alignment *= 4)
        for (size_t size : {1, 100, 513, 5000, 70000, 400000}) {
            void *block = names.aligned_alloc(alignment, size);
            ASSERT_NE(block, nullptr);
            fill_pattern(block, size, 5);
            block = names.realloc(block, size * 3);
            ASSERT_NE(block, nullptr);
            ASSERT_EQ(first_difference(block, size, 5), size) << alignment << " " << size;
            block = names.realloc(block, size / 2 + 1);
            ASSERT_NE(block, nullptr);
            ASSERT_EQ(first_difference(block, size / 2 + 1, 5), size / 2 + 1);
            names.free(block);
        }
}

TEST_P(ReallocTest, ToTheUsableSizeStaysInPlace) {
    for (size_t size : boundary_sizes(size_t(1) << 20)) {
        void *block = names.malloc(size);
        ASSERT_NE(block, nullptr);
        size_t usable = names.usable_size(block);
        if (usable == 0) usable = 1;
        void *same = names.realloc(block, usable);
        ASSERT_EQ(same, block) << size << ", usable " << usable;
        names.free(same);
    }
}

TEST_P(ReallocTest, ReallocarrayMultiplies) {
    void *block = names.reallocarray(nullptr, 7, 100);
    ASSERT_NE(block, nullptr);
    EXPECT_GE(names.usable_size(block), 700u);
    fill_pattern(block, 700, 2);
    block = names.reallocarray(block, 300, 70);
    ASSERT_NE(block, nullptr);
    EXPECT_GE(names.usable_size(block), 21000u);
    EXPECT_EQ(first_difference(block, 700, 2), 700u);
    names.free(block);
}

INSTANTIATE_CONTRACT(ReallocTest);
