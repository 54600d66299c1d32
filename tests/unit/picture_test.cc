// SPDX-License-Identifier: MIT
// Pictures as dot reads them, without the looks of boxes but where they are the matter.
#include "graph/picture.h"

#include <regex>

#include "support/graph_fixture.h"

namespace {

class PictureTest : public GraphTest {
  protected:
    // Boxes as "0:label" and arrows as "0->1 label", without what is always the same.
    static std::vector<std::string> parts(const std::string &dot) {
        std::vector<std::string> found;
        std::regex box(R"re(^  ([nm]\d+) \[label="(.*?[^\\])")re");
        std::regex arrow(R"re(^  ([nm]\d+ -> [nm]\d+) \[(?:label="(.*)")?)re");
        std::istringstream lines(dot);
        for (std::string line; std::getline(lines, line);) {
            std::smatch match;
            if (std::regex_search(line, match, arrow))
                found.push_back(match[1].str() + " " + match[2].str());
            else if (std::regex_search(line, match, box))
                found.push_back(match[1].str() + ": " + match[2].str());
        }
        return found;
    }
    using Parts = std::vector<std::string>;
    poolgraph_options ids_ = with_ids();
};

TEST_F(PictureTest, TwoListsThatHoldEachOther) {
    List *a = keep(make_list({nullptr})), *b = keep(make_list({a}));
    poolobj_set(&a->item[0], b);
    Parts both = {"n0: list\\ncount 2, 1 from outside", "n1: list\\ncount 2, 1 from outside",
                  "n0 -> n1 [0]", "n1 -> n0 [0]"};
    EXPECT_EQ(parts(refs({a}, ids_)), both);
    EXPECT_EQ(parts(backrefs({a}, ids_)),
              (Parts{both[0], both[1], "n1 -> n0 [0]", "n0 -> n1 [0]"}));
    EXPECT_EQ(parts(refs({a, b, a}, ids_)), both) << "asked for twice, shown once";
    poolobj_clear(&a->item[0]);
}

TEST_F(PictureTest, WhatIsFartherThanTheDepthIsCounted) {
    std::vector<Node *> nodes = row(6);
    ids_.max_depth = 2;
    EXPECT_EQ(parts(refs({nodes[0]}, ids_)),
              (Parts{"n0: node\\n1\\ncount 1, 1 from outside", "n1: node\\n2\\ncount 1",
                     "n2: node\\n3\\ncount 1", "n0 -> n1 .left", "n1 -> n2 .left",
                     "m0: 1 reference", "n2 -> m0 "}));
    EXPECT_EQ(parts(backrefs({nodes[3]}, ids_)),
              (Parts{"n0: node\\n4\\ncount 1", "n1: node\\n3\\ncount 1", "n2: node\\n2\\ncount 1",
                     "n1 -> n0 .left", "n2 -> n1 .left", "m0: 1 reference", "m0 -> n2 "}));
    ids_.max_depth = 0;
    EXPECT_EQ(parts(refs({nodes[0]}, ids_)).size(), 4 + 3 + 2u) << "three are the default";
    ids_.max_depth = -1;
    EXPECT_EQ(parts(refs({nodes[0]}, ids_)).size(), 6 + 5u);
}

TEST_F(PictureTest, WhatIsWiderThanTheWidthIsCounted) {
    std::vector<void *> items;
    for (int i = 0; i < 15; i++) items.push_back(keep(make()));
    items.push_back(items[0]);
    List *list = keep(make_list(items));
    Parts drawn = parts(refs({list}, ids_));
    EXPECT_EQ(drawn.size(), 1 + 10 + 10 + 2u);
    EXPECT_EQ(drawn[drawn.size() - 2], "m0: 6 more references");
    ids_.max_width = -1;
    EXPECT_EQ(parts(refs({list}, ids_)).size(), 1 + 15 + 16u);
    ids_.max_width = 1;
    Node *hub = static_cast<Node *>(items[0]);
    Parts back = parts(backrefs({hub}, ids_));
    EXPECT_EQ(back,
              (Parts{"n0: node\\n1\\ncount 3, 1 from outside", "n1: list\\ncount 1, 1 from outside",
                     "n1 -> n0 [0]", "m0: 1 more reference", "m0 -> n0 "}));
}

// A reference to what is shown anyway is drawn, at the farthest depth too.
TEST_F(PictureTest, ReferencesBetweenShownObjectsAreDrawn) {
    std::vector<Node *> nodes = row(3);
    poolobj_set(&nodes[2]->right, nodes[0]);
    poolobj_set(&nodes[1]->right, nodes[1]);
    ids_.max_depth = 2;
    Parts drawn = parts(refs({nodes[0]}, ids_));
    EXPECT_EQ(Parts(drawn.begin() + 3, drawn.end()),
              (Parts{"n0 -> n1 .left", "n1 -> n2 .left", "n1 -> n1 .right", "n2 -> n0 .right"}));
    poolobj_clear(&nodes[1]->right);
    poolobj_clear(&nodes[2]->right);
}

TEST_F(PictureTest, WhatIsLeftOutIsAsIfItWereNotThere) {
    std::vector<Node *> nodes = row(4);
    void *ignored[] = {nodes[2]};
    ids_.ignore = ignored;
    ids_.ignore_count = 1;
    EXPECT_EQ(parts(refs({nodes[0]}, ids_)).size(), 2 + 1u);
    EXPECT_EQ(parts(refs({nodes[2]}, ids_)).size(), 2 + 1u) << "asked for: shown";
    ids_.ignore_count = 0;
    ids_.filter = [](poolobj *object, void *) {
        return int(reinterpret_cast<Node *>(object)->id % 2);
    };
    EXPECT_EQ(parts(refs({nodes[0]}, ids_)).size(), 1u);
    EXPECT_EQ(parts(backrefs({nodes[3]}, ids_)).size(), 2 + 1u);
}

TEST_F(PictureTest, ReferencesMayBeNamed) {
    std::vector<Node *> nodes = row(2);
    ids_.name = [](const poolgraph_reference *reference, char *text, size_t size, void *) {
        return snprintf(text, size, "\"%s\" of %ld", reference->field,
                        reinterpret_cast<Node *>(reference->from)->id);
    };
    EXPECT_EQ(parts(refs({nodes[0]}, ids_)).back(), "n0 -> n1 \\\"left\\\" of 1");
}

TEST_F(PictureTest, AChainIsDrawnFromItsRoot) {
    std::vector<Node *> nodes = row(12);
    ids_.max_depth = ids_.max_width = 1;
    Parts drawn = parts(
        printed([&](FILE *out) { return poolgraph_show_chain(heap_, nodes.back(), &ids_, out); }));
    EXPECT_EQ(drawn.size(), 12 + 11u);
    EXPECT_EQ(drawn.front(), "n0: node\\n1\\ncount 1, 1 from outside");
    EXPECT_EQ(drawn.back(), "n10 -> n11 .left");
}

// Two heaps with the same history, side by side at other addresses, give the same text.
TEST_F(PictureTest, ThePictureFollowsFromTheHistoryAlone) {
    std::vector<poolobj_heap *> heaps;
    std::vector<std::string> texts;
    while (heaps.size() < 2) {
        poolobj_heap *heap = poolobj_heap_new();
        poolobj_typespec spec = node_spec();
        poolobj_type *type = poolobj_type_new(heap, &spec);
        struct rng rng = {7};
        std::vector<Node *> nodes;
        for (int i = 0; i < 500; i++) nodes.push_back(static_cast<Node *>(poolobj_new(type)));
        for (Node *node : nodes) {
            poolobj_set(&node->left, nodes[rng_below(&rng, nodes.size())]);
            poolobj_set(&node->right, nodes[rng_below(&rng, nodes.size())]);
        }
        void *first = nodes[0];
        texts.push_back(printed([&](FILE *out) {
            poolgraph_show_counts(heap, 0, out);
            poolgraph_why(heap, nodes[100], nullptr, out);
            poolgraph_show_refs(heap, &first, 1, nullptr, out);
            return poolgraph_show_backrefs(heap, &first, 1, nullptr, out);
        }));
        heaps.push_back(heap);
    }
    EXPECT_EQ(texts[0], texts[1]);
    for (poolobj_heap *heap : heaps) poolobj_heap_close(heap);
}

} // namespace
