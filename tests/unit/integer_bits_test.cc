// SPDX-License-Identifier: MIT
// Integers as rows of bits; tests/value/oracle.py compares them with Python's.
#include "support/value_fixture.h"

namespace {

using IntegerBitsTest = ValueTest;

TEST_F(IntegerBitsTest, ShiftsGoAsFarAsIntsAreLarge) {
    Ref huge = poolval_power(space_, number(10), number(400)), minus = poolval_negate(space_, huge);
    EXPECT_EQ(repr(Ref(poolval_int_shift_right(space_, number(7), huge))), "0");
    EXPECT_EQ(repr(Ref(poolval_int_shift_right(space_, number(-7), huge))), "-1");
    EXPECT_EQ(repr(Ref(poolval_int_shift_right(space_, huge, huge))), "0");
    EXPECT_EQ(repr(Ref(poolval_int_shift_left(space_, number(0), huge))), "0");
    EXPECT_NO_VALUE(poolval_int_shift_left(space_, number(7), minus), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_shift_right(space_, number(7), number(-1)), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_shift_right(space_, number(7), str("1")), POOLVAL_ERR_TYPE);
}

} // namespace
