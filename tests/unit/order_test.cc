// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares equality and order with Python's.
#include "support/value_fixture.h"
#include "value/order.h"

namespace {

using OrderTest = ValueTest;

/* A type's row says with which others it is compared: numbers of all types, sequences of one. */
TEST_F(OrderTest, ContainersEqualThoseOfTheirOwnTypeAndSetsEachOther) {
    Ref tuple_ = tuple({number(1)}), list_ = list({number(1)});
    Ref set = poolval_set_new(space_, list_), frozen = poolval_frozenset_new(space_, list_);
    EXPECT_EQ(poolval_equal(space_, tuple_, list_), 0);
    EXPECT_EQ(poolval_equal(space_, list_, set), 0);
    EXPECT_EQ(poolval_equal(space_, set, frozen), 1);
    EXPECT_EQ(poolval_equal(space_, Ref(number(1)), Ref(real(1))), 1);
    int order;
    EXPECT_EQ(poolval_compare(space_, tuple_, list_, &order), -1);
    EXPECT_EQ(error(), POOLVAL_ERR_TYPE);
}

TEST_F(OrderTest, OrderIsThatOfCodePoints) {
    const char *ordered[] = {"",           "a",         "ab",        "a\u0101",      "b",
                             "\u00ff",     "\u0100",    "\u4e2dxyz", "\u4e2d\u56fd", "\uffff",
                             "\U00010000", "\U0001f43a"};
    const int count = sizeof ordered / sizeof ordered[0];
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            int order;
            ASSERT_EQ(poolval_compare(space_, str(ordered[i]), str(ordered[j]), &order), 0);
            EXPECT_EQ(order, (i > j) - (i < j)) << ordered[i] << " and " << ordered[j];
        }
}

} // namespace
