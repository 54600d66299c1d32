// SPDX-License-Identifier: MIT
// Many items at once: slices that are replaced, repetition; and references that are taken over.
#include "support/value_fixture.h"

namespace {

class ValueSegmentTest : public ValueTest {};

TEST_F(ValueSegmentTest, SlicesAreReplacedByFewerAndByMore) {
    Ref list = numbers(6), three = tuple({str("a"), str("b"), str("c")}), none = tuple({});
    EXPECT_EQ(poolval_list_set_slice(space_, list, 1, 3, three), 0);
    EXPECT_EQ(repr(list), "[0, 'a', 'b', 'c', 3, 4, 5]");
    EXPECT_EQ(poolval_list_set_slice(space_, list, -2, PTRDIFF_MAX, none), 0);
    EXPECT_EQ(repr(list), "[0, 'a', 'b', 'c', 3]");
    EXPECT_EQ(poolval_list_set_slice(space_, list, 2, 2, list), 0);
    EXPECT_EQ(repr(list), "[0, 'a', 0, 'a', 'b', 'c', 3, 'b', 'c', 3]");
    EXPECT_EQ(poolval_list_set_slice(space_, list, 4, 1, three), 0) << "a slice behind itself";
    EXPECT_EQ(repr(list), "[0, 'a', 0, 'a', 'a', 'b', 'c', 'b', 'c', 3, 'b', 'c', 3]");
    EXPECT_EQ(poolval_list_remove_slice(space_, list, PTRDIFF_MIN, -1), 0);
    EXPECT_EQ(repr(list), "[3]");
    EXPECT_EQ(poolval_list_set_slice(space_, list, 0, 1, list), 0);
    EXPECT_EQ(repr(list), "[3]");
    EXPECT_EQ(poolval_list_remove_slice(space_, list, 0, 9), 0);
    EXPECT_EQ(poolval_list_room(space_, list), 0);
    Ref many = numbers(1000);
    EXPECT_EQ(poolval_list_set_slice(space_, many, 100, 900, many), 0);
    EXPECT_EQ(poolval_list_length(space_, many), 1200);
    EXPECT_ERROR(poolval_list_set_slice(space_, many, 0, 1, number(1)), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_list_remove_slice(space_, three, 0, 1), -1, POOLVAL_ERR_TYPE);
}

TEST_F(ValueSegmentTest, Repetition) {
    Ref list = numbers(3), pair = tuple({list, str("x")});
    EXPECT_EQ(repr(Ref(poolval_list_repeat(space_, list, 3))), "[0, 1, 2, 0, 1, 2, 0, 1, 2]");
    EXPECT_EQ(repr(Ref(poolval_list_repeat(space_, list, -3))), "[]");
    Ref twice = poolval_tuple_repeat(space_, pair, 2);
    EXPECT_EQ(repr(twice), "([0, 1, 2], 'x', [0, 1, 2], 'x')");
    EXPECT_EQ(poolval_refcount(list), 4);
    EXPECT_EQ(Ref(poolval_tuple_repeat(space_, pair, 1)), (poolobj *)pair);
    EXPECT_EQ(repr(Ref(poolval_tuple_repeat(space_, pair, PTRDIFF_MIN))), "()");
    EXPECT_NO_VALUE(poolval_list_repeat(space_, list, PTRDIFF_MAX), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_tuple_repeat(space_, pair, PTRDIFF_MAX / 2 + 1), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_list_repeat(space_, list, (ptrdiff_t)1 << 42), POOLVAL_ERR_MEMORY);
    EXPECT_EQ(repr(Ref(poolval_list_repeat(space_, Ref(poolval_list_new(space_)), PTRDIFF_MAX))),
              "[]");
}

TEST_F(ValueSegmentTest, WhatIsStolenIsGoneWhetherTheCallSucceedsOrNot) {
    Ref list = this->list(), map = dict(), kept = number(5000);
    EXPECT_EQ(poolval_list_append_steal(space_, list, poolval_int_new(space_, 1000)), 0);
    EXPECT_EQ(poolval_list_append_steal(space_, list, poolval_int_new(space_, 1001)), 0);
    EXPECT_EQ(poolval_list_insert_steal(space_, list, 0, poolval_int_new(space_, 1002)), 0);
    EXPECT_EQ(poolval_list_set_steal(space_, list, 1, poolval_int_new(space_, 1003)), 0);
    EXPECT_EQ(poolval_dict_set_steal(space_, map, poolval_str_new(space_, "a key"),
                                     poolval_int_new(space_, 1004)),
              0);
    EXPECT_EQ(repr(list) + repr(map), "[1002, 1003, 1001]{'a key': 1004}");
    for (poolobj *refused : {(poolobj *)kept, (poolobj *)nullptr}) {
        poolobj_incref(kept), poolobj_incref(kept), poolobj_incref(kept), poolobj_incref(kept);
        EXPECT_EQ(poolval_list_append_steal(space_, refused, kept), -1);
        EXPECT_EQ(poolval_list_insert_steal(space_, refused, 0, kept), -1);
        EXPECT_EQ(poolval_list_set_steal(space_, refused, 0, kept), -1);
        EXPECT_EQ(poolval_dict_set_steal(space_, refused, poolval_list_new(space_), kept), -1);
        EXPECT_EQ(error(), POOLVAL_ERR_TYPE);
    }
    EXPECT_EQ(poolval_refcount(kept), 1);
    for (size_t i = 0; i < 3; i++)
        EXPECT_EQ(poolval_refcount(poolval_items(space_, list, &i)[0]), 1);
}

TEST_F(ValueSegmentTest, TheFailureThatMadeANullStays) {
    Ref list = this->list();
    poolval_error_clear(space_);
    EXPECT_ERROR(poolval_list_append_steal(space_, list, nullptr), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(poolval_list_append_steal(space_, list, poolval_list_get(space_, list, 9)), -1);
    EXPECT_EQ(error(), POOLVAL_ERR_INDEX);
    poolobj *items[] = {poolval_int_new(space_, 1000), poolval_list_get(space_, list, 8),
                        poolval_int_new(space_, 1001)};
    EXPECT_EQ(poolval_tuple_new_steal(space_, items, 3), nullptr);
    EXPECT_EQ(message(), "list index 8 is out of range: the length is 0");
    poolobj *good[] = {poolval_int_new(space_, 1000), poolval_int_new(space_, 1001)};
    Ref pair = poolval_tuple_new_steal(space_, good, 2);
    EXPECT_EQ(repr(pair), "(1000, 1001)");
    EXPECT_EQ(count(POOLVAL_INT), 262u + 2);
    EXPECT_EQ(Ref(poolval_list_new_steal(space_, nullptr, 0)) == nullptr, false);
    poolobj_incref(pair);
    poolobj *one[] = {pair};
    EXPECT_EQ(repr(Ref(poolval_list_new_steal(space_, one, 1))), "[(1000, 1001)]");
    EXPECT_NO_VALUE(poolval_list_new_steal(space_, one, SIZE_MAX), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_tuple_new_steal(space_, one, SIZE_MAX / 2), POOLVAL_ERR_OVERFLOW);
    EXPECT_EQ(poolval_refcount(pair), 1);
}

// Runs of the same item are dropped at once.
TEST_F(ValueSegmentTest, ItemsThatAreTheSameDieOnce) {
    Ref kept = number(1000), one = number(1001), two = this->list();
    size_t ints = count(POOLVAL_INT);
    {
        Ref items = list({kept, kept, one, one, one, two, two, kept, one, kept, kept});
        Ref same = poolval_list_repeat(space_, list({one}), 1000);
        Ref shared = poolval_list_repeat(space_, list({poolval_none(space_)}), 1000);
        poolval_list_append(space_, two, items);
        poolval_list_append(space_, two, same);
        poolval_list_append(space_, two, shared);
        EXPECT_EQ(poolval_refcount(one), 1005);
        one.drop();
        poolval_list_clear(space_, two);
    }
    EXPECT_EQ(poolval_refcount(kept), 1);
    EXPECT_EQ(poolval_refcount(two), 1);
    EXPECT_EQ(count(POOLVAL_INT), ints - 1);
    EXPECT_EQ(count(POOLVAL_LIST), 1u);
}

// A list grows in its table as long as that has room for it, which nobody sees.
TEST_F(ValueSegmentTest, LongListsAreNotCopiedAtEachGrowth) {
    Ref list = this->list();
    poolobj *const *before = nullptr;
    size_t moves = 0, grown = 0;
    ptrdiff_t room = 0;
    for (int i = 0; i < 100000; i++) {
        poolval_list_append(space_, list, poolval_none(space_));
        size_t count;
        poolobj *const *item = poolval_items(space_, list, &count);
        moves += item != before;
        grown += poolval_list_room(space_, list) != room;
        before = item;
        room = poolval_list_room(space_, list);
    }
    EXPECT_LT(moves, grown * 2 / 3);
}

} // namespace
