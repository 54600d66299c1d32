// SPDX-License-Identifier: MIT
// Going through the entries of a dictionary, and taking them at its ends.
#include "support/value_fixture.h"
#include "value/dict.h"

namespace {

using EntriesTest = IntDictTest;

TEST_F(EntriesTest, IterationEndsWithAnErrorWhenKeysCameOrWent) {
    Ref map = dict();
    for (int i = 0; i < 10; i++) set(map, number(i), i);
    poolval_place place = {0, 0};
    poolobj *key, *value;
    int64_t sum = 0, got;
    while (poolval_dict_next(space_, map, &place, &key, &value) == 1) {
        poolval_int_get(space_, key, &got);
        set(map, key, got * 2); // values may be set
        sum += got;
    }
    EXPECT_EQ(sum, 45);
    EXPECT_EQ(poolval_dict_next(space_, map, &place, &key, nullptr), 0) << "the end stays the end";
    place = {0, 0};
    EXPECT_EQ(poolval_dict_next(space_, map, &place, nullptr, nullptr), 1);
    set(map, number(100), 1);
    EXPECT_ERROR(poolval_dict_next(space_, map, &place, &key, &value), -1, POOLVAL_ERR_CHANGED);
    place = {0, 0};
    EXPECT_EQ(poolval_dict_next(space_, map, &place, nullptr, nullptr), 1);
    set(map, number(101), 1), poolval_dict_remove(space_, map, number(101));
    EXPECT_ERROR(poolval_dict_next(space_, map, &place, &key, &value), -1, POOLVAL_ERR_CHANGED);
    place = {0, 0};
    EXPECT_EQ(poolval_dict_next(space_, map, &place, nullptr, nullptr), 1);
    poolval_dict_clear(space_, map);
    EXPECT_ERROR(poolval_dict_next(space_, map, &place, &key, &value), -1, POOLVAL_ERR_CHANGED);
}

TEST_F(EntriesTest, BothEndsAreSeenAndTaken) {
    Ref map = dict();
    poolobj *key, *value;
    EXPECT_EQ(poolval_dict_first(space_, map, &key, &value), 0);
    EXPECT_EQ(key, nullptr);
    EXPECT_EQ(poolval_dict_pop_last(space_, map, &key, &value), 0);
    EXPECT_EQ(value, nullptr);
    for (int64_t i = 0; i < 6; i++) set(map, number(i), 1000 + i);
    poolval_dict_remove(space_, map, number(0));
    poolval_dict_remove(space_, map, number(4));
    poolval_dict_remove(space_, map, number(5));
    EXPECT_EQ(poolval_dict_first(space_, map, &key, nullptr), 1);
    EXPECT_EQ(repr(key), "1");
    EXPECT_EQ(poolval_dict_last(space_, map, &key, &value), 1);
    EXPECT_EQ(repr(key) + repr(value), "31003");
    EXPECT_EQ(poolval_dict_pop_first(space_, map, &key, &value), 1);
    Ref drops[] = {key, value};
    EXPECT_EQ(repr(key) + repr(value), "11001");
    EXPECT_EQ(poolval_refcount(value), 1);
    EXPECT_EQ(poolval_dict_pop_last(space_, map, nullptr, nullptr), 1);
    EXPECT_EQ(repr(map), "{2: 1002}");
    EXPECT_ERROR(poolval_dict_pop_first(space_, drops[0], &key, &value), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(key, nullptr);
    EXPECT_ERROR(poolval_dict_last(space_, nullptr, &key, &value), -1, POOLVAL_ERR_TYPE);
}

} // namespace
