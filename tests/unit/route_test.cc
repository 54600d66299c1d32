// SPDX-License-Identifier: MIT
#include "graph/route.h"

#include "support/graph_fixture.h"

namespace {

// A chain of five nodes by `left`, with a short cut by `right` from the first to the fourth.
class RouteTest : public GraphTest {
  protected:
    void SetUp() override {
        GraphTest::SetUp();
        for (Node *&node : nodes_) node = make();
        for (int i = 0; i < 4; i++) poolobj_set(&nodes_[i]->left, nodes_[i + 1]);
        poolobj_set(&nodes_[0]->right, nodes_[3]);
        ASSERT_TRUE(graph_open(&graph_, heap_));
        ASSERT_TRUE(route_open(&route_, &graph_));
    }
    void TearDown() override {
        route_close(&route_);
        graph_close(&graph_);
        for (Node *node : nodes_) poolobj_decref(node);
        GraphTest::TearDown();
    }
    uint32_t number(int i) { return graph_number(&graph_, nodes_[i]); }
    // The chain to a node, as indexes of nodes_.
    std::vector<int> chain(int to) {
        std::vector<int> found;
        uint32_t length = route_chain(&route_, number(to));
        for (uint32_t n = 0; n < length; n++)
            for (int i = 0; i < 5; i++)
                if (number(i) == route_.queue[n]) found.push_back(i);
        return found;
    }
    Node *nodes_[5] = {};
    struct graph graph_;
    struct route route_;
};

TEST_F(RouteTest, NothingIsReachedBeforeABeginning) {
    route_run(&route_, NOBODY);
    for (int i = 0; i < 5; i++) EXPECT_FALSE(route_reaches(&route_, number(i)));
}

TEST_F(RouteTest, GoesByTheFewestReferences) {
    route_begin(&route_, number(0));
    route_run(&route_, NOBODY);
    route_check(&route_);
    EXPECT_EQ(chain(4), (std::vector<int>{0, 3, 4}));
}

TEST_F(RouteTest, StopsAtItsTargetAndGoesOnLater) {
    route_begin(&route_, number(0));
    route_run(&route_, number(1));
    EXPECT_TRUE(route_reaches(&route_, number(1)));
    EXPECT_FALSE(route_reaches(&route_, number(4)));
    route_run(&route_, NOBODY);
    EXPECT_TRUE(route_reaches(&route_, number(4)));
    route_check(&route_);
}

TEST_F(RouteTest, WhatMayNotBePassedIsGoneRound) {
    uint32_t closed = number(3);
    route_.may_pass = [](const struct graph *, uint32_t number, void *arg) {
        return number != *static_cast<uint32_t *>(arg);
    };
    route_.arg = &closed;
    route_begin(&route_, number(0));
    route_run(&route_, NOBODY);
    EXPECT_TRUE(route_reaches(&route_, number(2)));
    EXPECT_FALSE(route_reaches(&route_, number(4)));
}

TEST_F(RouteTest, TheSlotOfAReferenceIsTheFirstThatLeadsThere) {
    EXPECT_EQ(graph_.to[graph_.first[number(0)] + route_slot(&graph_, number(0), number(3))],
              number(3));
    EXPECT_EQ(route_slot(&graph_, number(0), number(1)), 0u);
}

} // namespace
