// SPDX-License-Identifier: MIT
// Integers beyond 64 bits, and reckoning with floats and both; tests/value/oracle.py has the rest.
#include <cmath>

#include "support/value_fixture.h"
#include "value/integer.h"

namespace {

class ValueIntegerTest : public ValueTest {
  protected:
    Ref big(const std::string &text, int base = 10) {
        return poolval_int_parse(space_, text.data(), text.size(), base);
    }
    bool is_large(poolobj *value) { return value_is(space_, value, POOLVAL_LARGE_INT); }
    struct rng random_ = {test_seed()};
};

TEST_F(ValueIntegerTest, WhatFits64BitsIsAlwaysTheSmallKind) {
    Ref two_63 = big("9223372036854775808"), one = number(1);
    EXPECT_TRUE(is_large(two_63));
    EXPECT_EQ(poolval_type(space_, two_63), POOLVAL_INT);
    EXPECT_STREQ(poolval_type_name(space_, two_63), "int");
    EXPECT_EQ(poolval_sizeof(space_, two_63), 24u);
    EXPECT_FALSE(is_large(Ref(poolval_int_subtract(space_, two_63, one))));
    EXPECT_FALSE(is_large(Ref(poolval_negate(space_, two_63))));
    EXPECT_TRUE(is_large(Ref(poolval_negate(space_, number(INT64_MIN)))));
    EXPECT_EQ(Ref(poolval_int_subtract(space_, two_63, two_63)), number(0));
    EXPECT_FALSE(is_large(big("-9223372036854775808")));
    EXPECT_TRUE(is_large(big("-9223372036854775809")));
    EXPECT_FALSE(is_large(Ref(poolval_int_shift_right(space_, two_63, one))));
    int64_t n;
    EXPECT_ERROR(poolval_int_get(space_, two_63, &n), -1, POOLVAL_ERR_OVERFLOW);
    EXPECT_EQ(poolval_truth(space_, two_63), 1);
    EXPECT_EQ(poolval_copy(space_, two_63), (poolobj *)two_63);
    two_63.drop(), two_63.drop();
}

TEST_F(ValueIntegerTest, KeysThatAreEqualAreOne) {
    Ref map = dict(), a = big("1" + std::string(30, '0')), b = big("1" + std::string(30, '0'));
    poolval_dict_set(space_, map, a, a);
    poolval_dict_set(space_, map, b, b);
    Ref two_100 = poolval_int_shift_left(space_, number(1), number(100));
    poolval_dict_set(space_, map, two_100, number(1));
    poolval_dict_set(space_, map, real(0x1p100), number(2));
    EXPECT_EQ(poolval_dict_length(space_, map), 2);
    Ref value = poolval_dict_get(space_, map, two_100);
    EXPECT_EQ(repr(value), "2");
    EXPECT_EQ(poolval_equal(space_, a, real(1e30)), 0); // the nearest, but not the same
    int order;
    EXPECT_EQ(poolval_compare(space_, a, real(1e30), &order), 0);
    EXPECT_EQ(order, -1);
    EXPECT_EQ(poolval_compare(space_, real(-INFINITY), a, &order), 0);
    EXPECT_EQ(order, -1);
    EXPECT_ERROR(poolval_compare(space_, a, real(NAN), &order), -1, POOLVAL_ERR_VALUE);
}

// (q b + r = a for numbers whose words are all zeros, all ones, or few bits, as borrow and carry
// need.
TEST_F(ValueIntegerTest, QuotientsAndProductsAgree) {
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

TEST_F(ValueIntegerTest, NumbersBesideEachOther) {
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

TEST_F(ValueIntegerTest, ShiftsGoAsFarAsIntsAreLarge) {
    Ref huge = poolval_power(space_, number(10), number(400)), minus = poolval_negate(space_, huge);
    EXPECT_EQ(repr(Ref(poolval_int_shift_right(space_, number(7), huge))), "0");
    EXPECT_EQ(repr(Ref(poolval_int_shift_right(space_, number(-7), huge))), "-1");
    EXPECT_EQ(repr(Ref(poolval_int_shift_right(space_, huge, huge))), "0");
    EXPECT_EQ(repr(Ref(poolval_int_shift_left(space_, number(0), huge))), "0");
    EXPECT_NO_VALUE(poolval_int_shift_left(space_, number(7), minus), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_shift_right(space_, number(7), number(-1)), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_shift_right(space_, number(7), str("1")), POOLVAL_ERR_TYPE);
}

TEST_F(ValueIntegerTest, PowersOfFloatsAreTheProgramsOwn) {
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

TEST_F(ValueIntegerTest, NumeralsThatAreNone) {
    EXPECT_NO_VALUE(poolval_int_parse(space_, "1", SIZE_MAX, 10), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_int_parse(space_, nullptr, 1, 10), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_int_parse(space_, "1", 1, 37), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_parse(space_, "", 0, 10), POOLVAL_ERR_VALUE);
    EXPECT_EQ(poolval_int_parse(space_, "spam", 4, 10), nullptr);
    EXPECT_EQ(message(), "an int is needed, not 'spam'");
    EXPECT_NO_VALUE(poolval_float_parse(space_, "1.5", SIZE_MAX / 2), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_float_parse(space_, "1,5", 3), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_text(space_, number(3), 1), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_int_text(space_, real(3), 10), POOLVAL_ERR_TYPE);
}

} // namespace
