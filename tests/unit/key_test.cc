// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares what is a key with Python.
#include "support/value_fixture.h"
#include "value/key.h"

namespace {

using KeyTest = IntDictTest;

/* A key keeps its hash as long as it is in a table: what can change has one by identity at most. */
TEST_F(KeyTest, WhatEqualsOthersAndChangesHasNoHash) {
    for (unsigned type = 0; type < POOLVAL_TYPES; type++) {
        const struct kind *kind = &kind_table[type];
        bool equals = kind->equal != nullptr || kind->equal_parts != nullptr;
        EXPECT_TRUE(!kind->changes || !equals || kind->hash == nullptr) << kind->name;
    }
}

TEST_F(KeyTest, EqualKeysOfDifferentTypesAreOne) {
    Ref map = dict();
    set(map, number(1), 10), set(map, real(1), 11), set(map, poolval_bool(space_, 1), 12);
    set(map, real(-0.0), 20), set(map, number(0), 21);
    set(map, tuple({number(1), real(2)}), 30), set(map, tuple({real(1), number(2)}), 31);
    EXPECT_EQ(repr(map), "{1: 12, -0.0: 21, (1, 2.0): 31}") << "the first key stays";
}

TEST_F(KeyTest, UnhashableKeysAreErrors) {
    Ref map = dict(), items = list(), key = tuple({number(1), items});
    EXPECT_ERROR(set(map, items, 1), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(set(map, map, 1), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(set(map, key, 1), -1, POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_dict_get(space_, map, items), POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_dict_remove(space_, map, key), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(poolval_refcount(items), 2);
}

} // namespace
