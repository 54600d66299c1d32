// SPDX-License-Identifier: MIT
#include "base/list.h"

#include <gtest/gtest.h>
#include <vector>

namespace {

struct Item {
    int before; // so that the link is not at offset 0
    struct link link;
    int value;
};

class ListTest : public testing::Test {
  protected:
    ListTest() {
        link_init(&head_);
        for (int i = 0; i < 4; i++) {
            items_[i].value = i;
            link_init(&items_[i].link);
        }
    }
    // Forwards and backwards must agree.
    std::vector<int> values() {
        std::vector<int> forwards, backwards;
        for (struct link *at = head_.next; at != &head_; at = at->next)
            forwards.push_back(link_owner(at, Item, link)->value);
        for (struct link *at = head_.prev; at != &head_; at = at->prev)
            backwards.insert(backwards.begin(), link_owner(at, Item, link)->value);
        EXPECT_EQ(forwards, backwards);
        return forwards;
    }
    struct link head_;
    Item items_[4];
};

using Values = std::vector<int>;

TEST_F(ListTest, ANewLinkIsAlone) {
    EXPECT_TRUE(link_is_alone(&head_));
    EXPECT_EQ(values(), Values{});
}

TEST_F(ListTest, AddsBehindTheGivenLink) {
    link_add_after(&head_, &items_[0].link);
    link_add_after(&head_, &items_[1].link);
    link_add_after(&items_[1].link, &items_[2].link);
    link_add_after(head_.prev, &items_[3].link);
    EXPECT_EQ(values(), (Values{1, 2, 0, 3}));
    EXPECT_FALSE(link_is_alone(&head_));
    EXPECT_FALSE(link_is_alone(&items_[2].link));
}

TEST_F(ListTest, RemovesFromAnyPlace) {
    for (Item &item : items_) link_add_after(head_.prev, &item.link);
    link_remove(&items_[1].link);
    EXPECT_EQ(values(), (Values{0, 2, 3}));
    link_remove(&items_[0].link);
    link_remove(&items_[3].link);
    EXPECT_EQ(values(), Values{2});
    link_remove(&items_[2].link);
    EXPECT_TRUE(link_is_alone(&head_));
}

TEST_F(ListTest, ARemovedLinkIsAloneAndMayBeRemovedAgain) {
    link_add_after(&head_, &items_[0].link);
    link_add_after(&head_, &items_[1].link);
    link_remove(&items_[0].link);
    EXPECT_TRUE(link_is_alone(&items_[0].link));
    link_remove(&items_[0].link);
    EXPECT_EQ(values(), Values{1});
    link_add_after(&items_[1].link, &items_[0].link);
    EXPECT_EQ(values(), (Values{1, 0}));
}

} // namespace
