// SPDX-License-Identifier: MIT
#include "support/value_fixture.h"

namespace {

class ValueCopyTest : public ValueTest {
  protected:
    Ref copy(poolobj *value) { return poolval_copy(space_, value); }
    Ref deep(poolobj *value) { return poolval_deepcopy(space_, value); }
    Ref item(poolobj *list, int index) { return poolval_list_get(space_, list, index); }
};

TEST_F(ValueCopyTest, AShallowCopyHoldsTheSameItems) {
    Ref inner = list(), outer = list({inner, number(1)}), map = dict();
    poolval_dict_set(space_, map, str("k"), inner);
    Ref items = copy(outer), entries = copy(map);
    EXPECT_NE(items, outer);
    EXPECT_NE(entries, map);
    EXPECT_EQ(item(items, 0), inner);
    poolval_list_append(space_, items, number(2));
    poolval_dict_set(space_, entries, str("l"), number(3));
    EXPECT_EQ(repr(outer), "[[], 1]");
    EXPECT_EQ(repr(map), "{'k': []}");
    EXPECT_EQ(repr(entries), "{'k': [], 'l': 3}");
    Ref pair = tuple({inner});
    EXPECT_EQ(copy(pair), pair);
}

TEST_F(ValueCopyTest, ADeepCopyKeepsCyclesAndWhatIsShared) {
    Ref inner = list({number(1)}), outer = list({inner, inner}), map = dict();
    poolval_list_append(space_, outer, outer);
    poolval_dict_set(space_, map, str("outer"), outer);
    poolval_list_append(space_, outer, map);
    Ref made = deep(outer);
    EXPECT_EQ(repr(made), repr(outer));
    EXPECT_NE(item(made, 0), inner);
    EXPECT_EQ(item(made, 0), item(made, 1));
    EXPECT_EQ(item(made, 2), made);
    Ref entries = item(made, 3);
    EXPECT_EQ(Ref(poolval_dict_get(space_, entries, str("outer"))), made);
    poolval_list_append(space_, inner, number(2));
    EXPECT_EQ(repr(item(made, 0)), "[1]");
}

TEST_F(ValueCopyTest, TuplesAreCopiedOnlyIfTheyHoldWhatIs) {
    Ref flat = tuple({number(1), str("x y")}), nested = tuple({flat, tuple({flat})});
    EXPECT_EQ(deep(flat), flat);
    EXPECT_EQ(deep(nested), nested);
    Ref items = list(), holder = tuple({items, flat});
    Ref made = deep(holder);
    EXPECT_NE(made, holder);
    EXPECT_EQ(Ref(poolval_tuple_get(space_, made, 1)), flat);
    // a cycle through a tuple
    poolval_list_append(space_, items, holder);
    made = deep(holder);
    Ref list_of = poolval_tuple_get(space_, made, 0);
    EXPECT_NE(list_of, items);
    EXPECT_EQ(item(list_of, 0), made);
}

TEST_F(ValueCopyTest, SharedPartsAreCopiedOnce) {
    Ref all = list();
    for (int i = 0; i < 60; i++) all = list({all, all}); // 2^60 paths
    Ref made = deep(all);
    EXPECT_EQ(item(made, 0), item(made, 1));
}

} // namespace
