// SPDX-License-Identifier: MIT
#include "object/collect.h"

#include "object/object.h"
#include "os/os.h"
#include "support/object_fixture.h"
#include "support/os_faults.h"

namespace {

using CollectTest = ObjectTest;
using Ids = std::vector<long>;

TEST_F(CollectTest, FindsRingsOfEveryLength) {
    for (int length : {1, 2, 3, 10, 1000, 50000}) {
        poolobj_decref(ring(node_, length));
        EXPECT_EQ(poolobj_count(node_), size_t(length));
        EXPECT_EQ(poolobj_gc_collect(heap_, 2), size_t(length));
        EXPECT_EQ(poolobj_count(node_), 0u);
        EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
    }
}

TEST_F(CollectTest, KeepsWhatIsHeldFromOutsideAndAllItLeadsTo) {
    Node *a = ring(node_, 3), *tail = make();
    a->left->right = tail;
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
    EXPECT_TRUE(dropped.empty());
    poolobj_decref(a);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 4u);
    EXPECT_EQ(sorted(dropped), (Ids{1, 2, 3, 4}));
}

TEST_F(CollectTest, AHubIsFoundWhereverItsReferencesCount) {
    Node *hub = make();
    for (int i = 0; i < 100000; i++) {
        Node *node = make();
        poolobj_set(&node->left, hub);
        poolobj_set(&node->right, node);
        poolobj_decref(node);
    }
    EXPECT_EQ(poolobj_refcount(hub), 100001);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 100000u);
    EXPECT_EQ(poolobj_refcount(hub), 1);
    poolobj_decref(hub);
}

// What is taken off for a field without a reference is taken off nobody's count.
TEST_F(CollectTest, EmptyFieldsOfALargePairTakeNothingOff) {
    std::vector<Node *> nodes;
    for (int i = 0; i < 500; i++) nodes.push_back(make());
    for (size_t size = 2048; size < 5 * POOL_SIZE; size += 512) {
        const size_t refs[] = {size - 32, size - 16, POOLOBJ_END};
        poolobj_typespec spec = {};
        spec.name = "large pair";
        spec.size = size;
        spec.refs = refs;
        void *pair = poolobj_new(type_of(spec));
        for (int generation : {0, 2}) ASSERT_EQ(poolobj_gc_collect(heap_, generation), 0u) << size;
        poolobj_decref(pair);
    }
    for (Node *node : nodes) poolobj_decref(node);
}

TEST_F(CollectTest, GarbageDropsWhatItHeldOutside) {
    Node *outside = make(), *node = ring(node_, 2);
    poolobj_set(&node->right, outside);
    poolobj_set(&node->left->right, outside);
    poolobj_decref(node);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
    EXPECT_EQ(poolobj_refcount(outside), 1);
    poolobj_decref(outside);
}

// Older objects that only younger garbage holds die with it, by their counts.
TEST_F(CollectTest, AYoungCollectionEndsOldObjectsThatOnlyGarbageHeld) {
    poolobj_typespec spec = node_spec("finalized");
    spec.finalize = [](poolobj *o) { finalized.push_back(reinterpret_cast<Node *>(o)->id); };
    Node *old = make(type_of(spec));
    poolobj_gc_collect(heap_, 2);
    Node *young = ring(node_, 2);
    young->right = old;
    poolobj_decref(young);
    EXPECT_EQ(poolobj_gc_collect(heap_, 0), 2u);
    EXPECT_EQ(finalized, Ids{1});
    EXPECT_EQ(poolobj_count(node_), 0u);
}

// The pools that garbage leaves empty are not handed out half emptied.
TEST_F(CollectTest, WhatGarbageHeldMayMakeObjectsWhenItDies) {
    static poolobj_type *plain;
    static std::vector<Node *> made;
    plain = node_;
    made.clear();
    poolobj_typespec spec = node_spec("parent");
    spec.flags = POOLOBJ_ACYCLIC; // not garbage itself
    spec.finalize = [](poolobj *) {
        for (int i = 0; i < 300; i++) made.push_back(static_cast<Node *>(poolobj_new(plain)));
    };
    poolobj_type *type = type_of(spec);
    std::vector<Node *> nodes;
    for (int i = 0; i < 2000; i++) nodes.push_back(ring(node_, 1));
    nodes[1]->right = make(type);
    for (size_t i = 0; i < nodes.size(); i++) {
        if (i % 10 == 0) poolobj_clear(&nodes[i]->left); // so that every pool has free blocks
        poolobj_decref(nodes[i]);
    }
    poolobj_gc_collect(heap_, 2);
    poolobj_heap_check(heap_);
    EXPECT_EQ(made.size(), 300u);
    for (Node *node : made) poolobj_decref(node);
    EXPECT_EQ(poolobj_count(node_), 0u);
}

TEST_F(CollectTest, AFinalizerInACycleRunsOnceAndBringsBackWhatItReaches) {
    static Node *kept;
    poolobj_typespec spec = node_spec("phoenix");
    spec.finalize = [](poolobj *object) {
        finalized.push_back(reinterpret_cast<Node *>(object)->id);
        poolobj_set(&kept, object);
    };
    Node *node = ring(type_of(spec), 1);
    node->right = ring(node_, 3); // reachable from it
    poolobj_decref(node);
    poolobj_decref(ring(node_, 2)); // and not
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
    EXPECT_EQ(finalized, Ids{1});
    EXPECT_EQ(poolobj_count(node_), 3u);
    poolobj_clear(&kept);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 4u);
    EXPECT_EQ(finalized, Ids{1});
}

TEST_F(CollectTest, AFinalizerMayTakeTheCycleApart) {
    poolobj_typespec spec = node_spec("tidy");
    spec.finalize = [](poolobj *object) {
        finalized.push_back(reinterpret_cast<Node *>(object)->id);
        poolobj_clear(&reinterpret_cast<Node *>(object)->left);
    };
    poolobj_decref(ring(type_of(spec), 5));
    poolobj_gc_collect(heap_, 2);
    EXPECT_EQ(sorted(finalized), (Ids{1, 2, 3, 4, 5}));
    EXPECT_EQ(sorted(dropped), (Ids{1, 2, 3, 4, 5}));
}

// Deaths are put off where the collection begins, but not in it: what dies in it does not count as
// brought back.
TEST_F(CollectTest, AFinalizerMayTakeTheCycleApartWhereDeathsArePutOff) {
    static poolobj_heap *heap;
    heap = heap_;
    poolobj_typespec spec = node_spec("apart");
    spec.finalize = [](poolobj *object) {
        Node *node = reinterpret_cast<Node *>(object);
        finalized.push_back(node->id);
        if (node->left != nullptr)
            poolobj_clear(&node->left);
        else
            poolobj_gc_collect(heap, 2);
    };
    poolobj_type *apart = type_of(spec);
    poolobj_decref(ring(apart, 2));
    Node *chain = nullptr;
    for (int i = 0; i < DEPTH_MAX; i++) {
        Node *node = make(apart);
        node->left = chain;
        chain = node;
    }
    poolobj_decref(chain);
    EXPECT_EQ(finalized.size(), DEPTH_MAX + 2u);
    EXPECT_EQ(dropped.size(), DEPTH_MAX + 2u);
    poolobj_gc_figures figures;
    poolobj_gc_stats(heap_, 2, &figures);
    EXPECT_EQ(figures.resurrected, 0u);
}

TEST_F(CollectTest, ACollectionInsideOfACollectionDoesNothing) {
    static poolobj_heap *heap;
    heap = heap_;
    poolobj_typespec spec = node_spec("eager");
    spec.finalize = [](poolobj *) { EXPECT_EQ(poolobj_gc_collect(heap, 2), 0u); };
    poolobj_decref(ring(type_of(spec), 2));
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
}

TEST_F(CollectTest, AFinalizerMayLookAtTheHeap) {
    static poolobj_heap *heap;
    static size_t seen;
    heap = heap_;
    poolobj_typespec spec = node_spec("curious");
    spec.finalize = [](poolobj *) {
        seen = 0;
        poolobj_walk(
            heap, nullptr, [](poolobj *, void *) { seen++; }, nullptr);
        poolobj_gc_garbage(heap, nullptr, nullptr);
        poolobj_gc_garbage_release(heap);
        poolobj_gc_freeze(heap);
        poolobj_gc_unfreeze(heap);
        poolobj_heap_check(heap);
    };
    poolobj_type *type = type_of(spec);
    Node *node = make();
    for (int i = 0; i < 1000; i++) poolobj_decref(ring(i % 2 ? type : node_, 3));
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 3000u);
    EXPECT_EQ(seen, 3001u);
    poolobj_decref(node);
}

TEST_F(CollectTest, TheCallbackIsToldOfEachCollection) {
    static std::vector<poolobj_gc_info> infos;
    infos.clear();
    poolobj_gc_set_callback(
        heap_, [](poolobj_heap *, const poolobj_gc_info *info, void *) { infos.push_back(*info); },
        nullptr);
    poolobj_decref(ring(node_, 3));
    Node *node = make();
    poolobj_gc_collect(heap_, 1);
    ASSERT_EQ(infos.size(), 2u);
    EXPECT_EQ(infos[0].phase, POOLOBJ_GC_START);
    EXPECT_EQ(infos[1].phase, POOLOBJ_GC_STOP);
    EXPECT_EQ(infos[1].generation, 1);
    EXPECT_EQ(infos[1].examined, 4u);
    EXPECT_EQ(infos[1].collected, 3u);
    poolobj_gc_figures figures;
    poolobj_gc_stats(heap_, 1, &figures);
    EXPECT_EQ(figures.collections, 1u);
    EXPECT_EQ(figures.collected, 3u);
    poolobj_decref(node);
}

TEST_F(CollectTest, SaveallKeepsGarbageUntilItIsReleased) {
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_SAVEALL);
    poolobj_decref(ring(node_, 3));
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 3u);
    EXPECT_EQ(poolobj_count(node_), 3u);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u); // held now
    EXPECT_EQ(poolobj_gc_garbage(heap_, nullptr, nullptr), 3u);
    poolobj_gc_set_debug(heap_, 0);
    poolobj_gc_garbage_release(heap_);
    EXPECT_EQ(poolobj_gc_garbage(heap_, nullptr, nullptr), 0u);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 3u);
}

TEST_F(CollectTest, RootsChangeNoVerdict) {
    static Node *variable, *reported;
    variable = ring(node_, 100);
    reported = ring(node_, 100);
    Node *unknown = ring(node_, 100);
    variable->right = ring(node_, 2);
    ASSERT_EQ(poolobj_gc_root_add(heap_, &variable), 0);
    poolobj_gc_set_roots(
        heap_,
        [](poolobj_visit visit, void *visit_arg, void *) {
            visit(reinterpret_cast<poolobj *const *>(&reported), 1, visit_arg);
        },
        nullptr);
    for (int round = 0; round < 3; round++) {
        poolobj_decref(ring(node_, 50));
        EXPECT_EQ(poolobj_gc_collect(heap_, 2), 50u);
        poolobj_heap_check(heap_);
    }
    poolobj_decref(unknown);
    poolobj_clear(&reported);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 200u);
    poolobj_clear(&variable);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 102u);
    poolobj_gc_root_remove(heap_, &variable);
}

TEST_F(CollectTest, CollectingAllocatesNothing) {
    for (int i = 0; i < 1000; i++) poolobj_decref(ring(node_, 7));
    Node *node = ring(node_, 1000);
    dropped.reserve(10000);
    os_fault_for_test = refuse<OS_MAP>;
    malloc_fault_for_test = [] { return true; };
    size_t before = counted_now().blocks;
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 7000u);
    EXPECT_EQ(counted_now().blocks, before);
    os_fault_for_test = nullptr;
    malloc_fault_for_test = nullptr;
    poolobj_decref(node);
}

// ---- The end of a heap ----

TEST_F(CollectTest, ClosingFinalizesAndDropsAllThatIsLeft) {
    static Node *kept;
    poolobj_typespec spec = node_spec("finalized");
    spec.finalize = [](poolobj *object) {
        finalized.push_back(reinterpret_cast<Node *>(object)->id);
        poolobj_incref(object);
    };
    poolobj_type *type = type_of(spec);
    make(type);                    // 1: a reference is still held
    poolobj_decref(ring(type, 2)); // 2, 3: garbage
    kept = make();                 // 4: without a finalizer
    poolobj_immortal(make());      // 5
    poolobj_weakref_new(kept, nullptr, nullptr);
    poolobj_gc_freeze(heap_);
    poolobj_heap_close(heap_);
    heap_ = nullptr;
    EXPECT_EQ(sorted(finalized), (Ids{1, 2, 3}));
    EXPECT_EQ(sorted(dropped), (Ids{1, 2, 3, 4, 5}));
}

TEST_F(CollectTest, ClosingEndsWhateverFinalizersMake) {
    static poolobj_type *type;
    poolobj_typespec spec = node_spec("hydra");
    spec.finalize = [](poolobj *) { static_cast<Node *>(poolobj_new(type))->id = 7; };
    type = type_of(spec);
    make(type);
    poolobj_heap_close(heap_);
    heap_ = nullptr;
    EXPECT_GT(dropped.size(), 1u);
}

TEST_F(CollectTest, HeapsAreIndependent) {
    poolobj_heap *other = poolobj_heap_new();
    poolobj_typespec spec = node_spec("other");
    poolobj_type *type = poolobj_type_new(other, &spec);
    poolobj_decref(ring(node_, 3));
    poolobj_decref(ring(type, 4));
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 3u);
    EXPECT_EQ(poolobj_count(type), 4u);
    poolobj_heap_close(other);
    EXPECT_EQ(dropped.size(), 7u);
}

// The cycle is there when the callback looks, and gone when the heap is.
TEST_F(CollectTest, TheCallbackOfTheCloseSeesAllThatIsLeft) {
    struct Seen {
        poolobj_type *type;
        size_t objects, calls;
    } seen = {node_, 0, 0};
    poolobj_decref(ring(node_, 2));
    poolobj_gc_enable(heap_);
    poolobj_gc_set_threshold(heap_, 1, 1, 1);
    poolobj_heap_set_close_callback(
        heap_,
        [](poolobj_heap *heap, void *arg) {
            Seen *s = static_cast<Seen *>(arg);
            for (int i = 0; i < 10; i++) poolobj_decref(poolobj_new(s->type));
            s->objects = poolobj_count(s->type);
            s->calls++;
            EXPECT_EQ(poolobj_gc_is_enabled(heap), 1);
        },
        &seen);
    poolobj_heap_close(heap_);
    heap_ = nullptr;
    EXPECT_EQ(seen.objects, 2u);
    EXPECT_EQ(seen.calls, 1u);
    EXPECT_EQ(dropped.size(), 12u);
}

TEST_F(CollectTest, TheCallbackOfTheCloseMayNotCloseTheHeap) {
    poolobj_heap_set_close_callback(
        heap_, [](poolobj_heap *heap, void *) { poolobj_heap_close(heap); }, nullptr);
    EXPECT_DEATH(poolobj_heap_close(heap_),
                 "poolobj_heap_close in a finalizer or callback of heap 0x[0-9a-f]+");
    poolobj_heap_set_close_callback(heap_, nullptr, nullptr);
}

} // namespace
