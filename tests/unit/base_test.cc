// SPDX-License-Identifier: MIT
#include "base/base.h"

#include <gtest/gtest.h>

#include <random>

namespace {

TEST(BaseTest, PowersOfTwoAreTold) {
    EXPECT_FALSE(is_power_of_two(0));
    for (unsigned i = 0; i < 64; i++) {
        size_t power = size_t(1) << i;
        EXPECT_TRUE(is_power_of_two(power));
        if (i > 1) {
            EXPECT_FALSE(is_power_of_two(power - 1));
            EXPECT_FALSE(is_power_of_two(power + 1));
        }
    }
}

TEST(BaseTest, AlignmentRoundsToTheNearestMultiple) {
    for (size_t unit = 1; unit <= 4096; unit *= 2) {
        for (uintptr_t n = 0; n < 3 * unit + 2; n++) {
            ASSERT_EQ(align_down(n, unit), n / unit * unit);
            ASSERT_EQ(align_up(n, unit), (n + unit - 1) / unit * unit);
        }
    }
    EXPECT_EQ(align_down(UINTPTR_MAX, 4096), UINTPTR_MAX - 4095);
    EXPECT_EQ(align_up(UINTPTR_MAX - 4095, 4096), UINTPTR_MAX - 4095);
    EXPECT_EQ(align_up(UINTPTR_MAX, 4096), 0u); // wraps, as the header says
}

TEST(BaseTest, SmallerAndLarger) {
    EXPECT_EQ(size_min(1, SIZE_MAX), 1u);
    EXPECT_EQ(size_min(SIZE_MAX, 1), 1u);
    EXPECT_EQ(size_max(1, SIZE_MAX), SIZE_MAX);
    EXPECT_EQ(size_max(SIZE_MAX, 1), SIZE_MAX);
}

unsigned count_by_hand(uint64_t word) {
    unsigned count = 0;
    for (; word != 0; word >>= 1) count += word & 1;
    return count;
}

TEST(BaseTest, BitsOfAWord) {
    for (unsigned low = 0; low < 64; low++) {
        for (unsigned high = low; high < 64; high++) {
            uint64_t word =
                uint64_t(1) << low | uint64_t(1) << high | uint64_t(1) << (low + high) / 2;
            ASSERT_EQ(bit_lowest(word), low);
            ASSERT_EQ(bit_highest(word), high);
            ASSERT_EQ(bit_count(word), count_by_hand(word));
        }
    }
    EXPECT_EQ(bit_count(0), 0u);
    EXPECT_EQ(bit_count(~uint64_t(0)), 64u);
}

TEST(BaseTest, ABitIsSelectedByThoseBeforeIt) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 1000; i++) {
        uint64_t word = i == 0 ? ~uint64_t(0) : random() & (i % 2 != 0 ? random() : ~uint64_t(0));
        unsigned before = 0;
        for (uint64_t rest = word; rest != 0; rest &= rest - 1)
            ASSERT_EQ(bit_select(word, before++), rest & -rest) << word;
    }
}

TEST(BaseTest, BitsAreClearedAndTold) {
    for (uint64_t number : {0, 1, 31, 32, 63, 64, 65, 200}) {
        uint64_t bit = uint64_t(1) << number % 64;
        for (uint64_t rest : {uint64_t(0), ~bit, uint64_t(0x5555555555555555) & ~bit}) {
            uint64_t word = rest | bit;
            EXPECT_TRUE(bit_clear(&word, number));
            EXPECT_EQ(word, rest);
            EXPECT_FALSE(bit_clear(&word, number));
            EXPECT_EQ(word, rest);
        }
    }
}

TEST(BaseTest, CountsDown) {
    uint32_t counter = 3;
    EXPECT_FALSE(count_down(&counter));
    EXPECT_FALSE(count_down(&counter));
    EXPECT_TRUE(count_down(&counter));
    EXPECT_FALSE(count_down(&counter)) << "and wraps";
    EXPECT_EQ(counter, UINT32_MAX);
}

TEST(BaseTest, BitRangeHasExactlyTheBitsAskedFor) {
    for (unsigned first = 0; first < 64; first++) {
        for (unsigned count = 1; first + count <= 64; count++) {
            uint64_t expected = 0;
            for (unsigned bit = first; bit < first + count; bit++) expected |= uint64_t(1) << bit;
            ASSERT_EQ(bit_range(first, count), expected) << first << " " << count;
        }
    }
}

// The fast path of free relies on this: the low bits of a misaligned offset become the highest.
TEST(BaseTest, RotationBringsTheLowBitsToTheTop) {
    for (unsigned bits = 1; bits < 64; bits++) {
        EXPECT_EQ(rotate_right(uintptr_t(1) << bits, bits), 1u);
        EXPECT_EQ(rotate_right(1, bits), uintptr_t(1) << (64 - bits));
        EXPECT_EQ(rotate_right(rotate_right(0x123456789abcdef0, bits), 64 - bits),
                  0x123456789abcdef0u);
    }
}

} // namespace
