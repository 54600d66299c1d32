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

} // namespace
