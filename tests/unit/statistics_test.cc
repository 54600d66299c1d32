// SPDX-License-Identifier: MIT
// statistics: of the command's comparisons: differences are found where there are some, and hardly
// ever where there are none.
#include "statistics.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace {

std::vector<double> noisy(std::mt19937 &random, unsigned count, double mean, double noise) {
    std::lognormal_distribution<double> distribution(std::log(mean), noise);
    std::vector<double> values(count);
    for (double &value : values) value = distribution(random);
    return values;
}

TEST(StatisticsTest, MedianOfOddEvenAndNone) {
    EXPECT_EQ(median_of({3, 1, 2}), 2);
    EXPECT_EQ(median_of({4, 1, 2, 3}), 2.5);
    EXPECT_EQ(median_of({}), 0);
}

TEST(StatisticsTest, TheSameDoesNotDiffer) {
    std::mt19937 random(20261128);
    unsigned claims = 0;
    const unsigned tries = 4000;
    for (unsigned i = 0; i < tries; i++)
        claims += ratio_of(noisy(random, 5, 1, 0.05), noisy(random, 5, 1, 0.05)).differs();
    EXPECT_LT(claims, tries * 2 / 100); // 1 % are due
    EXPECT_GT(claims, tries / 400);     // and an interval that never ends is none
}

TEST(StatisticsTest, ADifferenceIsFound) {
    std::mt19937 random(20261128);
    unsigned claims = 0;
    for (unsigned i = 0; i < 1000; i++) {
        Ratio ratio = ratio_of(noisy(random, 5, 1.2, 0.02), noisy(random, 5, 1, 0.02));
        claims += ratio.differs();
        EXPECT_TRUE(ratio.low <= ratio.mean && ratio.mean <= ratio.high);
    }
    EXPECT_GT(claims, 990u);
}

TEST(StatisticsTest, SharedNoiseOfARoundDoesNotHideADifference) {
    std::vector<double> base = {1.0, 2.0, 1.5, 3.0, 1.2}, less;
    for (double value : base) less.push_back(value * 0.9);
    EXPECT_TRUE(ratio_of(less, base).differs());
    EXPECT_NEAR(ratio_of(less, base).mean, 0.9, 1e-9);
}

TEST(StatisticsTest, TooFewOrNothingIsNotKnown) {
    EXPECT_FALSE(ratio_of({1, 1}, {2, 2}).is_known);
    EXPECT_FALSE(ratio_of({1, 0, 1}, {2, 2, 2}).is_known);
    EXPECT_FALSE(ratio_of({1, 1, 1}, {2, 2, 2}).differs(0.9));
    EXPECT_FALSE(ratio_of({1, 1}, {2, 2}).differs());
}

} // namespace
