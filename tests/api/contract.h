// SPDX-License-Identifier: MIT
// contract.h - the fixture of the contract tests: each runs on every set of names linked in.
#ifndef POOLALLOC_TEST_CONTRACT_H
#define POOLALLOC_TEST_CONTRACT_H

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>

#include "support/hide.h"
#include "support/names.h"

class ContractTest : public testing::TestWithParam<Names> {
  protected:
    const Names &names = GetParam();
};

inline std::string names_title(const testing::TestParamInfo<Names> &info) {
    return info.param.title;
}

#define INSTANTIATE_CONTRACT(Suite)                                                                \
    INSTANTIATE_TEST_SUITE_P(Names, Suite, testing::ValuesIn(all_names()), names_title)

inline bool is_aligned(const void *block, size_t alignment) {
    return (reinterpret_cast<uintptr_t>(block) & (alignment - 1)) == 0;
}

// A pattern that tells neighbouring bytes and different seeds apart.
inline unsigned char pattern_byte(size_t index, size_t seed) {
    return static_cast<unsigned char>(index * 7 + (index >> 8) + seed * 13 + 1);
}

inline void fill_pattern(void *block, size_t size, size_t seed) {
    unsigned char *bytes = static_cast<unsigned char *>(block);
    for (size_t i = 0; i < size; i++) bytes[i] = pattern_byte(i, seed);
}

// The first byte that differs, or `size`.
inline size_t first_difference(const void *block, size_t size, size_t seed) {
    const unsigned char *bytes = static_cast<const unsigned char *>(block);
    size_t i = 0;
    while (i < size && bytes[i] == pattern_byte(i, seed)) i++;
    return i;
}

inline bool is_zero(const void *block, size_t size) {
    const unsigned char *bytes = static_cast<const unsigned char *>(block);
    return size == 0 || (bytes[0] == 0 && std::memcmp(bytes, bytes + 1, size - 1) == 0);
}

// Sizes around every boundary a size-class allocator may have, up to `limit`: multiples of 8 to
// 1 KiB, then eight steps per doubling, each with its two neighbours.
inline std::vector<size_t> boundary_sizes(size_t limit) {
    std::vector<size_t> sizes;
    for (size_t size = 0; size <= 1024 && size <= limit; size++) sizes.push_back(size);
    for (size_t doubling = 1024; doubling < limit; doubling *= 2)
        for (size_t step = 1; step <= 8; step++)
            for (size_t near = 0; near < 3; near++)
                sizes.push_back(doubling + doubling / 8 * step - 1 + near);
    return sizes;
}

#endif
