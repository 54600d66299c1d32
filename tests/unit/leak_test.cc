// SPDX-License-Identifier: MIT
#include "graph/leak.h"

#include "support/graph_fixture.h"

namespace {

class LeakTest : public GraphTest {
  protected:
    std::string leaks(ptrdiff_t left) {
        return printed([&](FILE *out) { return poolgraph_leaks(heap_, &ids_, out); }, left);
    }
    poolgraph_options ids_ = with_ids();
};

const char HEAD[] = "     objects       bytes        held      led to   in cycles  type\n";

TEST_F(LeakTest, NothingLeftIsNothingSaid) {
    EXPECT_EQ(leaks(0), "");
    Node *immortal = make();
    poolobj_immortal(immortal);
    immortal->left = make();
    EXPECT_EQ(leaks(0), "");
}

TEST_F(LeakTest, WhatIsLeftIsSortedByWhatHoldsIt) {
    Node *held = keep(make());
    poolobj_set(&held->left, make_list({}));
    poolobj_decref(held->left);
    Node *cycle = ring(node_, 3), *below = make();
    poolobj_set(&cycle->right, below);
    poolobj_decref(below);
    poolobj_decref(cycle);
    EXPECT_EQ(leaks(6), std::string("poolgraph: 6 objects are left in the heap\n") + HEAD +
                            "           5         160           1           0           4  node\n"
                            "           1          24           0           1           0  list\n"
                            "  held from outside, by references that nobody dropped:\n"
                            "    node 1: count 1, 1 from outside\n"
                            "  node: the shortest cycle that holds one of them\n"
                            "    node 2\n"
                            "    .left -> node 3\n"
                            "    .left -> node 4\n"
                            "    .left -> the first of these\n");
}

TEST_F(LeakTest, WhatAnImmortalHoldsMayStillBeHeld) {
    Node *immortal = make(), *held = keep(make());
    poolobj_immortal(immortal);
    poolobj_set(&immortal->left, held);
    EXPECT_EQ(leaks(1), std::string("poolgraph: 1 object is left in the heap\n") + HEAD +
                            "           1          32           1           0           0  node\n"
                            "  held from outside, by references that nobody dropped:\n"
                            "    node 2: count 2, 1 from outside\n");
}

// The report shows the shortest of many cycles, wherever it is, and how other garbage hangs from
// it.
TEST_F(LeakTest, TheShortestCycleIsFound) {
    for (int length : {40, 7, 3, 5, 7}) poolobj_decref(ring(node_, length));
    Node *ring_of_4 = ring(node_, 4);
    poolobj_set(&ring_of_4->left->right, ring_of_4->left); // the chord makes one of 1
    List *list = make_list({});
    poolobj_set(&ring_of_4->right, list);
    poolobj_decref(list);
    poolobj_decref(ring_of_4);
    std::string text = leaks(67);
    EXPECT_EQ(text.substr(text.find("  node: ")),
              "  node: the shortest cycle that holds one of them\n"
              "    node 64\n"
              "    .right -> the first of these\n"
              "  list: the shortest cycle that holds one of them\n"
              "    node 63\n"
              "    .left -> node 64\n"
              "    .left -> node 65\n"
              "    .left -> node 66\n"
              "    .left -> the first of these\n"
              "  and from there:\n"
              "    .right -> list\n");
}

TEST_F(LeakTest, TheShortestOfManyRingsIsFound) {
    for (int length : {40, 7, 3, 5, 7}) poolobj_decref(ring(node_, length));
    std::string text = leaks(62);
    EXPECT_EQ(text.substr(text.find("  node: ")),
              "  node: the shortest cycle that holds one of them\n"
              "    node 48\n"
              "    .left -> node 49\n"
              "    .left -> node 50\n"
              "    .left -> the first of these\n");
}

// Not once more for each of the types on it.
TEST_F(LeakTest, ACycleOfSeveralTypesIsShownOnce) {
    Node *node = make();
    List *list = make_list({node});
    poolobj_set(&node->left, list);
    poolobj_decref(list);
    poolobj_decref(node);
    std::string text = leaks(2);
    EXPECT_EQ(text.substr(text.find("  node: ")),
              "  node: the shortest cycle that holds one of them\n"
              "    node 1\n"
              "    .left -> list\n"
              "    [0] -> the first of these\n"
              "  list: on a cycle above\n");
}

TEST_F(LeakTest, ManyHeldObjectsAreCutShort) {
    for (int i = 0; i < 8; i++) keep(make());
    std::string text = leaks(8);
    EXPECT_NE(text.find("    node 5: count 1, 1 from outside\n    and 3 more of type node\n"),
              std::string::npos)
        << text;
}

// At the close, before the collection that would take the cycle away.
TEST_F(LeakTest, TheReportComesAtTheClose) {
    std::string text = printed([&](FILE *out) {
        poolgraph_leaks_at_close(heap_, out);
        poolobj_decref(ring(node_, 2));
        poolobj_heap_close(heap_);
        heap_ = nullptr;
        return 0;
    });
    EXPECT_EQ(text, std::string("poolgraph: 2 objects are left in the heap\n") + HEAD +
                        "           2          64           0           0           2  node\n"
                        "  node: the shortest cycle that holds one of them\n"
                        "    node\n"
                        "    .left -> node\n"
                        "    .left -> the first of these\n");
    EXPECT_EQ(dropped.size(), 2u);
}

} // namespace
