// SPDX-License-Identifier: MIT
#include "graph/choice.h"

#include <map>

#include "support/graph_fixture.h"

namespace {

class ChoiceTest : public GraphTest {
  protected:
    void SetUp() override {
        GraphTest::SetUp();
        for (Node *&node : nodes_) node = keep(make());
    }
    // The ids of the nodes that are shown, each asked for twice.
    std::vector<long> shown(const std::vector<Node *> &kept = {}) {
        OpenGraph graph(heap_);
        struct choice choice;
        EXPECT_TRUE(choice_open(&choice, graph, &options_));
        for (Node *node : kept) choice_keep(&choice, graph.number(node));
        std::vector<long> ids;
        for (int round = 0; round < 2; round++) {
            ids.clear();
            for (Node *node : nodes_)
                if (choice_shows(&choice, graph.number(node))) ids.push_back(node->id);
        }
        choice_close(&choice);
        return ids;
    }
    Node *nodes_[4] = {};
    poolgraph_options options_ = {};
};

TEST_F(ChoiceTest, WithoutOptionsAllAreShown) {
    EXPECT_EQ(shown(), (std::vector<long>{1, 2, 3, 4}));
}

// What is no object of the heap may be among them.
TEST_F(ChoiceTest, WhatIsIgnoredIsLeftOut) {
    void *ignored[] = {nodes_[1], &ignored, nullptr, nodes_[3]};
    options_.ignore = ignored;
    options_.ignore_count = 4;
    EXPECT_EQ(shown(), (std::vector<long>{1, 3}));
    EXPECT_EQ(shown({nodes_[3]}), (std::vector<long>{1, 3, 4})) << "one was asked for";
}

TEST_F(ChoiceTest, TheFilterIsAskedOncePerObjectAndNotOfWhatIsDecided) {
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

} // namespace
