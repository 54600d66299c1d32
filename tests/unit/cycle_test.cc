// SPDX-License-Identifier: MIT
#include "graph/cycle.h"

#include <queue>

#include "graph/chain.h"
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
        struct route live;
        ASSERT_TRUE(route_open_live(&live, graph));
        route_check(&live);
        struct cycles cycles;
        ASSERT_TRUE(cycle_open(&cycles, graph, &live));
        for (Node *node : nodes) {
            uint32_t n = graph.number(node);
            struct chain chain;
            ASSERT_TRUE(chain_open(&chain, graph, n, &options));
            EXPECT_EQ(int(chain.length) - 1, away[size_t(node->id - nodes[0]->id)]);
            for (uint32_t i = 0; i + 1 < chain.length; i++) {
                poolgraph_reference r = chain_reference(&chain, i);
                EXPECT_EQ(graph.number(r.from), chain.route.queue[i]);
                EXPECT_EQ(graph.number(r.to), chain.route.queue[i + 1]);
                EXPECT_EQ(*r.slot, r.to);
            }
            chain_close(&chain);
            if (route_reaches(&live, n)) {
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
                EXPECT_LT(route_slot(graph, from, to), graph->first[from + 1] - graph->first[from]);
            }
            EXPECT_EQ(cycles.queue[0], n);
        }
        cycle_close(&cycles);
        route_close(&live);
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
    struct route live;
    struct cycles cycles;
    ASSERT_TRUE(route_open(&live, graph));
    ASSERT_TRUE(cycle_open(&cycles, graph, &live));
    EXPECT_EQ(cycles.component_count, 3u);
    EXPECT_TRUE(cycles.single[cycles.component[graph.number(lone)]]);
    EXPECT_FALSE(cycles.single[cycles.component[graph.number(chord)]]);
    EXPECT_TRUE(cycles.single[cycles.component[graph.number(self)]]);
    EXPECT_EQ(cycle_shortest(&cycles, graph.number(chord), NOBODY), 4u);
    EXPECT_EQ(cycle_shortest(&cycles, graph.number(self), NOBODY), 1u);
    cycle_close(&cycles);
    route_close(&live);
}

} // namespace
