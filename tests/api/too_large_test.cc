// SPDX-License-Identifier: MIT
// Requests that cannot be met for their size: NULL and ENOMEM from every function, whatever the
// alignment, and without wrapping around (CVE-2026-0861 was such a wrap).
#include "contract.h"

namespace {

constexpr size_t SIZES_BELOW_THE_END = size_t(1) << 14;
constexpr size_t TOO_LARGE = size_t(PTRDIFF_MAX) + 1;

} // namespace

class TooLargeTest : public ContractTest {
  protected:
    void expect_no_memory(const void *result, const char *what, size_t size, size_t argument) {
        ASSERT_EQ(result, nullptr) << what << " size " << size << " argument " << argument;
        ASSERT_EQ(errno, ENOMEM) << what << " size " << size << " argument " << argument;
        errno = 0;
    }

    void expect_all_fail(size_t size) {
        errno = 0;
        expect_no_memory(names.malloc(size), "malloc", size, 0);
        expect_no_memory(names.realloc(nullptr, size), "realloc(NULL)", size, 0);
        expect_no_memory(names.realloc(block, size), "realloc", size, 0);
        for (size_t count = 1; count <= 8; count *= 2) {
            expect_no_memory(names.calloc(count, size), "calloc", size, count);
            expect_no_memory(names.calloc(size, count), "calloc turned", size, count);
            expect_no_memory(names.reallocarray(block, count, size), "reallocarray", size, count);
            expect_no_memory(names.reallocarray(block, size, count), "reallocarray turned", size,
                             count);
        }
        if (names.valloc != nullptr) {
            expect_no_memory(names.valloc(size), "valloc", size, 0);
            expect_no_memory(names.pvalloc(size), "pvalloc", size, 0);
        }
        for (size_t alignment = 1; alignment != 0; alignment *= 2)
            expect_aligned_fail(alignment, size);
    }

    void expect_aligned_fail(size_t alignment, size_t size) {
        expect_no_memory(names.aligned_alloc(alignment, size), "aligned_alloc", size, alignment);
        int sentinel;
        void *result = &sentinel;
        int error = names.posix_memalign(&result, alignment, size);
        ASSERT_EQ(error, alignment < sizeof(void *) ? EINVAL : ENOMEM) << alignment << " " << size;
        ASSERT_EQ(result, &sentinel) << alignment << " " << size;
        if (names.memalign == nullptr) return;
        errno = 0;
        void *aligned = names.memalign(alignment, size);
        ASSERT_EQ(aligned, nullptr) << "memalign " << alignment << " " << size;
        // glibc's memalign calls the largest power of two an invalid alignment.
        ASSERT_TRUE(errno == ENOMEM || (alignment > SIZE_MAX / 2 && errno == EINVAL)) << errno;
        errno = 0;
    }

    void SetUp() override {
        block = names.malloc(64);
        ASSERT_NE(block, nullptr);
        fill_pattern(block, 64, 1);
    }
    void TearDown() override {
        EXPECT_EQ(first_difference(block, 64, 1), 64u) << "a failed realloc changed the block";
        names.free(block);
    }
    void *block = nullptr;
};

TEST_P(TooLargeTest, EverySizeAtTheEndOfTheRangeFails) {
    for (size_t below = 0; below < SIZES_BELOW_THE_END; below++) {
        expect_all_fail(SIZE_MAX - below);
        if (HasFatalFailure()) return;
    }
}

TEST_P(TooLargeTest, SizesFromPtrdiffMaxUpFail) {
    for (size_t above : {size_t(0), size_t(1), size_t(4096), size_t(1) << 32, size_t(1) << 62})
        expect_all_fail(TOO_LARGE + above);
}

TEST_P(TooLargeTest, SizesThatNoAddressSpaceHoldsFail) {
    for (unsigned bits = 47; bits < 63; bits++)
        for (size_t size : {(size_t(1) << bits) - 1, size_t(1) << bits, (size_t(1) << bits) + 1}) {
            if (size < size_t(1) << 47) continue;
            expect_all_fail(size);
            if (HasFatalFailure()) return;
        }
    expect_all_fail(PTRDIFF_MAX);
    expect_all_fail(size_t(PTRDIFF_MAX) - 4096);
}

TEST_P(TooLargeTest, HugeAlignmentsOfSmallSizesFailWithoutWrapping) {
    for (unsigned bits = 47; bits < 64; bits++)
        for (size_t size : {size_t(1), size_t(64), size_t(4096), size_t(PTRDIFF_MAX) - 64}) {
            expect_aligned_fail(size_t(1) << bits, size);
            if (HasFatalFailure()) return;
        }
}

TEST_P(TooLargeTest, OverflowingProductsFail) {
    const size_t half = size_t(1) << 32;
    const size_t pairs[][2] = {{half, half},         {SIZE_MAX / 2 + 1, 2}, {2, SIZE_MAX / 2 + 1},
                               {SIZE_MAX, SIZE_MAX}, {SIZE_MAX, 2},         {SIZE_MAX / 3 + 1, 3},
                               {half + 1, half},     {half - 1, half},      {SIZE_MAX / 16 + 1, 16},
                               {size_t(1) << 63, 2}, {SIZE_MAX / 7, 8},     {half * 2, half / 2}};
    errno = 0;
    for (const size_t(&pair)[2] : pairs) {
        expect_no_memory(names.calloc(pair[0], pair[1]), "calloc", pair[0], pair[1]);
        expect_no_memory(names.reallocarray(nullptr, pair[0], pair[1]), "reallocarray(NULL)",
                         pair[0], pair[1]);
        expect_no_memory(names.reallocarray(block, pair[0], pair[1]), "reallocarray", pair[0],
                         pair[1]);
        if (HasFatalFailure()) return;
    }
}

TEST_P(TooLargeTest, AFailureLeavesTheNextRequestWhole) {
    for (int i = 0; i < 1000; i++) {
        ASSERT_EQ(names.malloc(SIZE_MAX - static_cast<size_t>(i)), nullptr);
        void *next = names.malloc(static_cast<size_t>(i));
        ASSERT_NE(next, nullptr);
        names.free(next);
    }
}

INSTANTIATE_CONTRACT(TooLargeTest);
