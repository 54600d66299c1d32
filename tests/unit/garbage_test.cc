// SPDX-License-Identifier: MIT
#include "graph/garbage.h"

#include <algorithm>
#include <memory>

#include "support/graph_fixture.h"

namespace {

// The garbage of the heap as it is at the first question.
class GarbageTest : public GraphTest {
  protected:
    void TearDown() override {
        if (graph_ != nullptr) {
            garbage_close(&garbage_);
            route_close(&live_);
        }
        graph_.reset();
        GraphTest::TearDown();
    }
    void open() {
        graph_ = std::make_unique<OpenGraph>(heap_);
        ASSERT_TRUE(route_open_live(&live_, *graph_));
        ASSERT_TRUE(garbage_open(&garbage_, *graph_, &live_));
    }
    // The id of the one with the shortest cycle of all nodes of a type; 0: none is garbage. Nodes
    // of a type have numbers in a row.
    long shortest(const std::vector<Node *> &nodes) {
        uint32_t first = UINT32_MAX, last = 0;
        for (Node *node : nodes) {
            first = std::min(first, graph_->number(node));
            last = std::max(last, graph_->number(node) + 1);
        }
        uint32_t n = garbage_shortest(&garbage_, &live_, first, last);
        return n == NOBODY ? 0 : reinterpret_cast<Node *>((*graph_)->object[n])->id;
    }
    std::string cycle(Node *node) {
        return printed([&](FILE *out) {
            struct text text;
            struct label label = {&text, LABEL_LINE, &options_};
            label_open(&text, out);
            garbage_print(&garbage_, &label, graph_->number(node));
            return label_close(&text);
        });
    }
    // The nodes of a ring; the reference to the first is dropped.
    std::vector<Node *> lost_ring(int count) {
        std::vector<Node *> nodes = {ring(node_, count)};
        while (int(nodes.size()) < count) nodes.push_back(nodes.back()->left);
        poolobj_decref(nodes[0]);
        return nodes;
    }
    std::unique_ptr<OpenGraph> graph_;
    struct route live_ = {};
    struct garbage garbage_ = {};
    poolgraph_options options_ = with_ids();
};

TEST_F(GarbageTest, WhatLivesIsNone) {
    Node *first = keep(ring(node_, 3));
    open();
    EXPECT_EQ(shortest({first, first->left, first->left->left}), 0);
    EXPECT_TRUE(garbage_.complete);
    poolobj_clear(&first->left->left->left);
}

TEST_F(GarbageTest, TheShortestCycleOfSomeIsFound) {
    std::vector<Node *> nodes;
    for (int length : {4, 2, 3})
        for (Node *node : lost_ring(length)) nodes.push_back(node);
    open();
    long id = shortest(nodes);
    EXPECT_TRUE(id == 5 || id == 6) << id;
    EXPECT_EQ(cycle(nodes[4]), "    node 5\n"
                               "    .left -> node 6\n"
                               "    .left -> the first of these\n");
    EXPECT_TRUE(garbage_.complete);
}

// What only hangs from a cycle is on none; it is shown with the way to it.
TEST_F(GarbageTest, WhatHangsFromACycleLeadsBackToIt) {
    std::vector<Node *> nodes = lost_ring(2);
    Node *hangs = nodes[1]->right = make(type_of(node_spec("tail")));
    open();
    EXPECT_EQ(shortest({hangs}), hangs->id) << "any, as none has a cycle";
    EXPECT_EQ(cycle(hangs), "    node 2\n"
                            "    .left -> node 1\n"
                            "    .left -> the first of these\n"
                            "  and from there:\n"
                            "    .right -> tail\n");
}

// Of a component that is one cycle, one search is enough; a next question looks again.
TEST_F(GarbageTest, ASingleCycleIsSearchedOncePerQuestion) {
    std::vector<Node *> nodes = lost_ring(100);
    open();
    EXPECT_NE(shortest(nodes), 0);
    uint64_t once = garbage_.cycles.looked_at;
    EXPECT_LE(once, 2u * 100);
    EXPECT_NE(shortest(nodes), 0);
    EXPECT_EQ(garbage_.cycles.looked_at, 2 * once);
}

TEST_F(GarbageTest, SearchesEndAtTheLimitWithTheBestSoFar) {
    std::vector<Node *> nodes = lost_ring(50);
    for (Node *node : nodes) poolobj_set(&node->right, nodes[0]); // not one single cycle
    open();
    garbage_.limit = 1;
    EXPECT_NE(shortest(nodes), 0);
    EXPECT_FALSE(garbage_.complete);
}

} // namespace
