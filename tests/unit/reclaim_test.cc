// SPDX-License-Identifier: MIT
#include "object/reclaim.h"

#include "support/object_fixture.h"

namespace {

// A collection that the test takes apart: found are the white objects, by the chain of their pools.
class ReclaimTest : public ObjectTest {
  protected:
    void find() {
        heap_->collecting = true;
        struct type_pool *chain = generation_take(heap_, OLDEST);
        reach_find(heap_, chain, OLDEST);
        generation_sort(heap_, chain);
        chain_ = reclaim_pools(chain);
    }
    // The end of the white objects; returns their number.
    size_t end() {
        poolobj *dead = nullptr;
        size_t count = reclaim_free(heap_, chain_, &dead);
        died_after_ = dropped.size();
        generation_let_go(chain_);
        if (dead != nullptr) object_die_chain(heap_, dead);
        heap_->collecting = false;
        return count;
    }
    Node *lost_ring(poolobj_type *type, int count) {
        Node *first = ring(type, count);
        poolobj_decref(first);
        return first;
    }
    poolobj_type *finalized_type(void (*finalize)(poolobj *)) {
        poolobj_typespec spec = node_spec("final");
        spec.finalize = finalize;
        return type_of(spec);
    }
    struct type_pool *chain_ = nullptr;
    size_t died_after_ = 0;
};

TEST_F(ReclaimTest, OnlyPoolsWithWhiteObjectsStayInTheChain) {
    poolobj_type *living = type_of(node_spec("living"));
    Node *held = make(living), *garbage = lost_ring(node_, 2);
    find();
    EXPECT_EQ(chain_, ledger_pool(garbage));
    EXPECT_EQ(chain_->next_work, nullptr);
    EXPECT_TRUE(chain_->held);
    EXPECT_FALSE(ledger_pool(held)->held);
    EXPECT_EQ(end(), 2u);
    poolobj_decref(held);
}

TEST_F(ReclaimTest, WhatDiesOfGarbageEndsAfterIt) {
    poolobj_typespec spec = node_spec("leaf");
    spec.refs = spec.refs + 2; // none
    spec.fields = nullptr;
    Node *leaf = make(type_of(spec)), *held = make(), *garbage = ring(node_, 2);
    garbage->right = leaf;
    poolobj_set(&garbage->left->right, held);
    poolobj_decref(garbage);
    find();
    EXPECT_EQ(end(), 2u);
    EXPECT_EQ(died_after_, 2u);
    EXPECT_EQ(dropped.back(), leaf->id);
    EXPECT_EQ(poolobj_refcount(held), 1);
    poolobj_decref(held);
}

TEST_F(ReclaimTest, WhatAFinalizerBringsBackIsWhiteNoMoreWithAllItRefersTo) {
    static Node *back;
    poolobj_type *type = finalized_type([](poolobj *object) {
        back = reinterpret_cast<Node *>(object);
        finalized.push_back(back->id);
        poolobj_incref(object);
    });
    Node *hangs = make(), *brought = lost_ring(type, 1);
    brought->right = hangs;
    lost_ring(node_, 3);
    find();
    EXPECT_EQ(reclaim_finalize(heap_, chain_), 2u);
    EXPECT_EQ(finalized, (std::vector<long>{brought->id}));
    EXPECT_EQ(end(), 3u);
    EXPECT_EQ(dropped.size(), 3u);
    poolobj_decref(back);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
    EXPECT_EQ(finalized.size(), 1u) << "once per object";
}

TEST_F(ReclaimTest, CallbacksComeBeforeFinalizersAndAllAreClearedBeforeTheFirst) {
    static std::string order;
    static poolobj_weakref *weak[2];
    order.clear();
    poolobj_type *type = finalized_type([](poolobj *) { order += "f"; });
    Node *first = ring(type, 2);
    auto tell = [](poolobj_weakref *, void *) {
        order += "w";
        for (poolobj_weakref *weakref : weak) EXPECT_EQ(poolobj_weakref_get(weakref), nullptr);
    };
    weak[0] = poolobj_weakref_new(first, tell, nullptr);
    weak[1] = poolobj_weakref_new(first->left, tell, nullptr);
    poolobj_decref(first);
    find();
    EXPECT_EQ(reclaim_finalize(heap_, chain_), 0u);
    EXPECT_EQ(order, "wwff");
    EXPECT_EQ(end(), 2u);
    for (poolobj_weakref *weakref : weak) poolobj_weakref_free(weakref);
}

// A finalizer may still look through it.
TEST_F(ReclaimTest, AWeakReferenceWithoutACallbackIsClearedLast) {
    static poolobj_weakref *weak;
    static void *seen;
    poolobj_type *type = finalized_type([](poolobj *) {
        seen = poolobj_weakref_get(weak);
        if (seen != nullptr) poolobj_decref(seen);
    });
    Node *garbage = make(type);
    poolobj_set(&garbage->left, garbage);
    weak = poolobj_weakref_new(garbage, nullptr, nullptr);
    poolobj_decref(garbage);
    find();
    reclaim_finalize(heap_, chain_);
    EXPECT_EQ(seen, garbage);
    EXPECT_EQ(poolobj_weakref_get(weak), nullptr);
    EXPECT_EQ(end(), 1u);
    poolobj_weakref_free(weak);
}

TEST_F(ReclaimTest, WhatIsSavedIsHeldAndMarked) {
    Node *garbage = lost_ring(node_, 2);
    find();
    EXPECT_EQ(reclaim_save(chain_), 2u);
    EXPECT_EQ(reach_count(chain_), 0u);
    EXPECT_EQ(end(), 0u);
    for (Node *node : {garbage, garbage->left}) {
        EXPECT_EQ(poolobj_refcount(node), 2);
        EXPECT_TRUE(node->base.flags & SAVED);
    }
    Node *second = garbage->left;
    poolobj_decref(garbage);
    poolobj_decref(second);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
}

} // namespace
