// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares ranges and slices with Python's.
#include "support/value_fixture.h"
#include "value/range.h"

namespace {

using ValueRangeTest = ValueTest;

TEST_F(ValueRangeTest, RangesAndSlicesEqualThoseThatMeanTheSame) {
    Ref odd = poolval_range_new(space_, 1, 8, 2), same = poolval_range_new(space_, 1, 9, 2);
    Ref more = poolval_range_new(space_, 1, 10, 2), slice = poolval_slice_new(space_, 1, 8, 2);
    EXPECT_EQ(poolval_equal(space_, odd, same), 1);
    EXPECT_EQ(poolval_equal(space_, odd, more), 0);
    EXPECT_EQ(poolval_equal(space_, odd, slice), 0);
    EXPECT_EQ(poolval_equal(space_, slice, Ref(poolval_slice_new(space_, 1, 8, 2))), 1);
    EXPECT_EQ(poolval_equal(space_, slice, Ref(poolval_slice_new(space_, 1, 9, 2))), 0);
}

TEST_F(ValueRangeTest, RangesAndSlicesAtTheEndsOf64Bits) {
    Ref most = poolval_range_new(space_, INT64_MIN, INT64_MAX, INT64_MAX);
    EXPECT_EQ(poolval_length(space_, most), 3);
    EXPECT_EQ(poolval_contains(space_, most, number(INT64_MAX - 1)), 1);
    EXPECT_EQ(poolval_contains(space_, most, number(0)), 0);
    EXPECT_EQ(poolval_contains(space_, most, real(-1)), 1);
    EXPECT_NO_VALUE(poolval_range_new(space_, INT64_MIN, INT64_MAX, 1), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_range_new(space_, 0, 1, 0), POOLVAL_ERR_VALUE);
    EXPECT_EQ(poolval_length(space_, Ref(poolval_range_new(space_, INT64_MAX, 0, INT64_MIN))), 1);
    Ref far = poolval_slice_new(space_, PTRDIFF_MAX, 1 - PTRDIFF_MAX, 1 - PTRDIFF_MAX);
    EXPECT_EQ(repr(Ref(poolval_get_slice(space_, numbers(5), far))), "[4]");
    EXPECT_NO_VALUE(poolval_get_slice(space_, most, far), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_slice_new(space_, 1, 2, 0), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_get_slice(space_, dict(), far), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_get_slice(space_, str("abc"), number(1)), POOLVAL_ERR_TYPE);
    ptrdiff_t start, step;
    EXPECT_ERROR(poolval_slice_get(space_, far, SIZE_MAX, &start, &step), -1, POOLVAL_ERR_OVERFLOW);
    EXPECT_EQ(repr(Ref(poolval_slice_new(space_, 1, POOLVAL_OMITTED, -2))), "slice(1, None, -2)");
    uint64_t hash;
    EXPECT_ERROR(poolval_hash(space_, far, &hash), -1, POOLVAL_ERR_TYPE);
}

} // namespace
