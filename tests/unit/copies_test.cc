// SPDX-License-Identifier: MIT
#include "value/copies.h"

#include "support/value_fixture.h"

namespace {

class CopiesTest : public ValueTest {
  protected:
    struct copies copies_ = {};
};

TEST_F(CopiesTest, WhatWasCopiedIsFoundAndNothingElse) {
    std::vector<Ref> originals, copies;
    EXPECT_EQ(copies_get(&copies_, space_->none), nullptr);
    for (int i = 0; i < 100; i++) {
        originals.push_back(list());
        copies.push_back(list());
        ASSERT_TRUE(copies_add(space_, &copies_, originals.back(), copies.back()));
    }
    for (int i = 0; i < 100; i++) {
        EXPECT_EQ(copies_get(&copies_, originals[i]), copies[i]);
        EXPECT_EQ(copies_get(&copies_, copies[i]), nullptr);
    }
    copies_end(space_, &copies_, false);
}

TEST_F(CopiesTest, ACopyLivesUntilTheEnd) {
    Ref original = list(), copy = list();
    poolobj *weak = copy;
    ASSERT_TRUE(copies_add(space_, &copies_, original, copy));
    size_t lists = count(POOLVAL_LIST);
    copy.drop();
    EXPECT_EQ(count(POOLVAL_LIST), lists);
    EXPECT_EQ(copies_get(&copies_, original), weak);
    copies_end(space_, &copies_, false);
    EXPECT_EQ(count(POOLVAL_LIST), lists - 1);
}

// They may hold each other, so that nobody else would free them.
TEST_F(CopiesTest, CopiesOfWhatFailedAreEmptied) {
    Ref original = list(), copy = list();
    ASSERT_EQ(poolval_list_append(space_, copy, copy), 0);
    ASSERT_TRUE(copies_add(space_, &copies_, original, copy));
    size_t lists = count(POOLVAL_LIST);
    copy.drop();
    copies_end(space_, &copies_, true);
    EXPECT_EQ(count(POOLVAL_LIST), lists - 1);
}

} // namespace
