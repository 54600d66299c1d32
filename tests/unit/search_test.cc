// SPDX-License-Identifier: MIT
// That chains are the shortest is tried on random graphs in cycle_test.cc.
#include "graph/search.h"

#include <map>

#include "support/graph_fixture.h"

namespace {

// A chain of five nodes by `left`, with a short cut by `right` from the first to the fourth.
class SearchTest : public GraphTest {
  protected:
    void SetUp() override {
        GraphTest::SetUp();
        for (Node *&node : nodes_) node = make();
        for (int i = 0; i < 4; i++) poolobj_set(&nodes_[i]->left, nodes_[i + 1]);
        poolobj_set(&nodes_[0]->right, nodes_[3]);
        ASSERT_TRUE(graph_open(&graph_, heap_));
        ASSERT_TRUE(search_open(&search_, &graph_));
    }
    void TearDown() override {
        search_close(&search_);
        graph_close(&graph_);
        for (Node *node : nodes_) poolobj_decref(node);
        GraphTest::TearDown();
    }
    uint32_t number(int i) { return graph_number(&graph_, nodes_[i]); }
    // The chain to a node, as indexes of nodes_.
    std::vector<int> chain(int to) {
        std::vector<int> found;
        uint32_t length = search_trace(&search_, number(to));
        for (uint32_t n = 0; n < length; n++)
            for (int i = 0; i < 5; i++)
                if (number(i) == search_.queue[n]) found.push_back(i);
        return found;
    }
    Node *nodes_[5] = {};
    struct graph graph_;
    struct search search_;
};

TEST_F(SearchTest, NothingIsReachedBeforeABeginning) {
    search_run(&search_, NOBODY);
    for (int i = 0; i < 5; i++) EXPECT_FALSE(search_reaches(&search_, number(i)));
}

TEST_F(SearchTest, GoesByTheFewestReferences) {
    search_begin(&search_, number(0));
    search_run(&search_, NOBODY);
    search_check(&search_);
    EXPECT_EQ(chain(4), (std::vector<int>{0, 3, 4}));
}

TEST_F(SearchTest, StopsAtItsTargetAndGoesOnLater) {
    search_begin(&search_, number(0));
    search_run(&search_, number(1));
    EXPECT_TRUE(search_reaches(&search_, number(1)));
    EXPECT_FALSE(search_reaches(&search_, number(4)));
    search_run(&search_, NOBODY);
    EXPECT_TRUE(search_reaches(&search_, number(4)));
    search_check(&search_);
}

TEST_F(SearchTest, WhatMayNotBePassedIsGoneRound) {
    uint32_t closed = number(3);
    search_.may_pass = [](const struct graph *, uint32_t number, void *arg) {
        return number != *static_cast<uint32_t *>(arg);
    };
    search_.arg = &closed;
    search_begin(&search_, number(0));
    search_run(&search_, NOBODY);
    EXPECT_TRUE(search_reaches(&search_, number(2)));
    EXPECT_FALSE(search_reaches(&search_, number(4)));
}

TEST_F(SearchTest, TheSlotOfAReferenceIsTheFirstThatLeadsThere) {
    EXPECT_EQ(graph_.to[graph_.first[number(0)] + search_slot(&graph_, number(0), number(3))],
              number(3));
    EXPECT_EQ(search_slot(&graph_, number(0), number(1)), 0u);
}

class SearchChoiceTest : public GraphTest {
  protected:
    void SetUp() override {
        GraphTest::SetUp();
        for (Node *&node : nodes_) node = keep(make());
    }
    // The ids of the nodes that are shown, each asked for twice.
    std::vector<long> shown(const std::vector<Node *> &kept = {}) {
        OpenGraph graph(heap_);
        struct search_choice choice;
        EXPECT_TRUE(search_choice_open(&choice, graph, &options_));
        for (Node *node : kept) search_choice_keep(&choice, graph.number(node));
        std::vector<long> ids;
        for (int round = 0; round < 2; round++) {
            ids.clear();
            for (Node *node : nodes_)
                if (search_choice_shows(&choice, graph.number(node))) ids.push_back(node->id);
        }
        search_choice_close(&choice);
        return ids;
    }
    Node *nodes_[4] = {};
    poolgraph_options options_ = {};
};

TEST_F(SearchChoiceTest, WithoutOptionsAllAreShown) {
    EXPECT_EQ(shown(), (std::vector<long>{1, 2, 3, 4}));
}

// What is no object of the heap may be among them.
TEST_F(SearchChoiceTest, WhatIsIgnoredIsLeftOut) {
    void *ignored[] = {nodes_[1], &ignored, nullptr, nodes_[3]};
    options_.ignore = ignored;
    options_.ignore_count = 4;
    EXPECT_EQ(shown(), (std::vector<long>{1, 3}));
    EXPECT_EQ(shown({nodes_[3]}), (std::vector<long>{1, 3, 4})) << "one was asked for";
}

TEST_F(SearchChoiceTest, TheFilterIsAskedOncePerObjectAndNotOfWhatIsDecided) {
    std::map<long, int> asked;
    options_.arg = &asked;
    options_.filter = [](poolobj *object, void *arg) {
        long id = reinterpret_cast<Node *>(object)->id;
        ++(*static_cast<std::map<long, int> *>(arg))[id];
        return int(id % 2);
    };
    void *ignored[] = {nodes_[0]};
    options_.ignore = ignored;
    options_.ignore_count = 1;
    EXPECT_EQ(shown({nodes_[1]}), (std::vector<long>{2, 3}));
    EXPECT_EQ(asked, (std::map<long, int>{{3, 1}, {4, 1}}));
}

// A held node that leads to a target by `left`, and by `right` and one node between.
class SearchChainTest : public GraphTest {
  protected:
    void SetUp() override {
        GraphTest::SetUp();
        root_ = keep(make());
        between_ = make();
        target_ = make();
        root_->right = between_;
        between_->left = target_;
        poolobj_set(&root_->left, target_);
    }
    // The chain to an object as ids, root first.
    std::vector<long> chain(const void *object) {
        OpenGraph graph(heap_);
        struct search_chain chain;
        EXPECT_TRUE(search_chain_open(&chain, graph, graph.number(object), &options_));
        std::vector<long> ids;
        for (uint32_t i = 0; i < chain.length; i++)
            ids.push_back(reinterpret_cast<Node *>(graph->object[chain.search.queue[i]])->id);
        search_chain_close(&chain);
        return ids;
    }
    Node *root_ = nullptr, *between_ = nullptr, *target_ = nullptr; // 1, 2, 3
    poolgraph_options options_ = {};
};

TEST_F(SearchChainTest, LeadsFromARootByTheFewestReferences) {
    EXPECT_EQ(chain(target_), (std::vector<long>{1, 3}));
    EXPECT_EQ(chain(between_), (std::vector<long>{1, 2}));
}

TEST_F(SearchChainTest, OfARootIsTheRootAlone) { EXPECT_EQ(chain(root_), (std::vector<long>{1})); }

TEST_F(SearchChainTest, OfGarbageIsNone) {
    Node *garbage = ring(node_, 3);
    poolobj_decref(garbage);
    EXPECT_EQ(chain(garbage), (std::vector<long>{}));
}

TEST_F(SearchChainTest, BeginsWhereTheOptionsSayIt) {
    options_.arg = between_;
    options_.is_root = [](poolobj *object, void *arg) { return int(object == arg); };
    EXPECT_EQ(chain(target_), (std::vector<long>{2, 3}));
    EXPECT_EQ(chain(root_), (std::vector<long>{})) << "held from outside does not matter then";
}

TEST_F(SearchChainTest, PassesNothingThatIsLeftOut) {
    poolobj_clear(&root_->left);
    void *ignored[] = {between_};
    options_.ignore = ignored;
    options_.ignore_count = 1;
    EXPECT_EQ(chain(target_), (std::vector<long>{}));
    EXPECT_EQ(chain(between_), (std::vector<long>{1, 2})) << "asked for";
}

TEST_F(SearchChainTest, ItsReferencesAreDescribed) {
    poolobj_clear(&root_->left);
    OpenGraph graph(heap_);
    struct search_chain chain;
    ASSERT_TRUE(search_chain_open(&chain, graph, graph.number(target_), &options_));
    ASSERT_EQ(chain.length, 3u);
    poolgraph_reference first = search_chain_reference(&chain, 0),
                        second = search_chain_reference(&chain, 1);
    EXPECT_EQ(first.from, &root_->base);
    EXPECT_STREQ(first.field, "right");
    EXPECT_EQ(second.to, &target_->base);
    EXPECT_STREQ(second.field, "left");
    search_chain_close(&chain);
}

// The places of a chain that are shown.
std::vector<uint32_t> shown(uint32_t length) {
    std::vector<uint32_t> places;
    for (uint32_t i = 0; i < length; i = search_chain_next(i, length)) places.push_back(i);
    return places;
}

TEST(SearchChainPlaces, OnlyTheMiddleOfALongOneIsLeftOut) {
    for (uint32_t length : {1u, 2u, 39u, 40u}) EXPECT_EQ(shown(length).size(), length);
    for (uint32_t length : {41u, 42u, 1000000u}) {
        std::vector<uint32_t> places = shown(length);
        ASSERT_EQ(places.size(), 2u * CHAIN_ENDS);
        EXPECT_EQ(places[CHAIN_ENDS - 1], uint32_t(CHAIN_ENDS - 1));
        EXPECT_EQ(places[CHAIN_ENDS], length - CHAIN_ENDS);
        EXPECT_EQ(places.back(), length - 1);
    }
}

} // namespace
