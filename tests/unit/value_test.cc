// SPDX-License-Identifier: MIT
// What programs read of values without a call.
#include "support/value_fixture.h"

namespace {

using ValueInlineTest = ValueTest;

TEST_F(ValueInlineTest, KindAndSmallIntegerAreReadInline) {
    poolval_space *other = poolval_space_new(heap_, nullptr);
    Ref large = poolval_int_parse(space_, "123456789012345678901234567890", 30, 10);
    Ref values[] = {number(7),
                    number(INT64_MIN),
                    real(0.5),
                    str("text"),
                    tuple({large}),
                    list(),
                    dict(),
                    Ref(poolval_set_new(space_, nullptr)),
                    Ref(poolval_iterate(space_, list()))};
    for (Ref &value : values) {
        EXPECT_EQ(poolval_kind(space_, value), poolval_type(space_, value));
        EXPECT_EQ(poolval_kind(other, value), POOLVAL_OTHER);
    }
    EXPECT_EQ(poolval_kind(space_, large), POOLVAL_LARGE_INT);
    EXPECT_EQ(poolval_kind(space_, nullptr), POOLVAL_OTHER);
    EXPECT_EQ(poolval_kind(space_, poolval_none(space_)), POOLVAL_NONE);
    int64_t read = 1;
    EXPECT_EQ(poolval_int_peek(space_, values[1], &read), 1);
    EXPECT_EQ(read, INT64_MIN);
    for (poolobj *none : {(poolobj *)large, (poolobj *)values[2], poolval_bool(space_, 1)})
        EXPECT_EQ(poolval_int_peek(space_, none, &read), 0);
    EXPECT_EQ(poolval_int_peek(space_, nullptr, &read), 0);
    EXPECT_EQ(poolval_int_peek(other, values[0], &read), 0);
    EXPECT_EQ(read, INT64_MIN);
}

TEST_F(ValueInlineTest, FloatsAndListsArePeekedAt) {
    poolval_space *other = poolval_space_new(heap_, nullptr);
    Ref half(real(0.5)), seven(number(7)), full(list({seven, half})), empty(list());
    double read = 1;
    EXPECT_EQ(poolval_float_peek(space_, half, &read), 1);
    EXPECT_EQ(read, 0.5);
    EXPECT_EQ(poolval_float_peek(space_, seven, &read), 0);
    EXPECT_EQ(poolval_float_peek(space_, nullptr, &read), 0);
    EXPECT_EQ(poolval_float_peek(other, half, &read), 0);
    poolobj *const *items = nullptr;
    size_t count = 9;
    EXPECT_EQ(poolval_list_peek(space_, half, &items, &count), 0);
    EXPECT_EQ(poolval_list_peek(space_, nullptr, &items, &count), 0);
    EXPECT_EQ(poolval_list_peek(other, full, &items, &count), 0);
    EXPECT_EQ(count, 9u);
    ASSERT_EQ(poolval_list_peek(space_, full, &items, &count), 1);
    ASSERT_EQ(count, 2u);
    EXPECT_EQ(items[0], (poolobj *)seven);
    EXPECT_EQ(items[1], (poolobj *)half);
    EXPECT_EQ(poolval_list_peek(space_, empty, &items, &count), 1);
    EXPECT_EQ(count, 0u);
}

} // namespace
