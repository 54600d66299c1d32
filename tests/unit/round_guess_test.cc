// SPDX-License-Identifier: MIT
// A round's guess may be any: what the program does between its steps, at the places where that
// matters, frees nothing that lives and leaves no garbage.
#include "object/verdict.h"
#include "support/round_fixture.h"

namespace {

enum { LONG = SCAN_FIELDS + 1000 };

struct Far { // more references than a step has time for, in other memory
    poolobj base;
    poolobj **slot;
};

class RoundGuessTest : public RoundSteps {
  protected:
    poolobj_type *far_type();
    static Far *make_far(poolobj_type *type);
    // Up to where an object with many references is cut by the end of a step.
    bool step_until_cut(enum round_phase phase, const void *part) {
        return step_until(
            [&](const gc_round &round) { return round.phase == phase && round.part == part; });
    }
};

poolobj_type *RoundGuessTest::far_type() {
    poolobj_typespec spec = {};
    spec.name = "far";
    spec.size = sizeof(Far);
    spec.traverse = [](poolobj *object, poolobj_visit visit, void *arg) {
        visit(reinterpret_cast<Far *>(object)->slot, LONG, arg);
    };
    spec.drop = [](poolobj *object) { delete[] reinterpret_cast<Far *>(object)->slot; };
    return type_of(spec);
}

Far *RoundGuessTest::make_far(poolobj_type *type) {
    Far *far = static_cast<Far *>(poolobj_new(type));
    far->slot = new poolobj *[LONG]();
    return far;
}

// The pool stays for the other one's sake, and who comes next is looked at as if nothing was cut.
TEST_F(RoundGuessTest, TheDeathOfACutObjectIsNothingToThePoolsBehindIt) {
    poolobj_type *far = far_type(), *later = type_of(node_spec("later"));
    Far *stays = make_far(far), *cut = make_far(far);
    Node *ring = this->ring(later, 2);
    ASSERT_TRUE(step_until_cut(ROUND_RESCUE, cut));
    poolobj_decref(cut);
    finish();
    ASSERT_EQ(dropped, std::vector<long>{});
    EXPECT_EQ(heap_->round.sieves, 0u) << "the guess was right";
    poolobj_decref(stays);
    poolobj_decref(ring);
}

// The ring lives, and is white by no fault of the program.
TEST_F(RoundGuessTest, WhatIsWhiteWithAnyHintIsFreedByNoPiece) {
    poolobj_type *far = far_type();
    for (int hint = 0; hint < 4; hint++) {
        Node *ring = this->ring(node_, 2);
        Far *cut = make_far(far);
        ASSERT_TRUE(step_until_cut(ROUND_RESCUE, cut));
        for (Node *node : {ring, ring->left})
            ledger_round(node)->white.word[ledger_set_word(node)] |= ledger_set_bit(node);
        *ledger_hint(ring) = uint8_t(hint);
        finish();
        ASSERT_EQ(dropped, std::vector<long>{}) << "hint " << hint;
        EXPECT_EQ(poolobj_refcount(ring), 2);
        poolobj_decref(cut);
        poolobj_set(&ring->left, nullptr);
        poolobj_decref(ring);
        dropped.clear();
    }
}

// A ring that no piece holds, one object of which the program gets hold of after the sums in
// slices, and which is white no more once it is immortal: references to it were counted before.
TEST_F(RoundGuessTest, AnObjectThatIsMadeImmortalBeforeTheCheckIsOutsideForAllOfIt) {
    enum { RING = ROUND_PIECE_MAX + 1000 };
    Node *ring = this->ring(node_, RING), *last = ring;
    while (last->left != ring) last = last->left;
    poolobj_weakref *weakref = poolobj_weakref_new(last, nullptr, nullptr);
    poolobj_decref(ring);
    ASSERT_TRUE(step_until([](const gc_round &round) {
        return round.phase == ROUND_DRY && round.pool == nullptr && verdict_is_garbage(&round);
    })) << "all of it is garbage until now";
    ASSERT_EQ(poolobj_weakref_get(weakref), last);
    poolobj_immortal(last);
    finish();
    EXPECT_EQ(dropped.size(), 0u);
    poolobj_weakref_free(weakref);
}

// What a round has condemned is no holder, though it has not let go yet.
TEST_F(RoundGuessTest, CondemnedGarbageHoldsNothing) {
    Node *root = make(), *first = make(), *last = first;
    for (int i = 0; i < 3 * ROUND_PIECE_MAX; i++) {
        last->left = make();
        last = last->left;
    }
    poolobj_incref(root);
    last->right = root;
    last->left = first; // takes over the reference
    ASSERT_TRUE(step_until([](const gc_round &round) { return round.phase == ROUND_DROP; }));
    ASSERT_EQ(poolobj_refcount(root), 2);
    EXPECT_EQ(poolobj_heap_held(heap_, root), nullptr);
    EXPECT_EQ(poolobj_refcount(root), 1);
    poolobj_decref(root);
}

// Half of it has gone, and a new object is in a pool of the rest.
TEST_F(RoundGuessTest, CondemnedGarbageIsNotVerified) {
    const int count = 3 * ROUND_PIECE_MAX + 1; // the last pool has room
    Node *first = lost_ring(node_, count), *last = first;
    while (last->left != first) last = last->left;
    ASSERT_TRUE(step_to(ROUND_FREE));
    ASSERT_TRUE(step_until([](const gc_round &round) { return round.freed > 0; }));
    ASSERT_EQ(type_pool_find(reinterpret_cast<uintptr_t>(first)), nullptr);
    Node *young = make();
    ASSERT_EQ(ledger_pool(young), ledger_pool(last));
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_VERIFY);
    EXPECT_EQ(poolobj_gc_collect(heap_, 0), 0u);
    poolobj_gc_set_debug(heap_, 0);
    finish();
    EXPECT_EQ(dropped.size(), size_t(count));
    poolobj_decref(young);
}

} // namespace
