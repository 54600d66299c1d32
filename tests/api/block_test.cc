// SPDX-License-Identifier: MIT
// What every block has: alignment, usable size, an address of its own, zeroes from calloc.
#include <algorithm>

#include "contract.h"

class BlockTest : public ContractTest {
  protected:
    size_t required_alignment() const { return minimum_alignment(); }
};

TEST_P(BlockTest, EverySizeIsAlignedFromEveryFunction) {
    std::vector<size_t> sizes = boundary_sizes(size_t(1) << 20);
    for (size_t size = 1025; size <= 2048; size++) sizes.push_back(size);
    for (size_t size : sizes) {
        void *blocks[] = {names.malloc(size), names.calloc(1, size), names.realloc(nullptr, size),
                          names.malloc(size)};
        blocks[3] = names.realloc(blocks[3], size + 1);
        for (void *block : blocks) {
            ASSERT_NE(block, nullptr) << size;
            ASSERT_TRUE(is_aligned(block, required_alignment())) << block << " size " << size;
            names.free(block);
        }
    }
}

TEST_P(BlockTest, UsableSizeIsStableAndWhollyWritable) {
    for (size_t size : boundary_sizes(size_t(1) << 20)) {
        void *block = names.malloc(size), *neighbour = names.malloc(size);
        ASSERT_TRUE(block != nullptr && neighbour != nullptr);
        size_t usable = names.usable_size(block), other = names.usable_size(neighbour);
        ASSERT_GE(usable, size);
        memset(block, 0xff, usable);
        fill_pattern(neighbour, other, size);
        memset(block, 0xee, usable);
        ASSERT_EQ(names.usable_size(block), usable) << size;
        ASSERT_EQ(first_difference(neighbour, other, size), other) << size;
        names.free(block);
        ASSERT_EQ(first_difference(neighbour, other, size), other) << size;
        names.free(neighbour);
    }
}

TEST_P(BlockTest, LiveBlocksDoNotOverlap) {
    struct Range {
        char *start;
        size_t size;
    };
    std::vector<Range> ranges;
    for (size_t round = 0; round < 40; round++)
        for (size_t size :
             {1, 8, 9, 16, 24, 31, 100, 300, 512, 513, 700, 2000, 5000, 40000, 70000}) {
            char *block = static_cast<char *>(names.malloc(size));
            ASSERT_NE(block, nullptr);
            ranges.push_back({block, names.usable_size(block)});
            memset(block, 0x11, names.usable_size(block));
        }
    std::sort(ranges.begin(), ranges.end(),
              [](const Range &a, const Range &b) { return a.start < b.start; });
    for (size_t i = 1; i < ranges.size(); i++)
        ASSERT_LE(ranges[i - 1].start + ranges[i - 1].size, ranges[i].start);
    for (const Range &range : ranges) names.free(range.start);
}

TEST_P(BlockTest, CallocZeroesRecycledMemory) {
    std::vector<size_t> sizes = {1,      8,       15,      16,       24,      100,
                                 255,    512,     513,     1000,     4096,    4097,
                                 20000,  65536,   65537,   131072,   200000,  262144,
                                 262145, 1 << 20, 3 << 20, 20 << 20, 40 << 20};
    for (int round = 0; round < 3; round++)
        for (size_t size : sizes) {
            void *dirty[4];
            for (void *&block : dirty) {
                block = names.malloc(size);
                ASSERT_NE(block, nullptr);
                memset(block, 0xff, names.usable_size(block));
            }
            for (void *block : dirty) names.free(block);
            for (void *&block : dirty) {
                block = names.calloc(size, 1);
                ASSERT_NE(block, nullptr);
                ASSERT_TRUE(is_zero(block, size)) << size;
                memset(block, 0xff, size);
            }
            for (void *block : dirty) names.free(block);
        }
}

TEST_P(BlockTest, CallocZeroesAfterOtherSizesUsedTheMemory) {
    for (int round = 0; round < 5; round++) {
        std::vector<void *> blocks;
        for (size_t size = 1; size < 200000; size = size * 5 / 4 + 1) {
            blocks.push_back(names.malloc(size));
            memset(blocks.back(), 0xab, size);
        }
        for (void *block : blocks) names.free(block);
        blocks.clear();
        for (size_t size = 200000; size > 1; size = size * 3 / 4) {
            blocks.push_back(names.calloc(1, size));
            ASSERT_NE(blocks.back(), nullptr);
            ASSERT_TRUE(is_zero(blocks.back(), size)) << size;
        }
        for (void *block : blocks) names.free(block);
    }
}

TEST_P(BlockTest, CallocDoesNotTouchFreshHugeMemory) {
    // 8 GiB is more than the test may use: it works only if untouched pages stay untouched.
    void *block = names.calloc(size_t(8) << 30, 1);
    if (block == nullptr) GTEST_SKIP() << "the system does not grant 8 GiB of address space";
    static_cast<char *>(block)[(size_t(8) << 30) - 1] = 1;
    names.free(block);
}

INSTANTIATE_CONTRACT(BlockTest);
