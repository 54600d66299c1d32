// SPDX-License-Identifier: MIT
#include "graph/path.h"

#include <algorithm>

#include "support/graph_fixture.h"

namespace {

class PathTest : public GraphTest {
  protected:
    using Print = void (*)(const struct label *, const struct graph *, const uint32_t *, uint32_t);
    std::string lines(Print print, const std::vector<Node *> &nodes) {
        OpenGraph graph(heap_);
        std::vector<uint32_t> numbers;
        for (Node *node : nodes) numbers.push_back(graph.number(node));
        return printed([&](FILE *out) {
            struct text text;
            struct label label = {&text, LABEL_LINE, &options_};
            label_open(&text, out);
            print(&label, graph, numbers.data(), uint32_t(numbers.size()));
            return label_close(&text);
        });
    }
    poolgraph_options options_ = with_ids();
};

TEST_F(PathTest, AChainIsALineForEachReference) {
    std::vector<Node *> nodes = row(3);
    EXPECT_EQ(lines(path_print, nodes), "    .left -> node 2\n"
                                        "    .left -> node 3\n");
    EXPECT_EQ(lines(path_print, {nodes[0]}), "");
}

TEST_F(PathTest, TheMiddleOfALongChainIsCounted) {
    std::string whole = lines(path_print, row(40)), cut = lines(path_print, row(43));
    EXPECT_EQ(whole.find("..."), std::string::npos);
    EXPECT_EQ(std::count(whole.begin(), whole.end(), '\n'), 39);
    EXPECT_NE(cut.find("    .left -> node 60\n"
                       "    ... 3 more objects\n"
                       "    ... -> node 64\n"
                       "    .left -> node 65\n"),
              std::string::npos)
        << cut;
    EXPECT_EQ(std::count(cut.begin(), cut.end(), '\n'), 40);
}

TEST_F(PathTest, ACycleEndsWhereItBegan) {
    Node *first = ring(node_, 2), *self = make();
    EXPECT_EQ(lines(path_print_cycle, {first, first->left}), "    node 1\n"
                                                             "    .left -> node 2\n"
                                                             "    .left -> the first of these\n");
    poolobj_set(&self->right, self);
    EXPECT_EQ(lines(path_print_cycle, {self}), "    node 3\n"
                                               "    .right -> the first of these\n");
    poolobj_decref(first);
    poolobj_decref(self);
}

} // namespace
