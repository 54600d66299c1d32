// SPDX-License-Identifier: MIT
#include "value/parts.h"

#include <functional>
#include <utility>

#include "support/value_fixture.h"

namespace {

class PartsTest : public ValueTest {
  protected:
    // How the copies of the test are made: those of strings fail, if it is told so.
    static poolobj *copy_part(void *arg, poolobj *part, size_t depth) {
        PartsTest *test = static_cast<PartsTest *>(arg);
        test->depth_ = depth;
        if (test->meanwhile_) std::exchange(test->meanwhile_, nullptr)();
        if (part == test->refused_) return nullptr;
        return poolval_list_new_items(test->space_, &part, 1);
    }
    bool replace(poolobj *object) { return parts_replace(space_, object, copy_part, this, 7); }
    size_t depth_ = 0;
    poolobj *refused_ = nullptr;
    std::function<void()> meanwhile_; // once, at the first part
    Ref items_;
};

TEST_F(PartsTest, EachPartIsReplacedByItsCopy) {
    Ref one = str("one part"), two = str("another"), items = list({one, two, one});
    ASSERT_TRUE(replace(items));
    EXPECT_EQ(depth_, 7u);
    EXPECT_EQ(repr(items), "[['one part'], ['another'], ['one part']]");
    EXPECT_EQ(poolval_refcount(one), 3);
    items.drop();
    EXPECT_EQ(poolval_refcount(one), 1);
    EXPECT_EQ(poolval_refcount(two), 1);
}

TEST_F(PartsTest, NothingToReplaceIsNoFailure) { EXPECT_TRUE(replace(list())); }

TEST_F(PartsTest, AFailureLeavesAllAsItWas) {
    Ref one = str("one part"), two = str("another"), items = list({one, two});
    size_t lists = count(POOLVAL_LIST);
    refused_ = two;
    EXPECT_FALSE(replace(items));
    EXPECT_EQ(repr(items), "['one part', 'another']");
    EXPECT_EQ(count(POOLVAL_LIST), lists) << "the copies made so far are gone";
    EXPECT_EQ(poolval_refcount(one), 2);
    EXPECT_EQ(poolval_refcount(two), 2);
}

// Hooks of what is copied can change the object meanwhile: what is no longer in it is not put back.
TEST_F(PartsTest, WhatChangedMeanwhileStaysChanged) {
    Ref one = str("one part"), two = str("another"), third = str("new");
    items_ = list({one, two});
    meanwhile_ = [this] {
        EXPECT_EQ(poolval_list_set_steal(space_, items_, 1, poolval_str_new(space_, "changed")), 0);
    };
    ASSERT_TRUE(replace(items_));
    EXPECT_EQ(repr(items_), "[['one part'], 'changed']");
    EXPECT_EQ(poolval_refcount(two), 1);
    items_.drop();
    EXPECT_EQ(poolval_refcount(one), 1);
}

TEST_F(PartsTest, WhatAnObjectLosesMeanwhileIsNotTouched) {
    Ref one = str("one part"), two = str("another");
    items_ = list({one, two});
    meanwhile_ = [this] { poolval_list_clear(space_, items_); };
    ASSERT_TRUE(replace(items_));
    EXPECT_EQ(repr(items_), "[]");
    items_.drop();
    EXPECT_EQ(poolval_refcount(one), 1);
    EXPECT_EQ(poolval_refcount(two), 1);
}

TEST_F(PartsTest, ClearedPartsAreGivenUp) {
    Ref one = str("one part"), map = dict();
    ASSERT_EQ(poolval_dict_set(space_, map, number(1000), map), 0);
    ASSERT_EQ(poolval_dict_set(space_, map, number(1001), one), 0);
    poolobj_incref(map);
    size_t dicts = count(POOLVAL_DICT);
    parts_clear(map);
    EXPECT_EQ(poolval_refcount(one), 1);
    poolobj_decref(map);
    map.drop();
    EXPECT_EQ(count(POOLVAL_DICT), dicts - 1) << "it held itself";
}

} // namespace
