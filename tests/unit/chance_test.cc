// SPDX-License-Identifier: MIT
#include "base/chance.h"

#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>

#include "support/heap_fixture.h"

namespace {

TEST(ChanceTest, WithinIsOneMinusExp) {
    for (double length : {0.0, 1e-12, 1e-6, 0.001, 0.1, 0.25, 0.26, 1.0, 5.0, 39.0, 41.0, 1e9})
        EXPECT_NEAR(chance_within(length), -std::expm1(-length), 1e-14 + 1e-13 * length) << length;
    EXPECT_EQ(chance_within(-1), 0);
}

TEST(ChanceTest, LengthIsTheInverseOfWithin) {
    for (double chance : {1e-12, 1e-6, 0.001, 1.0 / 128, 0.1, 0.5, 0.9, 0.999999})
        EXPECT_NEAR(chance_length(chance) / -std::log1p(-chance), 1, 1e-15 / chance + 1e-12)
            << chance;
    EXPECT_EQ(chance_length(0), 0);
    EXPECT_GE(chance_length(1), 64);
}

// The mean of n of them has a standard error of the deviation / sqrt(n).
TEST(ChanceTest, DistancesAreExponential) {
    struct chance chance = {test_seed()};
    const int count = 200000;
    double sum = 0, squares = 0, long_ones = 0;
    for (int i = 0; i < count; i++) {
        double distance = chance_distance(&chance);
        ASSERT_GE(distance, 0);
        sum += distance;
        squares += distance * distance;
        long_ones += distance > 3;
    }
    EXPECT_NEAR(sum / count, 1, 5 / std::sqrt(count));
    EXPECT_NEAR(squares / count, 2, 5 * std::sqrt(20.0 / count));
    EXPECT_NEAR(long_ones / count, std::exp(-3), 5 * std::sqrt(std::exp(-3) / count));
}

TEST(ChanceTest, TrialsAreGeometric) {
    struct chance chance = {test_seed() + 1};
    for (unsigned mean : {8u, 16u, 128u}) {
        const int count = 200000;
        double sum = 0, first = 0, second = 0;
        for (int i = 0; i < count; i++) {
            uint32_t trials = chance_trials(&chance, mean);
            ASSERT_GE(trials, 1u);
            sum += trials;
            first += trials == 1;
            second += trials == 2;
        }
        double p = 1.0 / mean;
        EXPECT_NEAR(sum / count, mean, 5 * mean / std::sqrt(count)) << mean;
        EXPECT_NEAR(first / count, p, 5 * std::sqrt(p / count)) << mean;
        EXPECT_NEAR(second / count, p * (1 - p), 5 * std::sqrt(p / count)) << mean;
    }
    EXPECT_EQ(chance_trials(&chance, 1), 1u);
}

TEST(ChanceTest, UnitsAreBelowOneAndEven) {
    struct chance chance = {test_seed() + 2};
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double unit = chance_unit(&chance);
        ASSERT_TRUE(unit >= 0 && unit < 1);
        sum += unit;
    }
    EXPECT_NEAR(sum / 100000, 0.5, 5 * std::sqrt(1.0 / 12 / 100000));
}

} // namespace
