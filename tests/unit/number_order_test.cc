// SPDX-License-Identifier: MIT
// Integers and floats beside each other, where a float has not all of an integer's bits.
#include <cmath>

#include "support/value_fixture.h"
#include "value/number.h"

namespace {

class NumberOrderTest : public ValueTest {
  protected:
    enum number_order order(const Ref &a, const Ref &b) {
        enum number_order there = number_compare(space_, a, b);
        enum number_order back = number_compare(space_, b, a);
        EXPECT_EQ(back, there == NUMBER_UNORDERED ? there : -int(there));
        return there;
    }
    // 2 to that power and so many more.
    Ref power(unsigned bits, int64_t more) {
        Ref one = number(1), by = number(int64_t(bits)), rest = number(more);
        Ref shifted = poolval_int_shift_left(space_, one, by);
        return poolval_add(space_, shifted, rest);
    }
};

TEST_F(NumberOrderTest, IntegersBeyondTheBitsOfAFloatAreNotRounded) {
    const int64_t wide = INT64_C(1) << 53;
    EXPECT_EQ(order(number(wide), real(double(wide))), NUMBER_EQUAL);
    EXPECT_EQ(order(number(wide + 1), real(double(wide))), NUMBER_GREATER);
    EXPECT_EQ(order(number(-wide - 1), real(-double(wide))), NUMBER_LESS);
    EXPECT_EQ(order(number(INT64_MAX), real(9223372036854775808.0)), NUMBER_LESS);
    EXPECT_EQ(order(number(INT64_MIN), real(-9223372036854775808.0)), NUMBER_EQUAL);
}

TEST_F(NumberOrderTest, APartBehindThePointCounts) {
    EXPECT_EQ(order(number(2), real(2.5)), NUMBER_LESS);
    EXPECT_EQ(order(number(-2), real(-2.5)), NUMBER_GREATER);
    EXPECT_EQ(order(number(0), real(-0.0)), NUMBER_EQUAL);
    EXPECT_EQ(order(number(0), real(5e-324)), NUMBER_LESS);
}

TEST_F(NumberOrderTest, LargeIntegersAreComparedExactly) {
    EXPECT_EQ(order(power(200, 0), real(std::ldexp(1, 200))), NUMBER_EQUAL);
    EXPECT_EQ(order(power(200, 1), real(std::ldexp(1, 200))), NUMBER_GREATER);
    EXPECT_EQ(order(power(200, -1), real(std::ldexp(1, 200))), NUMBER_LESS);
    EXPECT_EQ(order(power(200, 1), power(200, 0)), NUMBER_GREATER);
    EXPECT_EQ(order(power(2000, 0), real(INFINITY)), NUMBER_LESS);
    EXPECT_EQ(order(power(2000, 0), real(-INFINITY)), NUMBER_GREATER);
}

TEST_F(NumberOrderTest, WhatIsNoNumberIsUnordered) {
    for (double other : {0.0, 1e300, double(INFINITY), double(NAN)})
        EXPECT_EQ(order(real(NAN), real(other)), NUMBER_UNORDERED);
    EXPECT_EQ(order(number(1), real(NAN)), NUMBER_UNORDERED);
    EXPECT_EQ(order(power(100, 0), real(NAN)), NUMBER_UNORDERED);
}

} // namespace
