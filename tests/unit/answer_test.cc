// SPDX-License-Identifier: MIT
#include "graph/answer.h"

#include <algorithm>

#include "graph/search.h"
#include "support/graph_fixture.h"
#include "support/os_faults.h"

namespace {

class AnswerLinesTest : public GraphTest {
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

TEST_F(AnswerLinesTest, AChainIsALineForEachReference) {
    std::vector<Node *> nodes = row(3);
    EXPECT_EQ(lines(answer_print_chain, nodes), "    .left -> node 2\n"
                                                "    .left -> node 3\n");
    EXPECT_EQ(lines(answer_print_chain, {nodes[0]}), "");
}

TEST_F(AnswerLinesTest, TheMiddleOfALongChainIsCounted) {
    std::string whole = lines(answer_print_chain, row(40)),
                cut = lines(answer_print_chain, row(43));
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

TEST_F(AnswerLinesTest, ACycleEndsWhereItBegan) {
    Node *first = ring(node_, 2), *self = make();
    EXPECT_EQ(lines(answer_print_cycle, {first, first->left}), "    node 1\n"
                                                               "    .left -> node 2\n"
                                                               "    .left -> the first of these\n");
    poolobj_set(&self->right, self);
    EXPECT_EQ(lines(answer_print_cycle, {self}), "    node 3\n"
                                                 "    .right -> the first of these\n");
    poolobj_decref(first);
    poolobj_decref(self);
}

class AnswerTypesTest : public GraphTest {
  protected:
    std::string table(size_t limit, const poolgraph_snapshot *snapshot = nullptr) {
        return printed([&](FILE *out) { return answer_types(heap_, snapshot, limit, out); });
    }
    void keep_many(poolobj_type *type, int count) {
        for (int i = 0; i < count; i++) keep(poolobj_new(type));
    }
};

TEST_F(AnswerTypesTest, IsCutWhereAsked) {
    keep_many(node_, 2);
    keep_many(list_, 1);
    keep_many(type_of(node_spec("two\nlines\x01")), 1);
    EXPECT_EQ(table(1), "     objects       bytes  type\n"
                        "           2          64  node\n"
                        "and 2 more types\n");
    EXPECT_EQ(table(2).substr(62), "           1          24  list\n"
                                   "and 1 more type\n");
    std::string all = "     objects       bytes  type\n"
                      "           2          64  node\n"
                      "           1          24  list\n"
                      "           1          32  two\\nlines\xef\xbf\xbd\n";
    for (size_t limit : {size_t(0), size_t(3), size_t(4), SIZE_MAX}) EXPECT_EQ(table(limit), all);
}

TEST_F(AnswerTypesTest, OfGrowthHasAColumnMore) {
    keep_many(node_, 1);
    poolgraph_snapshot *snapshot = poolgraph_snapshot_new(heap_);
    keep_many(node_, 2);
    EXPECT_EQ(table(0, snapshot), "     objects        more       bytes  type\n"
                                  "           3           2          96  node\n");
    poolgraph_snapshot_free(snapshot);
}

TEST_F(AnswerTypesTest, OfNothingIsALineOfWords) {
    poolgraph_snapshot *snapshot = poolgraph_snapshot_new(heap_);
    EXPECT_EQ(table(0), "no objects\n");
    EXPECT_EQ(table(0, snapshot), "nothing grew\n");
    poolgraph_snapshot_free(snapshot);
}

TEST_F(AnswerTypesTest, WithoutMemoryNothingIsPrinted) {
    keep_many(node_, 1);
    std::string text = printed(
        [&](FILE *out) {
            OsFaults faults = OsFaults::from(ALL_CALLS, 0);
            return answer_types(heap_, nullptr, 0, out);
        },
        -1);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(text, "");
}

class AnswerWhyTest : public GraphTest {
  protected:
    // A held list, two nodes in a row below it.
    void SetUp() override {
        GraphTest::SetUp();
        b_ = make();
        a_ = make();
        poolobj_set(&a_->right, b_);
        list_object_ = keep(make_list({nullptr, a_}));
        poolobj_decref(a_);
        poolobj_decref(b_);
    }
    Node *a_ = nullptr, *b_ = nullptr;
    List *list_object_ = nullptr;
    poolgraph_options ids_ = with_ids();
};

TEST_F(AnswerWhyTest, AChainLeadsFromTheRoot) {
    EXPECT_EQ(why(b_, &ids_), "node 1: count 1\n"
                              "  held by a chain that begins at\n"
                              "    list: count 1, 1 from outside\n"
                              "    [1] -> node 2\n"
                              "    .right -> node 1\n");
}

TEST_F(AnswerWhyTest, OfTwoReferencesTheFirstIsShown) {
    poolobj_set(&a_->left, b_);
    EXPECT_NE(why(b_, &ids_).find("    .left -> node 1\n"), std::string::npos);
}

TEST_F(AnswerWhyTest, ARootIsHeldFromOutside) {
    EXPECT_EQ(why(list_object_), "list: count 1, 1 from outside\n"
                                 "  held from outside the heap\n");
    poolobj_incref(keep(b_)); // kept_ drops one
    poolobj_incref(b_);
    EXPECT_EQ(why(b_, &ids_), "node 1: count 3, 2 from outside\n"
                              "  held from outside the heap\n");
    poolobj_decref(b_);
}

TEST_F(AnswerWhyTest, ImmortalObjectsAreRoots) {
    Node *immortal = make(), *below = make();
    poolobj_immortal(immortal);
    immortal->left = below;
    EXPECT_EQ(why(immortal, &ids_), "node 3: immortal\n  lives as long as the heap\n");
    EXPECT_EQ(why(below, &ids_), "node 4: count 1\n"
                                 "  held by a chain that begins at\n"
                                 "    node 3: immortal\n"
                                 "    .left -> node 4\n");
}

TEST_F(AnswerWhyTest, GarbageIsHeldByACycle) {
    Node *first = ring(node_, 2), *below = make();
    poolobj_set(&first->left->right, below);
    poolobj_decref(below);
    poolobj_decref(first);
    EXPECT_EQ(why(first, &ids_), "node 3: count 1\n"
                                 "  garbage: no root leads to it; held by the cycle\n"
                                 "    node 3\n"
                                 "    .left -> node 4\n"
                                 "    .left -> the first of these\n");
    EXPECT_EQ(why(below, &ids_), "node 5: count 1\n"
                                 "  garbage: no root leads to it; held by the cycle\n"
                                 "    node 4\n"
                                 "    .left -> node 3\n"
                                 "    .left -> the first of these\n"
                                 "  and from there:\n"
                                 "    .right -> node 5\n");
    EXPECT_EQ(poolgraph_chain(heap_, first, nullptr, nullptr, 0), -1);
    EXPECT_EQ(errno, ESRCH);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 3u);
}

TEST_F(AnswerWhyTest, AnObjectMayHoldItself) {
    Node *self = make();
    poolobj_set(&self->right, self);
    poolobj_decref(self);
    EXPECT_EQ(why(self, &ids_), "node 3: count 1\n"
                                "  garbage: no root leads to it; held by the cycle\n"
                                "    node 3\n"
                                "    .right -> the first of these\n");
}

TEST_F(AnswerWhyTest, OptionsLeaveOutAndNameRoots) {
    void *ignored[] = {a_, &ignored, nullptr};
    poolgraph_options options = ids_;
    options.ignore = ignored;
    options.ignore_count = 3;
    EXPECT_EQ(why(b_, &options), "node 1: count 1\n"
                                 "  alive, but by no chain that the options allow\n");
    options = ids_;
    options.filter = [](poolobj *object, void *arg) { return int(object != arg); };
    options.arg = a_;
    EXPECT_EQ(poolgraph_chain(heap_, b_, &options, nullptr, 0), -1);
    EXPECT_EQ(poolgraph_chain(heap_, a_, &options, nullptr, 0), 1) << "what is asked for is shown";
    options.filter = nullptr;
    options.is_root = [](poolobj *object, void *arg) { return int(object == arg); };
    EXPECT_EQ(why(a_, &options), "node 2: count 1\n  a root itself\n");
    EXPECT_EQ(why(b_, &options), "node 1: count 1\n"
                                 "  held by a chain that begins at\n"
                                 "    node 2: count 1\n"
                                 "    .right -> node 1\n");
}

TEST_F(AnswerWhyTest, ChainsAreHandedOutInPart) {
    poolgraph_reference chain[3] = {};
    EXPECT_EQ(poolgraph_chain(heap_, b_, nullptr, chain, 1), 2);
    EXPECT_EQ(chain[0].from, &list_object_->base);
    EXPECT_EQ(chain[0].to, &a_->base);
    EXPECT_EQ(chain[1].from, nullptr);
    EXPECT_EQ(poolgraph_chain(heap_, b_, nullptr, chain, 3), 2);
    EXPECT_STREQ(chain[1].field, "right");
    EXPECT_EQ(chain[2].from, nullptr);
    EXPECT_EQ(poolgraph_chain(heap_, list_object_, nullptr, chain, 3), 0);
}

TEST_F(AnswerWhyTest, TheMiddleOfALongChainIsLeftOut) {
    const long length = 100;
    Node *first = keep(make()), *last = first;
    for (long i = 1; i < length; i++) {
        last->left = make();
        last = last->left;
    }
    std::string text = why(last, &ids_);
    EXPECT_NE(text.find(".left -> node 22\n    ... 60 more objects\n    ... -> node 83\n"),
              std::string::npos)
        << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2 + 2 * CHAIN_ENDS + 1);
    poolgraph_options options = with_ids();
    text = printed([&](FILE *out) { return poolgraph_show_chain(heap_, last, &options, out); });
    EXPECT_NE(text.find("n19 -> n80 [label=\"60 more objects\", style=dashed];"), std::string::npos)
        << text;
}

TEST_F(AnswerWhyTest, WrongCountsAreTold) {
    a_->left = b_; // and no reference taken
    EXPECT_EQ(poolgraph_outside(heap_, b_), -1);
    EXPECT_EQ(why(b_, &ids_).substr(0, 55),
              "node 1: count 1, but 2 references to it are reported\n  ");
    a_->left = nullptr;
}

class AnswerLeaksTest : public GraphTest {
  protected:
    std::string leaks(ptrdiff_t left) {
        return printed([&](FILE *out) { return poolgraph_leaks(heap_, &ids_, out); }, left);
    }
    poolgraph_options ids_ = with_ids();
};

const char HEAD[] = "     objects       bytes        held      led to   in cycles  type\n";

TEST_F(AnswerLeaksTest, NothingLeftIsNothingSaid) {
    EXPECT_EQ(leaks(0), "");
    Node *immortal = make();
    poolobj_immortal(immortal);
    immortal->left = make();
    EXPECT_EQ(leaks(0), "");
}

TEST_F(AnswerLeaksTest, WhatIsLeftIsSortedByWhatHoldsIt) {
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

TEST_F(AnswerLeaksTest, WhatAnImmortalHoldsMayStillBeHeld) {
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
TEST_F(AnswerLeaksTest, TheShortestCycleIsFound) {
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

TEST_F(AnswerLeaksTest, TheShortestOfManyRingsIsFound) {
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
TEST_F(AnswerLeaksTest, ACycleOfSeveralTypesIsShownOnce) {
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

TEST_F(AnswerLeaksTest, ManyHeldObjectsAreCutShort) {
    for (int i = 0; i < 8; i++) keep(make());
    std::string text = leaks(8);
    EXPECT_NE(text.find("    node 5: count 1, 1 from outside\n    and 3 more of type node\n"),
              std::string::npos)
        << text;
}

// At the close, before the collection that would take the cycle away.
TEST_F(AnswerLeaksTest, TheReportComesAtTheClose) {
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
