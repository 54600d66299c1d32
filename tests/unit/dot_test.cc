// SPDX-License-Identifier: MIT
#include "graph/dot.h"

#include "support/graph_fixture.h"

namespace {

class DotTest : public GraphTest {
  protected:
    // The lines of a picture that `draw` fills, without what is before the first box.
    std::string drawn(const std::function<void(struct dot *, const OpenGraph &)> &draw) {
        OpenGraph graph(heap_);
        std::string text = printed([&](FILE *out) {
            struct dot dot;
            EXPECT_TRUE(dot_open(&dot, graph, &options_, out));
            draw(&dot, graph);
            return dot_close(&dot);
        });
        const std::string head = "color=\"#555555\"];\n";
        EXPECT_EQ(text.substr(0, 19), "digraph poolgraph {");
        return text.substr(text.find(head) + head.size());
    }
    static void has(const std::string &dot, const char *part) {
        EXPECT_NE(dot.find(part), std::string::npos) << part << "\n" << dot;
    }
    poolgraph_options options_ = {};
};

TEST_F(DotTest, AnEmptyPictureHasNoLegend) {
    EXPECT_EQ(drawn([](struct dot *, const OpenGraph &) {}), "}\n");
}

TEST_F(DotTest, PartsAreDrawnAsTheyAreCalled) {
    Node *from = keep(make());
    from->left = make();
    options_.flags = POOLGRAPH_NO_LEGEND;
    EXPECT_EQ(drawn([&](struct dot *dot, const OpenGraph &graph) {
                  uint32_t number = graph.number(from);
                  poolgraph_reference reference = graph_reference(graph, number, 0);
                  dot_object(dot, 0, number, false);
                  dot_reference(dot, 0, 1, &reference);
                  dot_more(dot, 0, 1, "more reference", true);
                  dot_more(dot, 7, 3, "more reference", false);
                  dot_gap(dot, 4, 5, 2);
              }),
              "  n0 [label=\"node\\ncount 1, 1 from outside\", peripheries=2];\n"
              "  n0 -> n1 [label=\".left\"];\n"
              "  m0 [label=\"1 more reference\", shape=plaintext, style=\"\", "
              "fontcolor=\"#555555\"];\n"
              "  n0 -> m0 [style=dashed];\n"
              "  m1 [label=\"3 more references\", shape=plaintext, style=\"\", "
              "fontcolor=\"#555555\"];\n"
              "  m1 -> n7 [style=dashed];\n"
              "  n4 -> n5 [label=\"2 more objects\", style=dashed];\n"
              "}\n");
}

TEST_F(DotTest, NamesOfTypesEndNoString) {
    Node *node = keep(make(type_of(node_spec("a \"quoted\\ name"))));
    has(drawn([&](struct dot *dot, const OpenGraph &graph) {
            dot_object(dot, 0, graph.number(node), false);
        }),
        "label=\"a \\\"quoted\\\\ name\\ncount 1");
}

// Each kind of object in its looks, and all looks in the legend.
TEST_F(DotTest, LooksTellWhatHoldsAnObject) {
    Node *held = keep(make()), *immortal = make(), *garbage = make(), *plain = make();
    poolobj_immortal(immortal);
    held->left = plain;
    poolobj_set(&held->right, immortal);
    poolobj_set(&garbage->left, garbage);
    poolobj_set(&garbage->right, held);
    poolobj_decref(garbage);
    poolgraph_options options = {};
    std::string dot = refs({garbage}, options);
    has(dot, "n0 [label=\"node\\ncount 1\", style=\"filled,dashed\", color=\"#b3261e\", "
             "fillcolor=\"#ffe9a8\"];");
    has(dot, "n1 [label=\"node\\ncount 2, 1 from outside\", peripheries=2];");
    has(dot, "n2 [label=\"node\\ncount 1\"];");
    has(dot, "n3 [label=\"node\\nimmortal\", peripheries=2, color=\"#1f5fa8\", "
             "fontcolor=\"#1f5fa8\"];");
    has(dot, "l1 [label=\"held from outside\", peripheries=2];");
    has(dot, "l4 [label=\"garbage: no root leads to it\", style=\"filled,dashed\", "
             "color=\"#b3261e\"];");
    dot = refs({plain}, options);
    EXPECT_NE(dot.find("l3 "), std::string::npos);
    EXPECT_EQ(dot.find("l4 "), std::string::npos) << "no row of what does not occur";
    options.flags = POOLGRAPH_NO_LEGEND;
    EXPECT_EQ(refs({garbage}, options).find("legend"), std::string::npos);
}

TEST_F(DotTest, AStreamThatFailsIsToldAtTheEnd) {
    OpenGraph graph(heap_);
    FILE *full = fopen("/dev/full", "w");
    ASSERT_NE(full, nullptr);
    struct dot dot;
    ASSERT_TRUE(dot_open(&dot, graph, &options_, full));
    errno = 0;
    EXPECT_EQ(dot_close(&dot), -1);
    EXPECT_EQ(errno, ENOSPC);
    fclose(full);
}

} // namespace
