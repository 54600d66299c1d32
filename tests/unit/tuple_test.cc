// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares them with Python's.
#include "support/value_fixture.h"
#include "value/tuple.h"

namespace {

using TupleTest = ValueTest;

TEST_F(TupleTest, TheEmptyTupleIsOne) {
    EXPECT_EQ(tuple({}), tuple({}));
    EXPECT_EQ(poolval_refcount(tuple({})), INT32_MAX);
    Ref pair = tuple({number(1), number(2)});
    EXPECT_EQ(poolval_tuple_slice(space_, pair, 1, 1), tuple({}));
    EXPECT_EQ(Ref(poolval_tuple_slice(space_, pair, 0, 2)), pair);
}

TEST_F(TupleTest, ItemsAreInline) {
    Ref x = number(1000);
    for (size_t length : {1u, 2u, 19u, 20u, 62u, 63u, 1000u, 100000u}) {
        std::vector<poolobj *> items(length, x);
        Ref made = poolval_tuple_new(space_, items.data(), length);
        EXPECT_EQ(poolval_tuple_length(space_, made), (ptrdiff_t)length);
        EXPECT_EQ(poolval_refcount(x), 1 + (int32_t)length);
        EXPECT_TRUE(length > 62 || poolval_sizeof(space_, made) == 16 + 8 * length);
        EXPECT_EQ(Ref(poolval_tuple_get(space_, made, -1)), x);
        EXPECT_NO_VALUE(poolval_tuple_get(space_, made, (ptrdiff_t)length), POOLVAL_ERR_INDEX);
    }
    EXPECT_EQ(poolval_refcount(x), 1);
}

TEST_F(TupleTest, TuplesOfLengths1To19ComeBackAtTheSameAddress) {
    for (size_t length = 1; length <= 25; length++) {
        std::vector<poolobj *> items(length, poolval_none(space_));
        Ref other = poolval_tuple_new(space_, items.data(), length);
        Ref made = poolval_tuple_new(space_, items.data(), length);
        uintptr_t id = poolval_id(made);
        made.drop();
        Ref again = poolval_tuple_new(space_, items.data(), length);
        EXPECT_EQ(poolval_id(again) == id, length <= 19) << length;
    }
}

TEST_F(TupleTest, FreeListsCanBeLeftOut) {
    poolval_options options = POOLVAL_DEFAULTS;
    options.keep_tuples = 0;
    begin(options);
    Ref first = tuple({number(1)});
    uintptr_t id = poolval_id(tuple({number(2)}));
    EXPECT_NE(poolval_id(tuple({number(3)})), id);
}

TEST_F(TupleTest, UpTo2000OfALengthAreKept) {
    std::vector<Ref> made;
    Ref x = number(1);
    for (int i = 0; i < 3000; i++) made.push_back(tuple({x}));
    made.clear();
    poolobj_heap_check(heap_);
    std::vector<Ref> again;
    for (int i = 0; i < 3000; i++) again.push_back(tuple({x}));
    poolobj_heap_check(heap_);
    for (auto &each : again) EXPECT_EQ(repr(each), "(1,)");
}

TEST_F(TupleTest, ConcatenationOfTuples) {
    Ref a = tuple({number(1)}), b = tuple({number(2), number(3)}), none = tuple({});
    EXPECT_EQ(repr(Ref(poolval_tuple_concat(space_, a, b))), "(1, 2, 3)");
    EXPECT_EQ(Ref(poolval_tuple_concat(space_, a, none)), a);
    EXPECT_EQ(Ref(poolval_tuple_concat(space_, none, b)), b);
}

} // namespace
