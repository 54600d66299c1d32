// SPDX-License-Identifier: MIT
#include "object/hint.h"

#include <memory>

#include "support/round_fixture.h"

namespace {

class HintTest : public RoundSteps {
  protected:
    static int hint(const Node *node) { return *ledger_hint(node); }
};

TEST_F(HintTest, CountsWhatIsHeldFromOutside) {
    Node *held = make(), *inner = make(), *twice = make();
    poolobj_set(&held->left, inner);
    poolobj_set(&held->right, twice);
    poolobj_decref(inner);
    ASSERT_TRUE(step_to(ROUND_RESCUE));
    EXPECT_EQ(hint(held), 1);
    EXPECT_EQ(hint(inner), 0);
    EXPECT_EQ(hint(twice), 1);
    for (Node *node : {held, inner, twice}) EXPECT_TRUE(is_white(node));
    finish();
    poolobj_decref(held);
    poolobj_decref(twice);
}

// Who is in the round stays out of collections of the younger.
TEST_F(HintTest, ClearMakesAllOfTheOldestGeneration) {
    Node *garbage = lost_ring(node_, 3);
    ASSERT_TRUE(step_to(ROUND_COUNT));
    EXPECT_EQ(generation_members(ledger_pool(garbage), OLDEST - 1).word[0], 0u);
    EXPECT_EQ(poolobj_gc_collect(heap_, OLDEST - 1), 0u);
    finish();
    EXPECT_EQ(dropped.size(), 3u);
}

TEST_F(HintTest, AnImmortalIsNoCandidateAndHoldsWhatItRefersTo) {
    Node *immortal = make(), *inner = make();
    immortal->left = inner;
    poolobj_immortal(immortal);
    ASSERT_TRUE(step_to(ROUND_RESCUE));
    EXPECT_FALSE(is_white(immortal));
    EXPECT_EQ(hint(inner), 1);
    finish();
    EXPECT_EQ(dropped.size(), 0u);
}

TEST_F(HintTest, RescueLeavesWhiteWhatNoHintLeadsTo) {
    Node *held = make(), *far = make(), *garbage = lost_ring(node_, 2);
    held->left = make();
    held->left->right = far;
    ASSERT_TRUE(step_to(ROUND_PIECES));
    for (Node *node : {held, held->left, far}) EXPECT_FALSE(is_white(node)) << node->id;
    for (Node *node : {garbage, garbage->left}) {
        EXPECT_TRUE(is_white(node));
        EXPECT_EQ(hint(node), 0);
    }
    finish();
    EXPECT_EQ(dropped.size(), 2u);
    poolobj_decref(held);
}

// The guess is wrong then, and no more than a guess.
TEST_F(HintTest, AMultipleOf256ReferencesFromOutsideIsNoHint) {
    Node *held = make();
    for (int i = 1; i < 256; i++) poolobj_incref(held);
    ASSERT_TRUE(step_to(ROUND_PIECES));
    EXPECT_TRUE(is_white(held));
    finish();
    EXPECT_EQ(dropped.size(), 0u);
    for (int i = 1; i < 256; i++) poolobj_decref(held);
    ASSERT_TRUE(step_to(ROUND_PIECES));
    EXPECT_FALSE(is_white(held));
    finish();
    poolobj_decref(held);
}

// A type of one reference goes another way than one of two.
TEST_F(HintTest, ObjectsOfOtherShapesAreCountedToo) {
    static const size_t one[] = {offsetof(Node, left), POOLOBJ_END};
    poolobj_typespec spec = node_spec("one");
    spec.refs = one;
    spec.fields = nullptr;
    poolobj_type *type = type_of(spec);
    Node *held = make(type), *garbage = lost_ring(type, 2);
    held->left = make(type);
    ASSERT_TRUE(step_to(ROUND_RESCUE));
    EXPECT_EQ(hint(held), 1);
    EXPECT_EQ(hint(held->left), 0);
    ASSERT_TRUE(step_to(ROUND_PIECES));
    EXPECT_FALSE(is_white(held->left));
    EXPECT_TRUE(is_white(garbage));
    finish();
    EXPECT_EQ(dropped.size(), 2u);
    poolobj_decref(held);
}

TEST_F(HintTest, WhatHasDiedMeanwhileIsWhiteNoMore) {
    Node *immortal = make();
    ASSERT_TRUE(step_to(ROUND_RESCUE));
    EXPECT_TRUE(is_white(immortal));
    EXPECT_TRUE(hint_is_countable(&immortal->base));
    poolobj_immortal(immortal);
    EXPECT_FALSE(hint_is_countable(&immortal->base));
    EXPECT_FALSE(is_white(immortal));
    finish();
}

// Pools without objects: the queue looks at nothing but whether they are in it.
TEST(HintQueue, HasEachPoolOnceAndTellsWhenItIsFull) {
    auto scratch = std::make_unique<struct round_scratch>();
    std::vector<struct type_pool> pools(ROUND_QUEUE_MAX + 1);
    struct gc_round round = {};
    round.scratch = scratch.get();
    round.queue_first = round.queue_last = 1000; // it goes round
    for (int i = 0; i < ROUND_QUEUE_MAX; i++)
        for (int twice = 0; twice < 2; twice++) hint_queue_add(&round, &pools[size_t(i)]);
    EXPECT_EQ(round.queue_last - round.queue_first, size_t(ROUND_QUEUE_MAX));
    EXPECT_FALSE(round.overflow);
    for (size_t i = 0; i < ROUND_QUEUE_MAX; i++)
        ASSERT_EQ(scratch->queue[(1000 + i) % ROUND_QUEUE_MAX], &pools[i]);
    hint_queue_add(&round, &pools.back());
    EXPECT_TRUE(round.overflow);
    EXPECT_FALSE(pools.back().queued);
    hint_queue_clear(&round);
    EXPECT_EQ(round.queue_last, round.queue_first);
    EXPECT_FALSE(round.overflow);
    for (const struct type_pool &pool : pools) ASSERT_FALSE(pool.queued);
}

} // namespace
