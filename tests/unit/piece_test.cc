// SPDX-License-Identifier: MIT
#include "object/piece.h"

#include "support/round_fixture.h"

namespace {

class PieceTest : public RoundSteps {
  protected:
    // What the pieces of the round have freed, when they have all been tried.
    size_t freed_in_pieces() {
        EXPECT_TRUE(step_to(ROUND_DRY));
        return heap_->round.freed_in_pieces;
    }
    // A node of a type that batches leave to the pieces.
    poolobj_type *type_apart() {
        poolobj_typespec spec = node_spec("apart");
        spec.refs = nullptr;
        spec.fields = nullptr;
        spec.traverse = [](poolobj *object, poolobj_visit visit, void *arg) {
            visit(reinterpret_cast<poolobj *const *>(&reinterpret_cast<Node *>(object)->left), 2,
                  arg);
        };
        return type_of(spec);
    }
};

TEST_F(PieceTest, EachSmallRingIsFreedAsOne) {
    Node *held = make();
    poolobj_type *apart = type_apart();
    for (int count : {1, 2, 50}) lost_ring(apart, count);
    EXPECT_EQ(freed_in_pieces(), 53u);
    EXPECT_EQ(dropped.size(), 53u);
    finish();
    poolobj_decref(held);
    EXPECT_EQ(dropped.back(), held->id);
}

TEST_F(PieceTest, WhatARingHoldsOfOthersIsDropped) {
    Node *held = make(), *garbage = ring(node_, 3), *only = make();
    poolobj_set(&garbage->right, held);
    garbage->left->right = only; // dies of it
    poolobj_decref(garbage);
    EXPECT_EQ(freed_in_pieces(), 4u) << "it is in the piece";
    EXPECT_EQ(poolobj_refcount(held), 1);
    finish();
    EXPECT_EQ(sorted(dropped), (std::vector<long>{2, 3, 4, 5}));
    poolobj_decref(held);
}

// The program has taken an object up while the guess said that it is garbage.
TEST_F(PieceTest, WhatIsHeldByNowFailsTheTest) {
    Node *garbage = ring(node_, 3), *other = lost_ring(node_, 2);
    poolobj_weakref *weakref = poolobj_weakref_new(garbage->left, nullptr, nullptr);
    poolobj_decref(garbage);
    ASSERT_TRUE(step_to(ROUND_PIECES));
    ASSERT_TRUE(is_white(garbage) && is_white(other));
    Node *taken = static_cast<Node *>(poolobj_weakref_get(weakref));
    ASSERT_NE(taken, nullptr);
    EXPECT_EQ(freed_in_pieces(), 2u);
    finish();
    EXPECT_EQ(sorted(dropped), (std::vector<long>{4, 5}));
    EXPECT_EQ(poolobj_refcount(taken), 2);
    poolobj_decref(taken);
    poolobj_weakref_free(weakref);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 3u);
}

TEST_F(PieceTest, ARingOfTooManyIsLeftToTheVerdict) {
    lost_ring(type_apart(), ROUND_PIECE_MAX + 1);
    EXPECT_EQ(freed_in_pieces(), 0u);
    finish();
    EXPECT_EQ(dropped.size(), size_t(ROUND_PIECE_MAX) + 1);
}

TEST_F(PieceTest, ARingOfAsManyAsThereIsRoomForIsFreed) {
    lost_ring(type_apart(), ROUND_PIECE_MAX);
    EXPECT_EQ(freed_in_pieces(), size_t(ROUND_PIECE_MAX));
    finish();
}

TEST_F(PieceTest, FinalizersAreCalledOnceAndWhatTheyBringBackStays) {
    static Node *back;
    back = nullptr;
    poolobj_typespec spec = node_spec("final");
    spec.finalize = [](poolobj *object) {
        Node *node = reinterpret_cast<Node *>(object);
        finalized.push_back(node->id);
        if (node->id != 2) return;
        poolobj_incref(object);
        back = node;
    };
    poolobj_type *type = type_of(spec);
    lost_ring(type, 3);
    lost_ring(type, 2);
    EXPECT_EQ(freed_in_pieces(), 2u);
    EXPECT_EQ(sorted(finalized), (std::vector<long>{1, 2, 3, 4, 5}));
    EXPECT_EQ(sorted(dropped), (std::vector<long>{4, 5}));
    EXPECT_EQ(heap_->round.left, 3u);
    finish();
    poolobj_decref(back);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 3u);
    EXPECT_EQ(finalized.size(), 5u);
}

TEST_F(PieceTest, WeakReferencesAreClearedBeforeAnyIsTold) {
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
    EXPECT_EQ(freed_in_pieces(), 2u);
    EXPECT_EQ(called, 2);
    finish();
    for (poolobj_weakref *weakref : weak) poolobj_weakref_free(weakref);
}

} // namespace
