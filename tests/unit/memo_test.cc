// SPDX-License-Identifier: MIT
// Values whose parts are shared, so that a walk without a memo would not end.
#include "support/value_fixture.h"
#include "value/memo.h"

namespace {

using MemoTest = ValueTest;

// What is shared level by level would take 2^100 steps.
TEST_F(MemoTest, WhatIsSharedIsLookedAtOnce) {
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

TEST_F(MemoTest, WorkHasABudgetIfWanted) {
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
TEST_F(MemoTest, FrozenSetsThatShareParts) {
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
