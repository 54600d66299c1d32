// SPDX-License-Identifier: MIT
// Bytes, ranges, slices, sets and iterators; tests/value/oracle.py compares them with Python's.
#include "support/value_fixture.h"

namespace {

class ValueContainerTest : public ValueTest {
  protected:
    Ref bytes(const std::string &data) {
        return poolval_bytes_new(space_, data.data(), data.size());
    }
    Ref array(const std::string &data) {
        return poolval_bytearray_new(space_, data.data(), data.size());
    }
    Ref set(poolobj *items = nullptr) { return poolval_set_new(space_, items); }
};

TEST_F(ValueContainerTest, BytesAndByteArrays) {
    Ref a = bytes("spam"), b = array("eggs"), empty = array("");
    EXPECT_EQ(repr(Ref(poolval_bytes_concat(space_, a, b))), "b'spameggs'");
    EXPECT_EQ(repr(Ref(poolval_bytes_concat(space_, b, a))), "bytearray(b'eggsspam')");
    EXPECT_EQ(poolval_bytearray_set(space_, b, -1, 255), 0);
    EXPECT_EQ(poolval_bytes_at(space_, b, 3), 255);
    EXPECT_EQ(static_cast<const char *>(poolval_bytes_data(space_, a, nullptr))[4], 0);
    EXPECT_NE(poolval_bytearray_data(space_, empty), nullptr);
    EXPECT_NE(poolval_bytes_data(space_, empty, nullptr), nullptr);
    EXPECT_EQ(text(Ref(poolval_bytes_decode(space_, empty))), "");
    EXPECT_EQ(repr(Ref(poolval_str_encode(space_, str("\u4e2d")))), "b'\\xe4\\xb8\\xad'");
    EXPECT_EQ(poolval_equal(space_, a, array("spam")), 1);
    EXPECT_ERROR(poolval_bytearray_append(space_, b, 256), -1, POOLVAL_ERR_VALUE);
    EXPECT_ERROR(poolval_bytearray_append(space_, a, 1), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_bytearray_extend(space_, b, nullptr), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_bytes_at(space_, a, 4), -1, POOLVAL_ERR_INDEX);
    EXPECT_NO_VALUE(poolval_bytes_decode(space_, b), POOLVAL_ERR_ENCODING);
    EXPECT_NO_VALUE(poolval_bytes_repeat(space_, a, PTRDIFF_MAX), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_bytes_repeat(space_, b, PTRDIFF_MAX), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_bytes_new(space_, "x", SIZE_MAX), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_bytearray_new(space_, "x", SIZE_MAX / 2), POOLVAL_ERR_OVERFLOW);
    EXPECT_NO_VALUE(poolval_bytes_new(space_, nullptr, 1), POOLVAL_ERR_TYPE);
    Ref map = dict(), copy = poolval_copy(space_, b), deep = poolval_deepcopy(space_, list({b, b}));
    EXPECT_ERROR(poolval_dict_set(space_, map, b, a), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(poolval_dict_set(space_, map, a, a), 0);
    EXPECT_NE((poolobj *)copy, (poolobj *)b);
    size_t count;
    poolobj *const *items = poolval_items(space_, deep, &count);
    EXPECT_EQ(items[0], items[1]);
    EXPECT_NE(items[0], (poolobj *)b);
}

TEST_F(ValueContainerTest, AByteArrayGrowsAndGivesBack) {
    Ref made = array("");
    for (int i = 0; i < 100000; i++) poolval_bytearray_append(space_, made, i & 255);
    size_t full = poolval_sizeof(space_, made);
    EXPECT_EQ(poolval_bytearray_set_slice(space_, made, 10, PTRDIFF_MAX, nullptr), 0);
    EXPECT_LT(poolval_sizeof(space_, made), full / 100);
    EXPECT_EQ(poolval_bytearray_set_slice(space_, made, 0, PTRDIFF_MAX, nullptr), 0);
    EXPECT_EQ(poolval_bytes_length(space_, made), 0);
}

TEST_F(ValueContainerTest, RangesAndSlicesEqualThoseThatMeanTheSame) {
    Ref odd = poolval_range_new(space_, 1, 8, 2), same = poolval_range_new(space_, 1, 9, 2);
    Ref more = poolval_range_new(space_, 1, 10, 2), slice = poolval_slice_new(space_, 1, 8, 2);
    EXPECT_EQ(poolval_equal(space_, odd, same), 1);
    EXPECT_EQ(poolval_equal(space_, odd, more), 0);
    EXPECT_EQ(poolval_equal(space_, odd, slice), 0);
    EXPECT_EQ(poolval_equal(space_, slice, Ref(poolval_slice_new(space_, 1, 8, 2))), 1);
    EXPECT_EQ(poolval_equal(space_, slice, Ref(poolval_slice_new(space_, 1, 9, 2))), 0);
}

/* A type's row says with which others it is compared: numbers of all types, sequences of one. */
TEST_F(ValueContainerTest, ContainersEqualThoseOfTheirOwnTypeAndSetsEachOther) {
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

TEST_F(ValueContainerTest, RangesAndSlicesAtTheEndsOf64Bits) {
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

TEST_F(ValueContainerTest, SetsKeepTheOrderAndTheFirstOfEquals) {
    Ref made = set(list({number(3), str("a"), number(3), real(3), number(1)}));
    EXPECT_EQ(repr(made), "{3, 'a', 1}");
    EXPECT_EQ(poolval_set_add(space_, made, str("a")), 0);
    EXPECT_EQ(poolval_set_remove(space_, made, number(3)), 1);
    EXPECT_EQ(poolval_set_remove(space_, made, number(3)), 0);
    EXPECT_EQ(poolval_set_add_steal(space_, made, poolval_int_new(space_, 1000)), 1);
    EXPECT_EQ(repr(made), "{'a', 1, 1000}");
    EXPECT_EQ(poolval_set_add_steal(space_, made, nullptr), -1);
    EXPECT_ERROR(poolval_set_add(space_, made, list()), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(repr(set()) + repr(Ref(poolval_frozenset_new(space_, nullptr))), "set()frozenset()");
    EXPECT_NO_VALUE(poolval_set_new(space_, number(1)), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_set_new(space_, list({list()})), POOLVAL_ERR_TYPE);
    Ref copy = poolval_copy(space_, made), deep = poolval_deepcopy(space_, made);
    poolval_set_clear(space_, made);
    EXPECT_EQ(repr(made) + repr(copy) + repr(deep), "set(){'a', 1, 1000}{'a', 1, 1000}");
}

TEST_F(ValueContainerTest, FrozenSetsAreKeysWhateverTheirOrder) {
    Ref ab = poolval_frozenset_new(space_, str("ab")),
        ba = poolval_frozenset_new(space_, str("ba"));
    Ref map = dict(), outer = poolval_frozenset_new(space_, tuple({ab}));
    EXPECT_EQ(poolval_dict_set(space_, map, ab, number(1)), 0);
    EXPECT_EQ(poolval_contains(space_, map, ba), 1);
    EXPECT_EQ(poolval_contains(space_, outer, ba), 1);
    EXPECT_EQ(poolval_equal(space_, ab, set(str("ba"))), 1);
    EXPECT_EQ((poolobj *)Ref(poolval_copy(space_, ab)), (poolobj *)ab);
    EXPECT_ERROR(poolval_set_add(space_, ab, number(1)), -1, POOLVAL_ERR_TYPE);
}

TEST_F(ValueContainerTest, IteratorsUnderChange) {
    Ref items = numbers(3), map = dict(), over = poolval_iterate(space_, items);
    poolobj *item;
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(poolval_next(space_, over, &item), 1);
        Ref drop = item;
        EXPECT_EQ(repr(item), std::to_string(i));
        if (i < 2) poolval_list_append(space_, items, number(3 + i));
    }
    EXPECT_EQ(poolval_next(space_, over, &item), 0);
    poolval_list_append(space_, items, number(9));
    EXPECT_EQ(poolval_next(space_, over, &item), 0) << "the end is the end";
    for (int i = 0; i < 3; i++) poolval_dict_set(space_, map, number(i), number(i * i));
    Ref pairs = poolval_dict_iterate(space_, map, POOLVAL_ITEMS);
    EXPECT_EQ(poolval_next(space_, pairs, &item), 1);
    EXPECT_EQ(repr(Ref(item)), "(0, 0)");
    poolval_dict_set(space_, map, number(1), number(7));
    EXPECT_EQ(poolval_next(space_, pairs, &item), 1);
    EXPECT_EQ(repr(Ref(item)), "(1, 7)");
    poolval_dict_set(space_, map, number(5), number(7));
    EXPECT_ERROR(poolval_next(space_, pairs, &item), -1, POOLVAL_ERR_CHANGED);
    EXPECT_EQ(item, nullptr);
    EXPECT_NO_VALUE(poolval_dict_iterate(space_, map, 3), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_iterate(space_, number(1)), POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_next(space_, items, &item), -1, POOLVAL_ERR_TYPE);
}

// An iterator in the list that it goes over is garbage with it.
TEST_F(ValueContainerTest, IteratorsAreSeenByTheCollector) {
    Ref items = list(), over = poolval_iterate(space_, items);
    poolval_list_append(space_, items, over);
    Ref same = poolval_iterate(space_, over);
    EXPECT_EQ((poolobj *)same, (poolobj *)over);
    items.drop(), over.drop(), same.drop();
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
}

// What is shared level by level would take 2^100 steps.
TEST_F(ValueContainerTest, WhatIsSharedIsLookedAtOnce) {
    Ref made[2][2];
    for (auto &kind : made) {
        kind[0] = tuple({}), kind[1] = list({number(1)});
        kind[0] = tuple({str("x")});
        for (int i = 0; i < 100; i++) {
            kind[0] = tuple({kind[0], kind[0]});
            kind[1] = list({kind[1], kind[1]});
        }
    }
    uint64_t hash[2];
    for (int i = 0; i < 2; i++) EXPECT_EQ(poolval_hash(space_, made[i][0], &hash[i]), 0);
    EXPECT_EQ(hash[0], hash[1]);
    int order = 7;
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(poolval_equal(space_, made[0][i], made[1][i]), 1);
        EXPECT_EQ(poolval_compare(space_, made[0][i], made[1][i], &order), 0);
        EXPECT_EQ(order, 0);
        EXPECT_NO_VALUE(poolval_repr(space_, made[0][i]), POOLVAL_ERR_BUDGET);
    }
    Ref map = dict(), value;
    poolval_dict_set(space_, map, made[0][0], number(1));
    value = poolval_dict_get(space_, map, made[1][0]);
    EXPECT_EQ(repr(value), "1");
    Ref copy = poolval_deepcopy(space_, made[0][1]);
    EXPECT_EQ(poolval_equal(space_, copy, made[1][1]), 1);
}

TEST_F(ValueContainerTest, WorkHasABudgetIfWanted) {
    poolval_options options = POOLVAL_DEFAULTS;
    options.work_max = 1000;
    options.repeat_max = 10;
    begin(options);
    Ref few = numbers(900), other = numbers(900), many = numbers(1001), same = numbers(1001);
    EXPECT_EQ(poolval_equal(space_, few, other), 1);
    EXPECT_ERROR(poolval_equal(space_, many, same), -1, POOLVAL_ERR_BUDGET);
    EXPECT_NO_VALUE(poolval_repr(space_, many), POOLVAL_ERR_BUDGET);
    uint64_t hash;
    size_t count;
    poolobj *const *items = poolval_items(space_, many, &count);
    Ref key = poolval_tuple_new(space_, items, count);
    EXPECT_ERROR(poolval_hash(space_, key, &hash), -1, POOLVAL_ERR_BUDGET);
}

// Sets of sets that share parts: each is compared once, and no depth ends the process.
TEST_F(ValueContainerTest, FrozenSetsThatShareParts) {
    auto chain = [&](int levels, bool shared) {
        Ref set = poolval_frozenset_new(space_, nullptr);
        for (int i = 0; i < levels; i++) {
            Ref items = list({set});
            if (shared) poolval_list_append(space_, items, tuple({set}));
            set = poolval_frozenset_new(space_, items);
        }
        return set;
    };
    Ref a = chain(100, true), b = chain(100, true), c = chain(101, true);
    EXPECT_EQ(poolval_equal(space_, a, b), 1);
    EXPECT_EQ(poolval_equal(space_, a, c), 0);
    Ref map = dict();
    EXPECT_EQ(poolval_dict_set(space_, map, a, number(1)), 0);
    EXPECT_EQ(repr(Ref(poolval_dict_get(space_, map, b))), "1");
    Ref deep = chain(200000, false), same = chain(200000, false);
    EXPECT_ERROR(poolval_equal(space_, deep, same), -1, POOLVAL_ERR_DEPTH);
    EXPECT_EQ(poolval_dict_set(space_, map, deep, number(2)), 0);
    EXPECT_NO_VALUE(poolval_dict_get(space_, map, same), POOLVAL_ERR_DEPTH);
    EXPECT_EQ(repr(Ref(poolval_dict_get(space_, map, deep))), "2");
}

} // namespace
