// SPDX-License-Identifier: MIT
// Length, membership and slices of whatever has items; tests/value/oracle.py compares slices with
// Python's.
#include "support/value_fixture.h"

namespace {

class SequenceTest : public ValueTest {
  protected:
    static constexpr ptrdiff_t NONE = POOLVAL_OMITTED;
    std::string cut(poolobj *of, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t step) {
        Ref slice = poolval_slice_new(space_, start, stop, step);
        Ref made = poolval_get_slice(space_, of, slice);
        return made == nullptr ? "failed: " + message() : repr(made);
    }
    int has(poolobj *value, poolobj *item) { return poolval_contains(space_, value, item); }
};

TEST_F(SequenceTest, WhatHasALengthTellsIt) {
    Ref map = dict();
    ASSERT_EQ(poolval_dict_set(space_, map, number(1000), number(1)), 0);
    EXPECT_EQ(poolval_length(space_, str("a\u4e2d")), 2);
    EXPECT_EQ(poolval_length(space_, Ref(poolval_bytes_new(space_, "\0\0\0", 3))), 3);
    EXPECT_EQ(poolval_length(space_, Ref(poolval_range_new(space_, 10, 0, -3))), 4);
    EXPECT_EQ(poolval_length(space_, tuple({map, map})), 2);
    EXPECT_EQ(poolval_length(space_, numbers(5)), 5);
    EXPECT_EQ(poolval_length(space_, map), 1);
    EXPECT_ERROR(poolval_length(space_, number(1)), -1, POOLVAL_ERR_TYPE);
}

TEST_F(SequenceTest, MembersAreFoundByEquality) {
    Ref items = list({number(1), str("spam"), real(2.5)});
    EXPECT_EQ(has(items, real(1.0)), 1);
    EXPECT_EQ(has(items, str("spam")), 1);
    EXPECT_EQ(has(items, number(2)), 0);
    EXPECT_EQ(has(str("spam"), str("pa")), 1);
    EXPECT_EQ(has(str("spam"), str("ap")), 0);
    EXPECT_ERROR(has(str("spam"), number(1)), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(has(number(1), number(1)), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(has(items, nullptr), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(has(dict(), list()), -1, POOLVAL_ERR_TYPE); // it has no hash
}

TEST_F(SequenceTest, ARangeHasWhatItWouldGive) {
    Ref range = poolval_range_new(space_, 3, 20, 4); // 3, 7, 11, 15, 19
    for (int i = 0; i < 25; i++) EXPECT_EQ(has(range, number(i)), i >= 3 && i < 20 && i % 4 == 3);
    EXPECT_EQ(has(range, real(7.0)), 1);
    EXPECT_EQ(has(range, real(7.5)), 0);
    EXPECT_EQ(has(range, real(1e300)), 0);
    EXPECT_EQ(has(range, str("7")), 0);
}

TEST_F(SequenceTest, BytesHaveBytesAndParts) {
    Ref bytes = poolval_bytes_new(space_, "a\0\xff", 3);
    EXPECT_EQ(has(bytes, number(0)), 1);
    EXPECT_EQ(has(bytes, number(255)), 1);
    EXPECT_EQ(has(bytes, number('b')), 0);
    EXPECT_EQ(has(bytes, Ref(poolval_bytes_new(space_, "\0\xff", 2))), 1);
    EXPECT_EQ(has(Ref(poolval_bytes_new(space_, "", 0)), number(0)), 0);
}

TEST_F(SequenceTest, SlicesOfEachKind) {
    EXPECT_EQ(cut(str("sp\u4e2dm"), NONE, NONE, -1), "'m\u4e2dps'");
    EXPECT_EQ(cut(str("sp\u4e2dm"), 0, 2, 1), "'sp'") << "as narrow as what is left";
    EXPECT_EQ(cut(str("spam"), 3, 1, 1), "''");
    EXPECT_EQ(cut(Ref(poolval_bytes_new(space_, "abcdef", 6)), 1, NONE, 2), "b'bdf'");
    EXPECT_EQ(cut(Ref(poolval_bytearray_new(space_, "abc", 3)), -2, 100, 1), "bytearray(b'bc')");
    EXPECT_EQ(cut(numbers(10), 8, 1, -3), "[8, 5, 2]");
    EXPECT_EQ(cut(tuple({number(1), number(2), number(3)}), -100, 2, 1), "(1, 2)");
    EXPECT_EQ(cut(tuple({number(1)}), 5, NONE, 1), "()");
    EXPECT_EQ(cut(Ref(poolval_range_new(space_, 0, 100, 7)), 1, 5, 2), "range(7, 35, 14)");
    EXPECT_EQ(cut(number(1), 0, 1, 1).substr(0, 7), "failed:");
    poolval_error_clear(space_);
    EXPECT_NO_VALUE(poolval_get_slice(space_, str("spam"), number(1)), POOLVAL_ERR_TYPE);
}

TEST_F(SequenceTest, ARangeBeyond64BitsIsAnError) {
    Ref range = poolval_range_new(space_, 0, INT64_MAX, INT64_MAX / 2);
    EXPECT_EQ(cut(range, 0, NONE, 4).substr(0, 7), "failed:");
    EXPECT_EQ(error(), POOLVAL_ERR_OVERFLOW);
    poolval_error_clear(space_);
}

TEST_F(SequenceTest, SlicesOfListsAreReplaced) {
    Ref items = numbers(6), by = list({str("x"), str("y"), str("z")});
    Ref odd = poolval_slice_new(space_, 1, NONE, 2), front = poolval_slice_new(space_, 0, 1, 1);
    EXPECT_EQ(poolval_set_slice(space_, items, odd, by), 0);
    EXPECT_EQ(repr(items), "[0, 'x', 2, 'y', 4, 'z']");
    EXPECT_EQ(poolval_set_slice(space_, items, front, items), 0) << "by its own items";
    EXPECT_EQ(repr(items), "[0, 'x', 2, 'y', 4, 'z', 'x', 2, 'y', 4, 'z']");
    EXPECT_ERROR(poolval_set_slice(space_, items, odd, by), -1, POOLVAL_ERR_VALUE);
    EXPECT_ERROR(poolval_set_slice(space_, by, front, number(1)), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_set_slice(space_, tuple({by}), front, by), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(repr(by), "['x', 'y', 'z']");
}

TEST_F(SequenceTest, SlicesOfListsAreRemoved) {
    const struct {
        ptrdiff_t start, stop, step;
        const char *left;
    } cases[] = {{NONE, NONE, 2, "[1, 3, 5, 7, 9]"},
                 {NONE, NONE, -3, "[1, 2, 4, 5, 7, 8]"},
                 {2, 4, 1, "[0, 1, 4, 5, 6, 7, 8, 9]"},
                 {7, 2, 1, "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"},
                 {NONE, NONE, 1, "[]"},
                 {-1, NONE, -20, "[0, 1, 2, 3, 4, 5, 6, 7, 8]"}};
    for (const auto &each : cases) {
        Ref items = numbers(10),
            slice = poolval_slice_new(space_, each.start, each.stop, each.step);
        EXPECT_EQ(poolval_remove_slice(space_, items, slice), 0);
        EXPECT_EQ(repr(items), each.left);
    }
}

} // namespace
