// SPDX-License-Identifier: MIT
// free and its sized forms: errno survives, right sizes pass, memory is used again.
#include <malloc.h>
#include <sys/mman.h>
#include <vector>

#include "contract.h"

class FreeTest : public ContractTest {};

namespace {
const size_t SIZES[] = {1,      8,      16,      24,      100,      512,      513,
                        1000,   4096,   5000,    16384,   65536,    70000,    131073,
                        262144, 300000, 1 << 20, 3 << 20, 32 << 20, 64 << 20, 200 << 20};
} // namespace

TEST_P(FreeTest, KeepsErrno) {
    for (size_t size : SIZES) {
        void *block = names.malloc(size);
        ASSERT_NE(block, nullptr) << size;
        memset(block, 1, size < 4096 ? size : 4096);
        errno = 4321;
        names.free(block);
        ASSERT_EQ(errno, 4321) << size;
    }
    errno = 4321;
    names.free(nullptr);
    EXPECT_EQ(errno, 4321);
}

TEST_P(FreeTest, KeepsErrnoWhenManyBlocksGoAtOnce) {
    std::vector<void *> blocks;
    for (int i = 0; i < 20000; i++) blocks.push_back(names.malloc(static_cast<size_t>(i % 2000)));
    errno = 4321;
    for (void *block : blocks) names.free(block);
    EXPECT_EQ(errno, 4321);
}

TEST_P(FreeTest, SuccessfulAllocationLeavesErrnoAlone) {
    for (size_t size : SIZES) {
        errno = 4321;
        void *block = names.malloc(size);
        ASSERT_NE(block, nullptr);
        ASSERT_EQ(errno, 4321) << size;
        names.free(block);
        void *zeroed = names.calloc(1, size);
        ASSERT_NE(zeroed, nullptr);
        ASSERT_EQ(errno, 4321) << size;
        names.free(zeroed);
    }
}

TEST_P(FreeTest, FreeSizedAcceptsTheRequestedSize) {
    if (names.free_sized == nullptr) GTEST_SKIP() << "this C library has no free_sized";
    for (size_t size : boundary_sizes(size_t(1) << 20)) {
        void *block = names.malloc(size);
        errno = 4321;
        names.free_sized(block, size);
        ASSERT_EQ(errno, 4321);
        names.free_sized(names.calloc(1, size), size);
        names.free_sized(names.realloc(names.malloc(size / 2 + 1), size + 1), size + 1);
    }
    for (size_t size : SIZES) names.free_sized(names.malloc(size), size);
}

// A block that grows gets some room, and may get a block of a longer class that is at hand: never
// so long that the size asked for seems wrong.
TEST_P(FreeTest, FreeSizedAcceptsWhatReallocMadeRoomFor) {
    if (names.free_sized == nullptr) GTEST_SKIP() << "this C library has no free_sized";
    std::vector<size_t> strides;
    for (size_t size = 1; size <= 64 * 1024; size = strides.back() + 1) {
        void *block = names.malloc(size);
        strides.push_back(names.usable_size(block));
        names.free(block);
    }
    for (size_t usable : strides)
        for (size_t longer : strides) {
            if (longer <= usable || longer > 4 * usable) continue;
            malloc_trim(0); // nothing else is at hand
            void *block = names.malloc(usable), *other = names.malloc(longer);
            names.free(other);
            names.free_sized(names.realloc(block, usable + 1), usable + 1);
        }
}

TEST_P(FreeTest, FreeAlignedSizedAcceptsTheRequest) {
    if (names.free_aligned_sized == nullptr) GTEST_SKIP() << "no free_aligned_sized here";
    for (size_t alignment = 1; alignment <= 1 << 20; alignment *= 2)
        for (size_t size : {size_t(0), size_t(1), size_t(100), size_t(512), size_t(513),
                            size_t(5000), size_t(70000), size_t(300000), alignment}) {
            void *block = names.aligned_alloc(alignment, size);
            ASSERT_NE(block, nullptr);
            errno = 4321;
            names.free_aligned_sized(block, alignment, size);
            ASSERT_EQ(errno, 4321);
        }
}

TEST_P(FreeTest, CfreeFrees) {
    if (names.cfree == nullptr) GTEST_SKIP() << "this C library has no cfree";
    for (size_t size : SIZES) names.cfree(names.malloc(size));
}

TEST_P(FreeTest, FreedMemoryIsUsedAgain) {
    // Ten times the machine's memory passes through in all.
    for (size_t size : {size_t(100), size_t(600), size_t(30000), size_t(300000), size_t(50) << 20})
        for (size_t total = 0; total < size_t(2) << 30; total += size + 1000) {
            void *block = names.malloc(size);
            ASSERT_NE(block, nullptr);
            *static_cast<volatile char *>(block) = 1;
            names.free(block);
        }
}

INSTANTIATE_CONTRACT(FreeTest);
