// SPDX-License-Identifier: MIT
#include "object/root.h"

#include "support/object_fixture.h"

namespace {

class RootTest : public ObjectTest {
  protected:
    // What root_each reports, in its order.
    std::vector<poolobj *> reported() {
        std::vector<poolobj *> all;
        root_each(
            &heap_->roots,
            [](poolobj *const *slots, size_t count, void *to) {
                auto *to_all = static_cast<std::vector<poolobj *> *>(to);
                to_all->insert(to_all->end(), slots, slots + count);
            },
            &all);
        return all;
    }
};

TEST_F(RootTest, AVariableIsReportedAsLongAsItIsThere) {
    Node *node = make();
    ASSERT_TRUE(root_add(&heap_->roots, &node));
    EXPECT_EQ(reported(), std::vector<poolobj *>{&node->base});
    root_remove(&heap_->roots, &node);
    EXPECT_TRUE(reported().empty());
    poolobj_decref(node);
}

TEST_F(RootTest, OneThatWasAddedTwiceIsThereUntilItWasRemovedTwice) {
    Node *node = make();
    ASSERT_TRUE(root_add(&heap_->roots, &node));
    ASSERT_TRUE(root_add(&heap_->roots, &node));
    root_remove(&heap_->roots, &node);
    EXPECT_FALSE(reported().empty());
    root_remove(&heap_->roots, &node);
    EXPECT_TRUE(reported().empty());
    root_remove(&heap_->roots, &node); // nothing
    poolobj_decref(node);
}

TEST_F(RootTest, WhatAVariableHoldsIsLookedUpWhenItIsReported) {
    Node *first = make(), *second = make(), *variable = first;
    ASSERT_TRUE(root_add(&heap_->roots, &variable));
    variable = second;
    EXPECT_EQ(reported(), std::vector<poolobj *>{&second->base});
    variable = nullptr;
    for (poolobj *object : reported()) EXPECT_EQ(object, nullptr);
    root_remove(&heap_->roots, &variable);
    poolobj_decref(first);
    poolobj_decref(second);
}

TEST_F(RootTest, ManyVariablesAreAllThere) {
    std::vector<Node *> nodes(500);
    for (Node *&node : nodes) {
        node = make();
        ASSERT_TRUE(root_add(&heap_->roots, &node));
    }
    EXPECT_EQ(reported().size(), nodes.size());
    for (Node *&node : nodes) {
        root_remove(&heap_->roots, &node);
        poolobj_decref(node);
    }
    EXPECT_TRUE(reported().empty());
}

} // namespace
