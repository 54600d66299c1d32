// SPDX-License-Identifier: MIT
// Reckoning with integers, floats and both; tests/value/oracle.py compares it with Python's.
#include <cmath>

#include "support/value_fixture.h"
#include "value/integer.h"

namespace {

class ArithmeticTest : public ValueTest {
  protected:
    Ref big(const std::string &text, int base = 10) {
        return poolval_int_parse(space_, text.data(), text.size(), base);
    }
    struct rng random_ = {test_seed()};
};

TEST_F(ArithmeticTest, ArithmeticGoesOnBeyond64Bits) {
    Ref most = number(INT64_MAX), least = number(INT64_MIN), one = number(1), none = number(0),
        minus = number(-1), two = number(2);
    EXPECT_EQ(repr(Ref(poolval_int_add(space_, most, one))), "9223372036854775808");
    EXPECT_EQ(repr(Ref(poolval_int_subtract(space_, least, one))), "-9223372036854775809");
    EXPECT_EQ(repr(Ref(poolval_int_multiply(space_, most, two))), "18446744073709551614");
    EXPECT_EQ(repr(Ref(poolval_int_divide(space_, least, minus))), "9223372036854775808");
    EXPECT_NO_VALUE(poolval_int_divide(space_, one, none), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_modulo(space_, one, none), POOLVAL_ERR_VALUE);
    EXPECT_EQ(repr(Ref(poolval_int_modulo(space_, least, minus))), "0");
    EXPECT_EQ(repr(Ref(poolval_int_add(space_, most, least))), "-1");
    EXPECT_EQ(repr(Ref(poolval_int_subtract(space_, minus, least))), "9223372036854775807");
}

TEST_F(ArithmeticTest, QuotientsAreRoundedDown) {
    for (int64_t a = -7; a <= 7; a++)
        for (int64_t b = -3; b <= 3; b++) {
            if (b == 0) continue;
            Ref quotient = poolval_int_divide(space_, number(a), number(b));
            Ref rest = poolval_int_modulo(space_, number(a), number(b));
            int64_t q, r;
            poolval_int_get(space_, quotient, &q), poolval_int_get(space_, rest, &r);
            EXPECT_EQ(q, (int64_t)std::floor((double)a / (double)b));
            EXPECT_EQ(q * b + r, a);
        }
}

// (q b + r = a for numbers whose words are all zeros, all ones, or few bits, as borrow and carry
// need.
TEST_F(ArithmeticTest, QuotientsAndProductsAgree) {
    for (int round = 0; round < 3000; round++) {
        Ref n[2];
        for (Ref &each : n) {
            size_t words = 1 + rng_below(&random_, round % 10 == 0 ? 90 : 5);
            struct value_large *large = integer_begin(space_, words);
            for (size_t i = 0; i < words; i++) {
                uint64_t kind = rng_below(&random_, 5), word = rng_next(&random_);
                large->limb[i] = kind == 0   ? 0
                                 : kind == 1 ? UINT64_MAX
                                 : kind == 2 ? (uint64_t)1 << (word & 63)
                                             : word;
            }
            each = integer_end(space_, large, words, rng_below(&random_, 2));
        }
        if (poolval_truth(space_, n[1]) == 0) continue;
        Ref q = poolval_int_divide(space_, n[0], n[1]), r = poolval_int_modulo(space_, n[0], n[1]);
        Ref product = poolval_int_multiply(space_, q, n[1]);
        Ref sum = poolval_int_add(space_, product, r);
        ASSERT_EQ(poolval_equal(space_, sum, n[0]), 1) << repr(n[0]) << " / " << repr(n[1]);
        Ref twice = poolval_int_add(space_, product, product), other = number(1);
        Ref shifted = poolval_int_shift_left(space_, product, other);
        ASSERT_EQ(poolval_equal(space_, twice, shifted), 1);
        std::string text = repr(product);
        ASSERT_EQ(poolval_equal(space_, big(text), product), 1);
    }
    poolval_space_check(space_);
}

TEST_F(ArithmeticTest, NumbersBesideEachOther) {
    Ref seven = number(7), half = real(0.5), huge = poolval_power(space_, number(10), number(400));
    EXPECT_EQ(repr(Ref(poolval_add(space_, seven, half))), "7.5");
    EXPECT_EQ(repr(Ref(poolval_divide(space_, seven, number(2)))), "3.5");
    EXPECT_EQ(repr(Ref(poolval_divide(space_, huge, huge))), "1.0");
    EXPECT_EQ(repr(Ref(poolval_floor_divide(space_, real(-7.5), number(2)))), "-4.0");
    EXPECT_EQ(repr(Ref(poolval_modulo(space_, real(-7.5), number(2)))), "0.5");
    EXPECT_NO_VALUE(poolval_add(space_, huge, half), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_divide(space_, huge, number(3)), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_divide(space_, half, real(0)), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_add(space_, seven, str("7")), POOLVAL_ERR_TYPE);
    EXPECT_EQ(message(), "");
    EXPECT_NO_VALUE(poolval_int_shift_left(space_, seven, huge), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_int_shift_left(space_, seven, number(INT64_MAX)), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_power(space_, seven, number(INT64_MAX)), POOLVAL_ERR_OVERFLOW);
    Ref one_word = big("9223372036854775808"); // no small integer, and still of one word
    EXPECT_NO_VALUE(poolval_power(space_, seven, one_word), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_int_of(space_, real(NAN)), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_of(space_, real(-INFINITY)), POOLVAL_ERR_OVERFLOW);
    double number = 0;
    EXPECT_EQ(poolval_number_get(space_, seven, &number), 0);
    EXPECT_EQ(number, 7);
    EXPECT_EQ(repr(Ref(poolval_int_of(space_, real(-1e25)))), "-10000000000000000905969664");
}

TEST_F(ArithmeticTest, PowersOfFloatsAreTheProgramsOwn) {
    EXPECT_NO_VALUE(poolval_power(space_, real(2), number(2)), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_power(space_, number(2), number(-1)), POOLVAL_ERR_VALUE);
    poolval_options options = POOLVAL_DEFAULTS;
    options.power = [](double base, double exponent) { return base * 100 + exponent; };
    begin(options);
    EXPECT_EQ(repr(Ref(poolval_power(space_, real(2), number(3)))), "203.0");
    EXPECT_EQ(repr(Ref(poolval_power(space_, number(2), number(-1)))), "199.0");
    EXPECT_EQ(repr(Ref(poolval_power(space_, number(-3), number(3)))), "-27");
    EXPECT_EQ(repr(Ref(poolval_power(space_, number(0), number(0)))), "1");
    EXPECT_NO_VALUE(poolval_power(space_, real(0), number(-1)), POOLVAL_ERR_VALUE);
}

} // namespace
