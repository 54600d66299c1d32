// SPDX-License-Identifier: MIT
#include "graph/why.h"

#include "graph/chain.h"
#include "support/graph_fixture.h"

namespace {

class WhyTest : public GraphTest {
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

TEST_F(WhyTest, AChainLeadsFromTheRoot) {
    EXPECT_EQ(why(b_, &ids_), "node 1: count 1\n"
                              "  held by a chain that begins at\n"
                              "    list: count 1, 1 from outside\n"
                              "    [1] -> node 2\n"
                              "    .right -> node 1\n");
}

TEST_F(WhyTest, OfTwoReferencesTheFirstIsShown) {
    poolobj_set(&a_->left, b_);
    EXPECT_NE(why(b_, &ids_).find("    .left -> node 1\n"), std::string::npos);
}

TEST_F(WhyTest, ARootIsHeldFromOutside) {
    EXPECT_EQ(why(list_object_), "list: count 1, 1 from outside\n"
                                 "  held from outside the heap\n");
    poolobj_incref(keep(b_)); // kept_ drops one
    poolobj_incref(b_);
    EXPECT_EQ(why(b_, &ids_), "node 1: count 3, 2 from outside\n"
                              "  held from outside the heap\n");
    poolobj_decref(b_);
}

TEST_F(WhyTest, ImmortalObjectsAreRoots) {
    Node *immortal = make(), *below = make();
    poolobj_immortal(immortal);
    immortal->left = below;
    EXPECT_EQ(why(immortal, &ids_), "node 3: immortal\n  lives as long as the heap\n");
    EXPECT_EQ(why(below, &ids_), "node 4: count 1\n"
                                 "  held by a chain that begins at\n"
                                 "    node 3: immortal\n"
                                 "    .left -> node 4\n");
}

TEST_F(WhyTest, GarbageIsHeldByACycle) {
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

TEST_F(WhyTest, AnObjectMayHoldItself) {
    Node *self = make();
    poolobj_set(&self->right, self);
    poolobj_decref(self);
    EXPECT_EQ(why(self, &ids_), "node 3: count 1\n"
                                "  garbage: no root leads to it; held by the cycle\n"
                                "    node 3\n"
                                "    .right -> the first of these\n");
}

TEST_F(WhyTest, OptionsLeaveOutAndNameRoots) {
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

TEST_F(WhyTest, ChainsAreHandedOutInPart) {
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

TEST_F(WhyTest, TheMiddleOfALongChainIsLeftOut) {
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

TEST_F(WhyTest, WrongCountsAreTold) {
    a_->left = b_; // and no reference taken
    EXPECT_EQ(poolgraph_outside(heap_, b_), -1);
    EXPECT_EQ(why(b_, &ids_).substr(0, 55),
              "node 1: count 1, but 2 references to it are reported\n  ");
    a_->left = nullptr;
}

} // namespace
