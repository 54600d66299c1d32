// SPDX-License-Identifier: MIT
#include "graph/referrers.h"

#include <algorithm>

#include "support/graph_fixture.h"
#include "support/os_faults.h"

namespace {

class ReferrersTest : public GraphTest {
  protected:
    // Entries of an object as pairs of number and slot.
    using Entries = std::vector<std::pair<uint32_t, uint32_t>>;
    static Entries entries(const struct referrers &referrers, uint32_t number) {
        Entries found;
        for (uint64_t e = referrers.first[number]; e < referrers.first[number + 1]; e++)
            found.emplace_back(referrers.entry[e].from, referrers.entry[e].slot);
        return found;
    }
};

TEST_F(ReferrersTest, EachIsFoundByWhatItLeadsTo) {
    Node *hub = keep(make()), *a = keep(make()), *lone = keep(make());
    poolobj_set(&a->right, hub);
    Tuple *tuple = keep(make_tuple({hub, nullptr, a, hub}));
    OpenGraph graph(heap_);
    struct referrers referrers;
    ASSERT_TRUE(referrers_open(&referrers, graph));
    referrers_check(&referrers, graph);
    uint32_t from_a = graph.number(a), from_tuple = graph.number(tuple);
    Entries expected = {{from_a, 1}, {from_tuple, 0}, {from_tuple, 3}};
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(entries(referrers, graph.number(hub)), expected);
    EXPECT_EQ(entries(referrers, from_a), (Entries{{from_tuple, 2}}));
    EXPECT_EQ(entries(referrers, graph.number(lone)), Entries{});
    referrers_close(&referrers);
    poolobj_clear(&a->right);
}

TEST_F(ReferrersTest, AHeapWithoutObjectsHasNone) {
    OpenGraph graph(heap_);
    struct referrers referrers;
    ASSERT_TRUE(referrers_open(&referrers, graph));
    referrers_check(&referrers, graph);
    EXPECT_EQ(referrers.first[0], 0u);
    referrers_close(&referrers);
    referrers_close(&referrers);
}

TEST_F(ReferrersTest, OfRandomGraphsAllAreThere) {
    struct rng rng = {test_seed()};
    for (int round = 0; round < 20; round++) {
        std::vector<Node *> nodes = random_nodes(&rng, 1 + rng_below(&rng, 200));
        OpenGraph graph(heap_);
        struct referrers referrers;
        ASSERT_TRUE(referrers_open(&referrers, graph));
        referrers_check(&referrers, graph);
        for (Node *node : nodes)
            ASSERT_EQ(entries(referrers, graph.number(node)).size(),
                      poolgraph_referrers(heap_, node, nullptr, nullptr));
        referrers_close(&referrers);
        for (Node *node : nodes) poolobj_decref(node);
        for (void *object : kept_) poolobj_decref(object);
        kept_.clear();
        poolobj_gc_collect(heap_, 2);
    }
}

TEST_F(ReferrersTest, WithoutMemoryTheyAreNotOpenedAndNothingStays) {
    keep(make());
    OpenGraph graph(heap_);
    struct referrers referrers;
    uint64_t refused = 0;
    auto opens = [&] {
        OsFaults faults = OsFaults::nth(only(OS_MAP), refused);
        errno = 0;
        return referrers_open(&referrers, graph);
    };
    for (; !opens(); refused++) {
        EXPECT_EQ(errno, ENOMEM);
        EXPECT_EQ(referrers.first, nullptr);
        EXPECT_EQ(referrers.entry, nullptr);
    }
    EXPECT_GE(refused, 2u) << "there are two arrays";
    referrers_check(&referrers, graph);
    referrers_close(&referrers);
}

} // namespace
