// SPDX-License-Identifier: MIT
#include "object/round_scan.h"

#include <gtest/gtest.h>

namespace {

TEST(RoundScanTest, TryingIsInVainWhereLittleIsFreedOfMuch) {
    const uint64_t early = 4 * ROUND_PIECE_MAX, much = early + 4;
    EXPECT_FALSE(round_scan_is_in_vain(0, 0));
    EXPECT_FALSE(round_scan_is_in_vain(early, 0)) << "too early to say";
    EXPECT_TRUE(round_scan_is_in_vain(much, 0));
    EXPECT_TRUE(round_scan_is_in_vain(much, much / 4 - 1));
    EXPECT_FALSE(round_scan_is_in_vain(much, much / 4));
}

} // namespace
