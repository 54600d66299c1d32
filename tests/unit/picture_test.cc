// SPDX-License-Identifier: MIT
// Pictures as dot reads them, without the looks of boxes but where they are the matter.
#include "graph/picture.h"

#include <unistd.h>

#include <fstream>
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

class PictureDotTest : public GraphTest {
  protected:
    // The lines of a picture that `draw` fills, without what is before the first box.
    std::string drawn(const std::function<void(struct picture_dot *, const OpenGraph &)> &draw) {
        OpenGraph graph(heap_);
        std::string text = printed([&](FILE *out) {
            struct picture_dot dot;
            EXPECT_TRUE(picture_dot_open(&dot, graph, &options_, out));
            draw(&dot, graph);
            return picture_dot_close(&dot);
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

TEST_F(PictureDotTest, AnEmptyPictureHasNoLegend) {
    EXPECT_EQ(drawn([](struct picture_dot *, const OpenGraph &) {}), "}\n");
}

TEST_F(PictureDotTest, PartsAreDrawnAsTheyAreCalled) {
    Node *from = keep(make());
    from->left = make();
    options_.flags = POOLGRAPH_NO_LEGEND;
    EXPECT_EQ(drawn([&](struct picture_dot *dot, const OpenGraph &graph) {
                  uint32_t number = graph.number(from);
                  poolgraph_reference reference = graph_reference(graph, number, 0);
                  picture_dot_object(dot, 0, number, false);
                  picture_dot_reference(dot, 0, 1, &reference);
                  picture_dot_more(dot, 0, 1, "more reference", true);
                  picture_dot_more(dot, 7, 3, "more reference", false);
                  picture_dot_gap(dot, 4, 5, 2);
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

TEST_F(PictureDotTest, NamesOfTypesEndNoString) {
    Node *node = keep(make(type_of(node_spec("a \"quoted\\ name"))));
    has(drawn([&](struct picture_dot *dot, const OpenGraph &graph) {
            picture_dot_object(dot, 0, graph.number(node), false);
        }),
        "label=\"a \\\"quoted\\\\ name\\ncount 1");
}

// Each kind of object in its looks, and all looks in the legend.
TEST_F(PictureDotTest, LooksTellWhatHoldsAnObject) {
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

TEST_F(PictureDotTest, AStreamThatFailsIsToldAtTheEnd) {
    OpenGraph graph(heap_);
    FILE *full = fopen("/dev/full", "w");
    ASSERT_NE(full, nullptr);
    struct picture_dot dot;
    ASSERT_TRUE(picture_dot_open(&dot, graph, &options_, full));
    errno = 0;
    EXPECT_EQ(picture_dot_close(&dot), -1);
    EXPECT_EQ(errno, ENOSPC);
    fclose(full);
}

std::string content(const std::string &file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// Files in a folder of the test.
class PictureFileTest : public GraphTest {
  protected:
    void SetUp() override {
        GraphTest::SetUp();
        ASSERT_NE(mkdtemp(folder_), nullptr);
    }
    void TearDown() override {
        for (const std::string &file : files_) unlink(file.c_str());
        rmdir(folder_);
        GraphTest::TearDown();
    }
    std::string file(const char *name) {
        files_.push_back(folder_ + ("/" + std::string(name)));
        return files_.back();
    }
    static int render(const std::string &file, const char *text, bool good = true) {
        FILE *stream = picture_file_open(file.c_str());
        if (stream == nullptr) return -1;
        fputs(text, stream);
        return picture_file_close(stream, file.c_str(), good);
    }
    char folder_[32] = "/tmp/poolgraph-XXXXXX";
    std::vector<std::string> files_;
    const bool has_dot_ = system("command -v dot >/dev/null") == 0;
};

TEST_F(PictureFileTest, TextGoesToTheFileAsItIs) {
    for (const char *name : {"picture.dot", "svg", "a.svg.txt", "x"}) {
        std::string text = file(name);
        EXPECT_EQ(render(text, "digraph { a -> b }\n"), 0);
        EXPECT_EQ(content(text), "digraph { a -> b }\n");
    }
}

TEST_F(PictureFileTest, DotDrawsWhatTheNameAsksFor) {
    std::string svg = file("a picture's.svg"), png = file(".png");
    errno = 0;
    EXPECT_EQ(render(svg, "digraph { a -> b }\n"), has_dot_ ? 0 : -1);
    if (!has_dot_) {
        EXPECT_EQ(errno, ENOENT);
    }
    EXPECT_EQ(render(png, "digraph { a -> b }\n"), has_dot_ ? 0 : -1);
    EXPECT_EQ(content(svg).substr(0, 5), has_dot_ ? "<?xml" : "");
    EXPECT_EQ(content(png).substr(0, 4), has_dot_ ? "\x89PNG" : "");
}

TEST_F(PictureFileTest, DotThatFailsIsAnError) {
    std::string svg = file("x.svg");
    EXPECT_EQ(render(svg, "no picture"), -1);
    EXPECT_EQ(errno, has_dot_ ? EIO : ENOENT);
    EXPECT_EQ(render(file("none") + "/x.svg", "digraph {}"), -1);
    EXPECT_EQ(errno, has_dot_ ? EIO : ENOENT);
}

TEST_F(PictureFileTest, AFileThatCannotBeMadeIsAnError) {
    EXPECT_EQ(render(file("none") + "/x.dot", ""), -1);
    EXPECT_EQ(errno, ENOENT);
}

// The error is that of the text, whatever closing the stream says.
TEST_F(PictureFileTest, WhatIsNotGoodIsNotDrawn) {
    std::string svg = file("x.svg");
    FILE *stream = picture_file_open(svg.c_str());
    ASSERT_NE(stream, nullptr);
    errno = ENOSPC;
    EXPECT_EQ(picture_file_close(stream, svg.c_str(), false), -1);
    EXPECT_EQ(errno, ENOSPC);
    EXPECT_NE(access(svg.c_str(), F_OK), 0);
}

TEST_F(PictureFileTest, APictureGoesToTheFileOfTheOptions) {
    std::string text = file("refs.dot"), svg = file("chain.svg");
    void *node = keep(make());
    poolgraph_options options = {};
    options.file = text.c_str();
    EXPECT_EQ(poolgraph_show_refs(heap_, &node, 1, &options, nullptr), 0);
    options.file = svg.c_str();
    EXPECT_EQ(poolgraph_show_chain(heap_, node, &options, nullptr), has_dot_ ? 0 : -1);
    options.file = nullptr;
    EXPECT_EQ(content(text), refs({node}, options));
    options.file = text.c_str();
    void *none = &none;
    EXPECT_EQ(poolgraph_show_refs(heap_, &none, 1, &options, nullptr), -1);
    EXPECT_EQ(errno, EINVAL);
}

} // namespace
