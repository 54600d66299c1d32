// SPDX-License-Identifier: MIT
// Whether a call takes a reference over, also when it fails.
#include "support/value_fixture.h"

namespace {

class StealTest : public ValueTest {
  protected:
    // A value that is seen to die: the test holds no reference, but sees the count of strings.
    poolobj *fresh() { return poolval_str_new(space_, "a value of the test's own"); }
    size_t living() { return count(POOLVAL_STR); }
};

TEST_F(StealTest, AContainerHoldsTheOneReference) {
    size_t before = living();
    Ref items = list(), map = dict(), key = number(1000);
    EXPECT_EQ(poolval_list_append_steal(space_, items, fresh()), 0);
    EXPECT_EQ(poolval_list_insert_steal(space_, items, 0, fresh()), 0);
    EXPECT_EQ(poolval_list_set_steal(space_, items, 0, fresh()), 0);
    poolobj_incref(key);
    EXPECT_EQ(poolval_dict_set_steal(space_, map, key, fresh()), 0);
    EXPECT_EQ(living(), before + 3);
    EXPECT_EQ(poolval_refcount(key), 2);
    for (int i = 0; i < 2; i++) {
        Ref item = poolval_list_get(space_, items, i);
        EXPECT_EQ(poolval_refcount(item), 2);
    }
    items.drop();
    map.drop();
    EXPECT_EQ(living(), before);
    EXPECT_EQ(poolval_refcount(key), 1);
}

TEST_F(StealTest, AllItemsOfANewContainerAreTakenOver) {
    size_t before = living();
    enum { LONG = 3000 }; // tuples of more than 2,000 items are made another way
    for (size_t length : {size_t{0}, size_t{1}, size_t{3}, size_t{LONG}}) {
        std::vector<poolobj *> items;
        for (size_t i = 0; i < length; i++) items.push_back(fresh());
        Ref made = poolval_list_new_steal(space_, items.data(), length);
        ASSERT_EQ(poolval_list_length(space_, made), ptrdiff_t(length));
        EXPECT_EQ(living(), before + length);
        made.drop();
        EXPECT_EQ(living(), before) << length;
    }
    poolobj *two[] = {fresh(), fresh()};
    Ref pair = poolval_tuple_new_steal(space_, two, 2);
    EXPECT_EQ(poolval_refcount(two[0]), 1);
    pair.drop();
    EXPECT_EQ(living(), before);
}

TEST_F(StealTest, ACallThatFailsDropsWhatItWasGiven) {
    size_t before = living();
    Ref wrong = number(1000), items = list(), map = dict();
    EXPECT_ERROR(poolval_list_append_steal(space_, wrong, fresh()), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_list_set_steal(space_, items, 7, fresh()), -1, POOLVAL_ERR_INDEX);
    EXPECT_ERROR(poolval_list_insert_steal(space_, wrong, 0, fresh()), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_dict_set_steal(space_, map, poolval_list_new(space_), fresh()), -1,
                 POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_dict_set_steal(space_, map, fresh(), nullptr), -1, POOLVAL_ERR_TYPE);
    poolobj *some[] = {fresh(), nullptr, fresh()};
    EXPECT_NO_VALUE(poolval_tuple_new_steal(space_, some, 3), POOLVAL_ERR_TYPE);
    poolobj *others[] = {nullptr, fresh()};
    EXPECT_NO_VALUE(poolval_list_new_steal(space_, others, 2), POOLVAL_ERR_TYPE);
    EXPECT_EQ(living(), before);
}

// The value of a call that failed can be handed on at once.
TEST_F(StealTest, TheFailureOfTheValueItselfStays) {
    Ref items = list();
    poolobj *none = poolval_str_new_size(space_, "\xff", 1);
    ASSERT_EQ(none, nullptr);
    std::string first = message();
    EXPECT_EQ(poolval_list_append_steal(space_, items, none), -1);
    EXPECT_EQ(error(), POOLVAL_ERR_ENCODING);
    EXPECT_EQ(message(), first);
    poolval_error_clear(space_);
    EXPECT_EQ(poolval_list_length(space_, items), 0);
}

} // namespace
