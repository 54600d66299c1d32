// SPDX-License-Identifier: MIT
#include "object/batch.h"

#include "support/round_fixture.h"

namespace {

enum { ENOUGH = 16 }; // white objects that make a batch worth while

class BatchTest : public RoundSteps {
  protected:
    // What the batches of the round have freed, when they have all been tried.
    size_t freed_in_batches() {
        EXPECT_TRUE(step_to(ROUND_PIECES));
        return heap_->round.freed_in_batches;
    }
    void lose_rings(poolobj_type *type, int objects, int of_each) {
        for (int i = 0; i < objects; i += of_each) lost_ring(type, of_each);
    }
};

TEST_F(BatchTest, GarbageThatLiesSideBySideIsFreedTogether) {
    Node *held = make();
    lose_rings(node_, ENOUGH, 2);
    EXPECT_EQ(freed_in_batches(), size_t(ENOUGH));
    EXPECT_EQ(dropped.size(), size_t(ENOUGH));
    finish();
    EXPECT_EQ(poolobj_refcount(held), 1);
    poolobj_decref(held);
}

TEST_F(BatchTest, FewAreLeftToThePieces) {
    lose_rings(node_, ENOUGH - 2, 2);
    EXPECT_EQ(freed_in_batches(), 0u);
    EXPECT_TRUE(step_to(ROUND_DRY));
    EXPECT_EQ(dropped.size(), size_t(ENOUGH) - 2);
    finish();
}

TEST_F(BatchTest, WhatABatchHoldsOfOthersIsDropped) {
    Node *held = make(), *garbage = ring(node_, ENOUGH);
    poolobj_set(&garbage->right, held);
    poolobj_decref(garbage);
    EXPECT_EQ(freed_in_batches(), size_t(ENOUGH));
    EXPECT_EQ(poolobj_refcount(held), 1);
    finish();
    poolobj_decref(held);
}

// What refers to one another from afar fails in every batch.
TEST_F(BatchTest, BatchesAreFewWhereTheyFindNothing) {
    poolobj_decref(ring(node_, 9 * ROUND_BATCH_MAX));
    EXPECT_EQ(freed_in_batches(), 0u);
    EXPECT_LE(heap_->round.tried_in_batches, size_t(6 * ROUND_BATCH_MAX));
    finish();
    EXPECT_EQ(dropped.size(), size_t(9 * ROUND_BATCH_MAX));
}

TEST_F(BatchTest, NoBatchIsLong) {
    lose_rings(node_, 4 * ROUND_BATCH_MAX, 2);
    size_t before = 0, most = 0;
    step_until([&](const gc_round &round) {
        most = std::max(most, size_t(round.tried_in_batches) - before);
        before = size_t(round.tried_in_batches);
        return round.phase == ROUND_PIECES;
    });
    EXPECT_LE(most, size_t(ROUND_BATCH_MAX + POOL_GRANULES));
    EXPECT_GT(most, size_t(ROUND_BATCH_MAX / 2));
    EXPECT_EQ(heap_->round.freed_in_batches, size_t(4 * ROUND_BATCH_MAX));
    finish();
}

// The program has taken an object up while the guess said that it is garbage.
TEST_F(BatchTest, WhatIsHeldByNowStaysWithAllThatItLeadsTo) {
    Node *garbage = ring(node_, 3);
    poolobj_weakref *weakref = poolobj_weakref_new(garbage->left, nullptr, nullptr);
    poolobj_decref(garbage);
    lose_rings(node_, ENOUGH, 2);
    ASSERT_TRUE(step_to(ROUND_BATCHES));
    ASSERT_TRUE(is_white(garbage));
    Node *taken = static_cast<Node *>(poolobj_weakref_get(weakref));
    EXPECT_EQ(freed_in_batches(), size_t(ENOUGH));
    finish();
    EXPECT_EQ(poolobj_refcount(taken), 2);
    poolobj_decref(taken);
    poolobj_weakref_free(weakref);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 3u);
}

// The program has taken a ring up and opened it, and drops it beside an object whose finalizer
// makes the next step: the first of the ring waits to be taken apart, and holds the others.
TEST_F(BatchTest, WhatIsDyingIsNoGarbageOfABatch) {
    static std::function<void()> meanwhile;
    poolobj_typespec spec = node_spec("final");
    spec.finalize = [](poolobj *) { meanwhile(); };
    Node *parent = make();
    parent->left = make(type_of(spec));
    Node *garbage = ring(node_, 3);
    poolobj_weakref *weakref = poolobj_weakref_new(garbage, nullptr, nullptr);
    poolobj_decref(garbage);
    lose_rings(node_, ENOUGH, 2);
    ASSERT_TRUE(step_to(ROUND_BATCHES));
    Node *dying = static_cast<Node *>(poolobj_weakref_get(weakref));
    poolobj_weakref_free(weakref);
    poolobj_set(&dying->left->left->left, nullptr);
    parent->right = dying;
    meanwhile = [&] {
        EXPECT_TRUE(dying->base.flags & DYING);
        EXPECT_TRUE(is_white(dying));
        EXPECT_EQ(freed_in_batches(), size_t(ENOUGH));
        EXPECT_FALSE(is_white(dying));
        EXPECT_EQ(dropped.size(), size_t(ENOUGH) + 1) << "of these only the parent";
    };
    poolobj_decref(parent);
    EXPECT_EQ(dropped.size(), size_t(ENOUGH) + 5);
    finish();
}

TEST_F(BatchTest, WhatAFinalizerWillSeeIsLeftWhole) {
    static Node *seen;
    seen = nullptr;
    poolobj_typespec spec = node_spec("final");
    spec.finalize = [](poolobj *object) { seen = reinterpret_cast<Node *>(object)->left; };
    Node *final = make(type_of(spec)), *other = make();
    poolobj_set(&final->left, other);
    poolobj_set(&other->left, final);
    poolobj_decref(final);
    poolobj_decref(other);
    lose_rings(node_, ENOUGH, 2);
    EXPECT_EQ(freed_in_batches(), size_t(ENOUGH));
    EXPECT_EQ(seen, nullptr);
    EXPECT_EQ(poolobj_refcount(other), 1);
    finish();
    EXPECT_EQ(seen, other);
    EXPECT_EQ(dropped.size(), size_t(ENOUGH) + 2);
}

TEST_F(BatchTest, WeakReferencesAreClearedBeforeAnyIsTold) {
    static poolobj_weakref *weak[2];
    static int called;
    called = 0;
    Node *first = ring(node_, 2);
    auto tell = [](poolobj_weakref *, void *) {
        called++;
        for (poolobj_weakref *weakref : weak) EXPECT_EQ(poolobj_weakref_get(weakref), nullptr);
        EXPECT_EQ(dropped.size(), 0u) << "the objects are whole";
    };
    weak[0] = poolobj_weakref_new(first, tell, nullptr);
    weak[1] = poolobj_weakref_new(first->left, tell, nullptr);
    poolobj_decref(first);
    lose_rings(node_, ENOUGH, 2);
    EXPECT_EQ(freed_in_batches(), size_t(ENOUGH) + 2);
    EXPECT_EQ(called, 2);
    finish();
    for (poolobj_weakref *weakref : weak) poolobj_weakref_free(weakref);
}

} // namespace
