// SPDX-License-Identifier: MIT
// aligned_alloc, posix_memalign, memalign, valloc, pvalloc.
#include <unistd.h>

#include "contract.h"

class AlignedTest : public ContractTest {};

TEST_P(AlignedTest, PowersOfTwoUpToFourMebibytesHoldTheirContents) {
    for (size_t alignment = 1; alignment <= 4 << 20; alignment *= 2)
        for (size_t size : {size_t(1), size_t(7), size_t(48), size_t(100), size_t(512), size_t(513),
                            size_t(4096), size_t(5000), size_t(70000), size_t(300000), alignment,
                            alignment + 1, alignment * 2 - 1}) {
            void *blocks[3];
            for (size_t i = 0; i < 3; i++) {
                errno = 0;
                blocks[i] = names.aligned_alloc(alignment, size);
                ASSERT_NE(blocks[i], nullptr) << alignment << " " << size;
                ASSERT_EQ(errno, 0);
                ASSERT_TRUE(is_aligned(blocks[i], alignment)) << blocks[i] << " " << alignment;
                ASSERT_GE(names.usable_size(blocks[i]), size);
                fill_pattern(blocks[i], size, i);
            }
            for (size_t i = 0; i < 3; i++) {
                ASSERT_EQ(first_difference(blocks[i], size, i), size) << alignment << " " << size;
                names.free(blocks[i]);
            }
        }
}

TEST_P(AlignedTest, AlignedAllocRefusesAlignmentsThatAreNoPowerOfTwo) {
    for (size_t alignment : {size_t(0), size_t(3), size_t(6), size_t(24), size_t(65), size_t(0x300),
                             size_t(4097), SIZE_MAX, SIZE_MAX - 1}) {
        errno = 0;
        // glibc accepted any alignment before 2.38.
        void *block = names.aligned_alloc(alignment, 64);
        ASSERT_EQ(block, nullptr) << alignment;
        ASSERT_EQ(errno, EINVAL) << alignment;
    }
    EXPECT_EQ(names.aligned_alloc(size_t(1) << 63, 64), nullptr);
}

TEST_P(AlignedTest, TheSizeNeedNotBeAMultipleOfTheAlignment) {
    void *block = names.aligned_alloc(4096, 1);
    ASSERT_NE(block, nullptr);
    EXPECT_TRUE(is_aligned(block, 4096));
    names.free(block);
}

TEST_P(AlignedTest, PosixMemalignRefusesBadAlignmentsAndTouchesNothing) {
    for (size_t alignment : {size_t(0), size_t(1), size_t(2), size_t(3), size_t(4), size_t(12),
                             size_t(24), size_t(0x300), SIZE_MAX}) {
        int sentinel;
        void *result = &sentinel;
        errno = 77;
        ASSERT_EQ(names.posix_memalign(&result, alignment, 64), EINVAL) << alignment;
        ASSERT_EQ(result, &sentinel) << alignment;
        ASSERT_EQ(errno, 77) << alignment;
    }
}

TEST_P(AlignedTest, PosixMemalignReportsNoMemoryAndTouchesNothing) {
    int sentinel;
    void *result = &sentinel;
    errno = 77;
    EXPECT_EQ(names.posix_memalign(&result, 64, SIZE_MAX - 64), ENOMEM);
    EXPECT_EQ(names.posix_memalign(&result, 4096, PTRDIFF_MAX), ENOMEM);
    EXPECT_EQ(result, &sentinel);
}

TEST_P(AlignedTest, PosixMemalignAligns) {
    for (size_t alignment = sizeof(void *); alignment <= 1 << 20; alignment *= 2)
        for (size_t size : {0, 1, 40, 520, 9000}) {
            void *result = nullptr;
            errno = 77;
            ASSERT_EQ(names.posix_memalign(&result, alignment, size), 0);
            ASSERT_EQ(errno, 77);
            ASSERT_TRUE(is_aligned(result, alignment));
            memset(result, 1, size);
            names.free(result);
        }
}

TEST_P(AlignedTest, MemalignAcceptsEveryPowerOfTwo) {
    if (names.memalign == nullptr) GTEST_SKIP() << "no such name in this set";
    for (size_t alignment = 1; alignment <= 1 << 20; alignment *= 2) {
        void *block = names.memalign(alignment, 100);
        ASSERT_NE(block, nullptr) << alignment;
        EXPECT_TRUE(is_aligned(block, alignment));
        names.free(block);
    }
    errno = 0;
    EXPECT_EQ(names.memalign(SIZE_MAX, 4096), nullptr);
    EXPECT_EQ(errno, EINVAL);
}

TEST_P(AlignedTest, VallocAndPvallocGivePages) {
    if (names.valloc == nullptr) GTEST_SKIP() << "no such name in this set";
    size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    for (size_t size : {size_t(1), page - 1, page, page + 1, page * 100 + 5}) {
        void *block = names.valloc(size);
        ASSERT_NE(block, nullptr);
        EXPECT_TRUE(is_aligned(block, page)) << size;
        names.free(block);
        block = names.pvalloc(size);
        ASSERT_NE(block, nullptr);
        EXPECT_TRUE(is_aligned(block, page)) << size;
        size_t whole = (size + page - 1) / page * page;
        EXPECT_GE(names.usable_size(block), whole) << "pvalloc rounds up to whole pages";
        memset(block, 1, whole);
        names.free(block);
    }
}

INSTANTIATE_CONTRACT(AlignedTest);
