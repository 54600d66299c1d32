// SPDX-License-Identifier: MIT
// tests/value/oracle.py compares them with Python's.
#include "support/value_fixture.h"
#include "value/iterator.h"

namespace {

using IteratorTest = ValueTest;

TEST_F(IteratorTest, IteratorsUnderChange) {
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
TEST_F(IteratorTest, IteratorsAreSeenByTheCollector) {
    Ref items = list(), over = poolval_iterate(space_, items);
    poolval_list_append(space_, items, over);
    Ref same = poolval_iterate(space_, over);
    EXPECT_EQ((poolobj *)same, (poolobj *)over);
    items.drop(), over.drop(), same.drop();
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
}

} // namespace
