// SPDX-License-Identifier: MIT
#include "object/verdict.h"

#include "support/round_fixture.h"

namespace {

enum { MANY = ROUND_PIECE_MAX + 1000 }; // more than a piece has room for

class VerdictTest : public RoundSteps {
  protected:
    const struct gc_round &round() const { return heap_->round; }
};

TEST_F(VerdictTest, TheSumsOfGarbageAreEqual) {
    Node *first = ring(node_, MANY);
    poolobj_set(&first->right, first);
    poolobj_decref(first);
    ASSERT_TRUE(step_to(ROUND_CHECK));
    EXPECT_EQ(round().candidates, uint64_t(MANY));
    EXPECT_EQ(round().sum, uint64_t(MANY) + 1);
    EXPECT_EQ(round().edges, uint64_t(MANY) + 1);
    EXPECT_TRUE(verdict_is_garbage(&round()));
    EXPECT_EQ(dropped.size(), 0u);
    finish();
    EXPECT_EQ(dropped.size(), size_t(MANY));
}

// Between the sums in slices and the check at one instant.
TEST_F(VerdictTest, WhatIsTakenUpBeforeTheCheckStays) {
    Node *first = ring(node_, MANY);
    poolobj_weakref *weakref = poolobj_weakref_new(first, nullptr, nullptr);
    poolobj_decref(first);
    ASSERT_TRUE(step_to(ROUND_CHECK));
    ASSERT_EQ(poolobj_weakref_get(weakref), first);
    EXPECT_TRUE(step_to(ROUND_SIEVE_CLEAR)) << "the test has failed";
    EXPECT_FALSE(verdict_is_garbage(&round()) && round().candidates > 0);
    finish();
    EXPECT_EQ(dropped.size(), 0u);
    poolobj_decref(first);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), size_t(MANY));
    poolobj_weakref_free(weakref);
}

TEST_F(VerdictTest, WhatIsCondemnedIsFoundByNobody) {
    Node *first = ring(node_, MANY);
    poolobj_weakref *weakref = poolobj_weakref_new(first, nullptr, nullptr);
    poolobj_decref(first);
    ASSERT_TRUE(step_to(ROUND_DROP));
    EXPECT_TRUE(round().certified);
    EXPECT_TRUE(round_has_condemned(heap_, &first->base));
    EXPECT_EQ(poolobj_weakref_get(weakref), nullptr);
    finish();
    EXPECT_EQ(dropped.size(), size_t(MANY));
    poolobj_weakref_free(weakref);
}

// While all of the garbage is whole.
TEST_F(VerdictTest, WhatGarbageHoldsOfOthersIsDroppedBeforeItGoes) {
    poolobj_type *other = type_of(node_spec("other"));
    Node *held = make(other), *first = ring(node_, MANY);
    poolobj_set(&first->right, held);
    poolobj_decref(first);
    ASSERT_TRUE(step_to(ROUND_DROP));
    EXPECT_EQ(poolobj_refcount(held), 2);
    ASSERT_TRUE(step_to(ROUND_FREE));
    EXPECT_EQ(poolobj_refcount(held), 1);
    EXPECT_EQ(dropped.size(), 0u);
    finish();
    EXPECT_EQ(dropped.size(), size_t(MANY));
    poolobj_decref(held);
}

TEST_F(VerdictTest, FinalizersAreCalledOnceAndItIsTestedAnew) {
    poolobj_typespec spec = node_spec("final");
    spec.finalize = [](poolobj *object) {
        finalized.push_back(reinterpret_cast<Node *>(object)->id);
    };
    lost_ring(type_of(spec), MANY);
    ASSERT_TRUE(step_to(ROUND_CHECK));
    EXPECT_EQ(finalized.size(), 0u);
    ASSERT_TRUE(step_to(ROUND_DRY));
    EXPECT_EQ(finalized.size(), size_t(MANY));
    EXPECT_EQ(dropped.size(), 0u);
    ASSERT_TRUE(step_to(ROUND_DROP));
    finish();
    EXPECT_EQ(finalized.size(), size_t(MANY));
    EXPECT_EQ(dropped.size(), size_t(MANY));
}

TEST_F(VerdictTest, CallbacksOfWeakReferencesSeeNoneOfTheWhite) {
    static poolobj_weakref *weak[2];
    static int called;
    called = 0;
    Node *first = ring(node_, MANY);
    auto tell = [](poolobj_weakref *, void *) {
        called++;
        for (poolobj_weakref *weakref : weak) EXPECT_EQ(poolobj_weakref_get(weakref), nullptr);
    };
    weak[0] = poolobj_weakref_new(first, tell, nullptr);
    weak[1] = poolobj_weakref_new(first->left, tell, nullptr);
    poolobj_decref(first);
    ASSERT_TRUE(step_to(ROUND_CHECK));
    EXPECT_EQ(called, 0);
    finish();
    EXPECT_EQ(called, 2);
    EXPECT_EQ(dropped.size(), size_t(MANY));
    for (poolobj_weakref *weakref : weak) poolobj_weakref_free(weakref);
}

} // namespace
