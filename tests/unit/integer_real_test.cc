// SPDX-License-Identifier: MIT
#include <cfloat>
#include <cmath>

#include "support/random.h"
#include "support/value_fixture.h"
#include "value/integer.h"

namespace {

class IntegerRealTest : public ValueTest {
  protected:
    Ref large(const char *hex) { return poolval_int_parse(space_, hex, strlen(hex), 16); }
    double real_of(poolobj *value) {
        struct integer view;
        double result = 0;
        EXPECT_TRUE(integer_view(space_, value, &view));
        EXPECT_TRUE(integer_to_double(&view, &result));
        return result;
    }
    bool has_real(poolobj *value) {
        struct integer view;
        double result;
        return integer_view(space_, value, &view) && integer_to_double(&view, &result);
    }
    double ratio(poolobj *a, poolobj *b) {
        struct integer x, y;
        double result = 0;
        EXPECT_TRUE(integer_view(space_, a, &x) && integer_view(space_, b, &y));
        EXPECT_TRUE(integer_ratio(space_, &x, &y, &result));
        return result;
    }
    enum number_order compare(poolobj *a, double b) {
        struct integer view;
        EXPECT_TRUE(integer_view(space_, a, &view));
        return integer_compare_double(&view, b);
    }
    Ref power_of_two(unsigned exponent) {
        struct integer one;
        Ref value = number(1);
        EXPECT_TRUE(integer_view(space_, value, &one));
        return integer_shift_left(space_, &one, exponent);
    }
};

// IEEE 754: to nearest, ties to even.
TEST_F(IntegerRealTest, HalfwayGoesToTheEvenOne) {
    EXPECT_EQ(real_of(large("20000000000001")), 0x1p53) << "2^53 + 1";
    EXPECT_EQ(real_of(large("20000000000003")), 0x1.0000000000002p53);
    EXPECT_EQ(real_of(large("-20000000000001")), -0x1p53);
    EXPECT_EQ(real_of(large("80000000000004000000000000000000")), 0x1p127);
    EXPECT_EQ(real_of(large("80000000000004000000000000000001")), 0x1.0000000000001p127)
        << "what lies far below breaks the tie";
    EXPECT_EQ(real_of(large("800000000000040000000000000000000000000000000000000000001")),
              0x1.0000000000001p227);
}

TEST_F(IntegerRealTest, TheLargestFloatAndWhatIsBeyond) {
    std::string most = "fffffffffffff8" + std::string(242, '0');
    EXPECT_EQ(real_of(large(most.c_str())), DBL_MAX);
    std::string half = "fffffffffffffc" + std::string(242, '0');
    EXPECT_FALSE(has_real(large(half.c_str()))) << "half a step more is rounded up";
    std::string below = "fffffffffffffb" + std::string(242, 'f');
    EXPECT_EQ(real_of(large(below.c_str())), DBL_MAX);
    EXPECT_FALSE(has_real(power_of_two(1024)));
}

TEST_F(IntegerRealTest, FloatsLoseWhatIsBehindThePoint) {
    EXPECT_EQ(repr(Ref(integer_from_double(space_, -2.9))), "-2");
    EXPECT_EQ(repr(Ref(integer_from_double(space_, 0.999))), "0");
    EXPECT_EQ(repr(Ref(integer_from_double(space_, -0.0))), "0");
    EXPECT_EQ(repr(Ref(integer_from_double(space_, 0x1p63))), "9223372036854775808");
    EXPECT_EQ(real_of(Ref(integer_from_double(space_, DBL_MAX))), DBL_MAX);
    EXPECT_EQ(repr(Ref(integer_from_double(space_, DBL_TRUE_MIN))), "0");
}

TEST_F(IntegerRealTest, RandomFloatsGoAndComeBack) {
    struct rng random = {test_seed()};
    for (int i = 0; i < 20000; i++) {
        double value = std::ldexp(double(int64_t(rng_next(&random))), int(rng_next(&random) % 950));
        Ref whole = integer_from_double(space_, value);
        ASSERT_EQ(real_of(whole), std::trunc(value));
        ASSERT_EQ(compare(whole, value), NUMBER_EQUAL);
    }
}

TEST_F(IntegerRealTest, QuotientsAreRoundedOnce) {
    EXPECT_EQ(ratio(number(1), number(3)), 1.0 / 3.0);
    EXPECT_EQ(ratio(number(-7), number(2)), -3.5);
    EXPECT_EQ(ratio(power_of_two(5000), power_of_two(4990)), 1024.0);
    EXPECT_EQ(ratio(power_of_two(2000), power_of_two(3074)), DBL_TRUE_MIN);
    EXPECT_EQ(ratio(number(1), power_of_two(1075)), 0.0) << "half of the least, to even";
    EXPECT_EQ(ratio(number(3), power_of_two(1075)), 2 * DBL_TRUE_MIN);
    EXPECT_EQ(ratio(number(1), power_of_two(100000)), 0.0);
    EXPECT_TRUE(std::signbit(ratio(number(0), number(-5))));
    struct rng random = {test_seed()};
    for (int i = 0; i < 20000; i++) { // both are exact as floats: one division rounds once
        int64_t a = int64_t(rng_next(&random) >> 12), b = int64_t(rng_next(&random) >> 12) | 1;
        ASSERT_EQ(ratio(number(a), number(b)), double(a) / double(b)) << a << " / " << b;
    }
}

TEST_F(IntegerRealTest, AQuotientBeyondAllFloatsIsAnError) {
    struct integer x, y;
    double result;
    Ref a = power_of_two(1024), b = number(1);
    ASSERT_TRUE(integer_view(space_, a, &x) && integer_view(space_, b, &y));
    EXPECT_FALSE(integer_ratio(space_, &x, &y, &result));
    EXPECT_EQ(error(), POOLVAL_ERR_OVERFLOW);
    poolval_error_clear(space_);
}

TEST_F(IntegerRealTest, ComparedExactly) {
    EXPECT_EQ(compare(power_of_two(70), 0x1p70), NUMBER_EQUAL);
    EXPECT_EQ(compare(large("400000000000000001"), 0x1p70), NUMBER_GREATER);
    EXPECT_EQ(compare(large("-400000000000000001"), -0x1p70), NUMBER_LESS);
    EXPECT_EQ(compare(power_of_two(2000), HUGE_VAL), NUMBER_LESS);
    EXPECT_EQ(compare(power_of_two(2000), -HUGE_VAL), NUMBER_GREATER);
    EXPECT_EQ(compare(power_of_two(2000), std::nan("")), NUMBER_UNORDERED);
}

// Equal keys have one hash, whichever kind they are.
TEST_F(IntegerRealTest, AnIntegerThatEqualsAFloatHasItsHash) {
    uint64_t of_integer, of_float;
    Ref whole = power_of_two(70), same = real(0x1p70), other = large("400000000000000001");
    ASSERT_EQ(poolval_hash(space_, whole, &of_integer), 0);
    ASSERT_EQ(poolval_hash(space_, same, &of_float), 0);
    EXPECT_EQ(of_integer, of_float);
    ASSERT_EQ(poolval_hash(space_, other, &of_integer), 0);
    EXPECT_NE(of_integer, of_float);
}

} // namespace
