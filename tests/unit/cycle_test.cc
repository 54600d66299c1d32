// SPDX-License-Identifier: MIT
#include "graph/cycle.h"

#include <algorithm>
#include <memory>
#include <queue>

#include "graph/answer.h"
#include "support/graph_fixture.h"

namespace {

using CycleTest = GraphTest;

// References between nodes from one to all others, by a search of the test's own.
std::vector<int> distances(const std::vector<Node *> &nodes, const std::vector<Node *> &from) {
    std::vector<int> distance(nodes.size() + 1, -1);
    std::queue<Node *> queue;
    long first = nodes[0]->id;
    for (Node *node : from) {
        distance[size_t(node->id - first)] = 0;
        queue.push(node);
    }
    for (; !queue.empty(); queue.pop())
        for (Node *to : {queue.front()->left, queue.front()->right}) {
            if (to == nullptr || distance[size_t(to->id - first)] >= 0) continue;
            distance[size_t(to->id - first)] = distance[size_t(queue.front()->id - first)] + 1;
            queue.push(to);
        }
    return distance;
}

int shortest_cycle(const std::vector<Node *> &nodes, Node *node) {
    std::vector<Node *> next;
    for (Node *to : {node->left, node->right})
        if (to != nullptr) next.push_back(to);
    int back = distances(nodes, next)[size_t(node->id - nodes[0]->id)];
    return back < 0 ? 0 : back + 1;
}

// On random graphs everything agrees with searches that take the square of the time.
TEST_F(CycleTest, ChainsAndCyclesAreTheShortest) {
    struct rng rng = {test_seed()};
    poolgraph_options options = {};
    for (int round = 0; round < 20; round++) {
        std::vector<Node *> nodes = random_nodes(&rng, 1 + rng_below(&rng, 150));
        std::vector<Node *> held;
        for (Node *node : nodes)
            if (poolgraph_outside(heap_, node) > 1) held.push_back(node);
        for (Node *node : nodes) { // the test's own references
            if (node->base.count > 1)
                poolobj_decref(node);
            else
                held.push_back(keep(node));
        }
        OpenGraph graph(heap_);
        std::vector<int> away = distances(nodes, held);
        struct search live;
        ASSERT_TRUE(search_open_live(&live, graph));
        search_check(&live);
        struct cycles cycles;
        ASSERT_TRUE(cycle_open(&cycles, graph, &live));
        for (Node *node : nodes) {
            uint32_t n = graph.number(node);
            struct search_chain chain;
            ASSERT_TRUE(search_chain_open(&chain, graph, n, &options));
            EXPECT_EQ(int(chain.length) - 1, away[size_t(node->id - nodes[0]->id)]);
            for (uint32_t i = 0; i + 1 < chain.length; i++) {
                poolgraph_reference r = search_chain_reference(&chain, i);
                EXPECT_EQ(graph.number(r.from), chain.search.queue[i]);
                EXPECT_EQ(graph.number(r.to), chain.search.queue[i + 1]);
                EXPECT_EQ(*r.slot, r.to);
            }
            search_chain_close(&chain);
            if (search_reaches(&live, n)) {
                EXPECT_FALSE(cycle_has(&cycles, n));
                continue;
            }
            int length = shortest_cycle(nodes, node);
            EXPECT_EQ(cycle_has(&cycles, n), length > 0);
            if (length == 0) continue;
            EXPECT_EQ(cycle_shortest(&cycles, n, uint32_t(length)), 0u);
            ASSERT_EQ(cycle_shortest(&cycles, n, NOBODY), uint32_t(length));
            for (int i = 0; i < length; i++) {
                uint32_t from = cycles.queue[i], to = cycles.queue[(i + 1) % length];
                EXPECT_LT(search_slot(graph, from, to),
                          graph->first[from + 1] - graph->first[from]);
            }
            EXPECT_EQ(cycles.queue[0], n);
        }
        cycle_close(&cycles);
        search_close(&live);
        for (void *object : kept_) poolobj_decref(object);
        kept_.clear();
        poolobj_gc_collect(heap_, 2);
    }
}

// Only a component in which nothing has a choice is a single cycle.
TEST_F(CycleTest, SingleCyclesAreTold) {
    Node *lone = ring(node_, 5), *chord = ring(node_, 5), *self = make();
    poolobj_set(&self->left, self);
    poolobj_set(&chord->right, chord->left->left);
    for (Node *node : {lone, chord, self}) poolobj_decref(node);
    OpenGraph graph(heap_);
    struct search live;
    struct cycles cycles;
    ASSERT_TRUE(search_open(&live, graph));
    ASSERT_TRUE(cycle_open(&cycles, graph, &live));
    EXPECT_EQ(cycles.component_count, 3u);
    EXPECT_TRUE(cycles.single[cycles.component[graph.number(lone)]]);
    EXPECT_FALSE(cycles.single[cycles.component[graph.number(chord)]]);
    EXPECT_TRUE(cycles.single[cycles.component[graph.number(self)]]);
    EXPECT_EQ(cycle_shortest(&cycles, graph.number(chord), NOBODY), 4u);
    EXPECT_EQ(cycle_shortest(&cycles, graph.number(self), NOBODY), 1u);
    cycle_close(&cycles);
    search_close(&live);
}

// The garbage of the heap as it is at the first question.
class CycleGarbageTest : public GraphTest {
  protected:
    void TearDown() override {
        if (graph_ != nullptr) {
            cycle_garbage_close(&garbage_);
            search_close(&live_);
        }
        graph_.reset();
        GraphTest::TearDown();
    }
    void open() {
        graph_ = std::make_unique<OpenGraph>(heap_);
        ASSERT_TRUE(search_open_live(&live_, *graph_));
        ASSERT_TRUE(cycle_garbage_open(&garbage_, *graph_, &live_));
    }
    // The id of the one with the shortest cycle of all nodes of a type; 0: none is garbage. Nodes
    // of a type have numbers in a row.
    long shortest(const std::vector<Node *> &nodes) {
        uint32_t first = UINT32_MAX, last = 0;
        for (Node *node : nodes) {
            first = std::min(first, graph_->number(node));
            last = std::max(last, graph_->number(node) + 1);
        }
        uint32_t n = cycle_garbage_shortest(&garbage_, &live_, first, last);
        return n == NOBODY ? 0 : reinterpret_cast<Node *>((*graph_)->object[n])->id;
    }
    std::string cycle(Node *node) {
        return printed([&](FILE *out) {
            struct text text;
            struct label label = {&text, LABEL_LINE, &options_};
            label_open(&text, out);
            answer_print_garbage(&label, &garbage_, graph_->number(node));
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
    struct search live_ = {};
    struct cycle_garbage garbage_ = {};
    poolgraph_options options_ = with_ids();
};

TEST_F(CycleGarbageTest, WhatLivesIsNone) {
    Node *first = keep(ring(node_, 3));
    open();
    EXPECT_EQ(shortest({first, first->left, first->left->left}), 0);
    EXPECT_TRUE(garbage_.complete);
    poolobj_clear(&first->left->left->left);
}

TEST_F(CycleGarbageTest, TheShortestCycleOfSomeIsFound) {
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
TEST_F(CycleGarbageTest, WhatHangsFromACycleLeadsBackToIt) {
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

// One search is enough for a component that is one cycle; a next question looks again.
TEST_F(CycleGarbageTest, ASingleCycleIsSearchedOncePerQuestion) {
    std::vector<Node *> nodes = lost_ring(100);
    open();
    EXPECT_NE(shortest(nodes), 0);
    uint64_t once = garbage_.cycles.looked_at;
    EXPECT_LE(once, 2u * 100);
    EXPECT_NE(shortest(nodes), 0);
    EXPECT_EQ(garbage_.cycles.looked_at, 2 * once);
}

TEST_F(CycleGarbageTest, SearchesEndAtTheLimitWithTheBestSoFar) {
    std::vector<Node *> nodes = lost_ring(50);
    for (Node *node : nodes) poolobj_set(&node->right, nodes[0]); // not one single cycle
    open();
    garbage_.limit = 1;
    EXPECT_NE(shortest(nodes), 0);
    EXPECT_FALSE(garbage_.complete);
}

} // namespace
