// SPDX-License-Identifier: MIT
// That chains are the shortest is tried on random graphs in cycle_test.cc.
#include "graph/chain.h"

#include "support/graph_fixture.h"

namespace {

// A held node that leads to a target by `left`, and by `right` and one node between.
class ChainTest : public GraphTest {
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
        struct chain chain;
        EXPECT_TRUE(chain_open(&chain, graph, graph.number(object), &options_));
        std::vector<long> ids;
        for (uint32_t i = 0; i < chain.length; i++)
            ids.push_back(reinterpret_cast<Node *>(graph->object[chain.route.queue[i]])->id);
        chain_close(&chain);
        return ids;
    }
    Node *root_ = nullptr, *between_ = nullptr, *target_ = nullptr; // 1, 2, 3
    poolgraph_options options_ = {};
};

TEST_F(ChainTest, LeadsFromARootByTheFewestReferences) {
    EXPECT_EQ(chain(target_), (std::vector<long>{1, 3}));
    EXPECT_EQ(chain(between_), (std::vector<long>{1, 2}));
}

TEST_F(ChainTest, OfARootIsTheRootAlone) { EXPECT_EQ(chain(root_), (std::vector<long>{1})); }

TEST_F(ChainTest, OfGarbageIsNone) {
    Node *garbage = ring(node_, 3);
    poolobj_decref(garbage);
    EXPECT_EQ(chain(garbage), (std::vector<long>{}));
}

TEST_F(ChainTest, BeginsWhereTheOptionsSayIt) {
    options_.arg = between_;
    options_.is_root = [](poolobj *object, void *arg) { return int(object == arg); };
    EXPECT_EQ(chain(target_), (std::vector<long>{2, 3}));
    EXPECT_EQ(chain(root_), (std::vector<long>{})) << "held from outside does not matter then";
}

TEST_F(ChainTest, PassesNothingThatIsLeftOut) {
    poolobj_clear(&root_->left);
    void *ignored[] = {between_};
    options_.ignore = ignored;
    options_.ignore_count = 1;
    EXPECT_EQ(chain(target_), (std::vector<long>{}));
    EXPECT_EQ(chain(between_), (std::vector<long>{1, 2})) << "asked for";
}

TEST_F(ChainTest, ItsReferencesAreDescribed) {
    poolobj_clear(&root_->left);
    OpenGraph graph(heap_);
    struct chain chain;
    ASSERT_TRUE(chain_open(&chain, graph, graph.number(target_), &options_));
    ASSERT_EQ(chain.length, 3u);
    poolgraph_reference first = chain_reference(&chain, 0), second = chain_reference(&chain, 1);
    EXPECT_EQ(first.from, &root_->base);
    EXPECT_STREQ(first.field, "right");
    EXPECT_EQ(second.to, &target_->base);
    EXPECT_STREQ(second.field, "left");
    chain_close(&chain);
}

// The places of a chain that are shown.
std::vector<uint32_t> shown(uint32_t length) {
    std::vector<uint32_t> places;
    for (uint32_t i = 0; i < length; i = chain_next(i, length)) places.push_back(i);
    return places;
}

TEST(ChainPlaces, OnlyTheMiddleOfALongOneIsLeftOut) {
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
