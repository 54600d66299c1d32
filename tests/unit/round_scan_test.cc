// SPDX-License-Identifier: MIT
#include "object/round_scan.h"

#include <gtest/gtest.h>

namespace {

TEST(RoundScanTest, TryingIsInVainWhereLittleIsFreedOfMuch) {
    const uint64_t early = 4 * ROUND_PIECE_MAX, much = early + 4;
    EXPECT_FALSE(round_scan_is_in_vain(0, 0, ROUND_PIECE_MAX));
    EXPECT_FALSE(round_scan_is_in_vain(early, 0, ROUND_PIECE_MAX)) << "too early to say";
    EXPECT_TRUE(round_scan_is_in_vain(much, 0, ROUND_PIECE_MAX));
    EXPECT_TRUE(round_scan_is_in_vain(much, much / 4 - 1, ROUND_PIECE_MAX));
    EXPECT_FALSE(round_scan_is_in_vain(much, much / 4, ROUND_PIECE_MAX));
    EXPECT_TRUE(round_scan_is_in_vain(much / 2, 0, ROUND_PIECE_MAX / 2))
        << "small ones say so earlier";
    EXPECT_FALSE(round_scan_is_in_vain(much / 2, 0, ROUND_PIECE_MAX));
}

} // namespace
