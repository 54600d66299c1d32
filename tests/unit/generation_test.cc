// SPDX-License-Identifier: MIT
#include "object/generation.h"

#include "support/object_fixture.h"

namespace {

class GenerationTest : public ObjectTest {
  protected:
    std::vector<int> counts() {
        std::vector<int> counts(3);
        poolobj_gc_get_count(heap_, counts.data());
        return counts;
    }
    uint64_t collections(int generation) {
        poolobj_gc_figures figures;
        poolobj_gc_stats(heap_, generation, &figures);
        return figures.collections;
    }
    static int age(const Node *node) {
        const struct ages *ages = ledger_ages(node);
        return ledger_set_has(&ages->low, node) + 2 * ledger_set_has(&ages->high, node);
    }
};

TEST_F(GenerationTest, WhatCouldNotBeMadeIsNotCounted) {
    poolobj_typespec spec = node_spec("items");
    spec.flags = POOLOBJ_ITEMS_ARE_REFS;
    poolobj_type *type = type_of(spec);
    for (size_t items : {SIZE_MAX, SIZE_MAX / 8, SIZE_MAX / 16 - 3}) {
        errno = 0;
        EXPECT_EQ(poolobj_new_items(type, items), nullptr);
        EXPECT_EQ(errno, ENOMEM);
    }
    EXPECT_EQ(counts(), (std::vector<int>{0, 0, 0}));
}

TEST_F(GenerationTest, TheThresholdsAreThoseOfCPython) {
    int t[3];
    poolobj_gc_get_threshold(heap_, t);
    EXPECT_EQ(std::vector<int>(t, t + 3), (std::vector<int>{700, 10, 10}));
    poolobj_gc_set_threshold(heap_, 5, 6, 7);
    poolobj_gc_get_threshold(heap_, t);
    EXPECT_EQ(std::vector<int>(t, t + 3), (std::vector<int>{5, 6, 7}));
}

TEST_F(GenerationTest, ObjectsGrowOlderByEachCollectionTheySurvive) {
    Node *node = make();
    EXPECT_EQ(age(node), 0);
    poolobj_gc_collect(heap_, 0);
    EXPECT_EQ(age(node), 1);
    poolobj_gc_collect(heap_, 0);
    EXPECT_EQ(age(node), 1); // was not looked at
    poolobj_gc_collect(heap_, 1);
    EXPECT_EQ(age(node), 2);
    poolobj_gc_collect(heap_, 2);
    EXPECT_EQ(age(node), 2);
    Node *young = make();
    poolobj_gc_collect(heap_, 2);
    EXPECT_EQ(age(young), 2);
    poolobj_decref(node);
    poolobj_decref(young);
}

TEST_F(GenerationTest, ABlockThatIsUsedAgainIsYoung) {
    Node *node = make();
    poolobj_gc_collect(heap_, 2);
    poolobj_decref(node);
    poolobj_heap_check(heap_);
    std::vector<Node *> nodes;
    bool again = false;
    for (int i = 0; i < 300; i++) {
        nodes.push_back(make());
        again |= nodes.back() == node;
        EXPECT_EQ(age(nodes.back()), 0);
    }
    EXPECT_TRUE(again);
    for (Node *n : nodes) poolobj_decref(n);
}

// A collection passes the dying by, and may leave their pools out of the lists of the young.
TEST_F(GenerationTest, AnObjectThatCameBackAfterACollectionIsStillYoung) {
    static poolobj_heap *heap;
    static Node *kept;
    heap = heap_;
    poolobj_typespec spec = node_spec("collects");
    spec.finalize = [](poolobj *) { poolobj_gc_collect(heap, 0); };
    poolobj_type *collects = type_of(spec);
    spec = node_spec("phoenix");
    spec.finalize = [](poolobj *object) {
        kept = reinterpret_cast<Node *>(object);
        if (kept->id == 1) poolobj_incref(kept);
    };
    poolobj_type *phoenix = type_of(spec);
    std::vector<Node *> others;
    Node *first = make(phoenix), *parent = make();
    for (int i = 0; i < 300; i++) others.push_back(make(phoenix));
    for (Node *node : others) poolobj_decref(node); // the first is alone in its pool
    parent->left = make(collects);
    parent->right = first;
    poolobj_decref(parent);
    ASSERT_EQ(kept, first);
    poolobj_heap_check(heap_);
    EXPECT_EQ(age(first), 0);
    poolobj_set(&first->left, first);
    poolobj_decref(first);
    EXPECT_EQ(poolobj_gc_collect(heap_, 0), 1u);
}

TEST_F(GenerationTest, CollectsWhenObjectsMadeLessObjectsGoneExceedTheThreshold) {
    poolobj_gc_enable(heap_);
    for (int i = 0; i < 10000; i++) poolobj_decref(make()); // as many go
    EXPECT_EQ(collections(0), 0u);
    std::vector<Node *> nodes;
    for (int i = 0; i < 700; i++) nodes.push_back(make());
    EXPECT_EQ(collections(0), 0u);
    EXPECT_EQ(counts()[0], 700);
    nodes.push_back(make()); // the 701st
    EXPECT_EQ(collections(0), 1u);
    EXPECT_EQ(counts(), (std::vector<int>{0, 1, 0}));
    for (Node *n : nodes) poolobj_decref(n);
}

TEST_F(GenerationTest, OlderGenerationsFollowAfterTenOfTheYounger) {
    poolobj_gc_enable(heap_);
    poolobj_gc_set_threshold(heap_, 10, 10, 10);
    std::vector<Node *> nodes;
    for (int i = 0; i < 11 * 12; i++) nodes.push_back(make());
    EXPECT_EQ(collections(0), 11u);
    EXPECT_EQ(collections(1), 1u);
    for (Node *n : nodes) poolobj_decref(n);
}

TEST_F(GenerationTest, AFullCollectionWaitsForAQuarterOfTheLongLived) {
    std::vector<Node *> nodes;
    for (int i = 0; i < 10000; i++) nodes.push_back(make());
    poolobj_gc_collect(heap_, 2);
    EXPECT_EQ(heap_->long_lived_total, 10000u);
    poolobj_gc_enable(heap_);
    poolobj_gc_set_threshold(heap_, 10, 0, 0);
    uint64_t before = collections(2);
    while (heap_->long_lived_pending < 2500 - 22) nodes.push_back(make());
    EXPECT_EQ(collections(2), before);
    for (int i = 0; i < 100; i++) nodes.push_back(make());
    EXPECT_EQ(collections(2), before + 1);
    for (Node *n : nodes) poolobj_decref(n);
}

TEST_F(GenerationTest, NothingStartsByItselfWhileDisabled) {
    std::vector<Node *> nodes;
    EXPECT_FALSE(poolobj_gc_is_enabled(heap_));
    for (int i = 0; i < 5000; i++) nodes.push_back(make());
    EXPECT_EQ(collections(0), 0u);
    poolobj_gc_enable(heap_);
    poolobj_gc_set_threshold(heap_, 0, 10, 10);
    for (int i = 0; i < 5000; i++) nodes.push_back(make());
    EXPECT_EQ(collections(0), 0u);
    for (Node *n : nodes) poolobj_decref(n);
}

TEST_F(GenerationTest, TypesWithoutReferencesAreNotCounted) {
    poolobj_typespec spec = {};
    spec.name = "leaf";
    spec.size = 24;
    poolobj_type *leaf = type_of(spec);
    spec = node_spec("acyclic");
    spec.flags = POOLOBJ_ACYCLIC;
    poolobj_type *acyclic = type_of(spec);
    std::vector<void *> objects;
    for (int i = 0; i < 1000; i++) {
        objects.push_back(poolobj_new(leaf));
        objects.push_back(poolobj_new(acyclic));
    }
    EXPECT_EQ(counts()[0], 0);
    Node *held = ring(node_, 2); // only what is acyclic holds it
    static_cast<Node *>(objects[1])->left = held;
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
    for (void *object : objects) poolobj_decref(object);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
}

TEST_F(GenerationTest, FrozenObjectsAreLeftAlone) {
    Node *node = ring(node_, 3);
    poolobj_gc_freeze(heap_);
    EXPECT_EQ(poolobj_gc_freeze_count(heap_), 3u);
    EXPECT_TRUE(ledger_pool(node)->frozen);
    Node *young = ring(node_, 2);
    young->right = node; // frozen objects hold and are held like any other
    poolobj_set(&node->right, young);
    poolobj_decref(young);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
    poolobj_gc_unfreeze(heap_);
    EXPECT_EQ(poolobj_gc_freeze_count(heap_), 0u);
    EXPECT_EQ(age(node), 2);
    EXPECT_EQ(poolobj_gc_collect(heap_, 1), 0u);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 5u);
}

TEST_F(GenerationTest, NoObjectIsMadeInAFrozenPool) {
    std::vector<Node *> frozen, later;
    for (int i = 0; i < 1000; i++) frozen.push_back(make());
    poolobj_gc_freeze(heap_);
    poolobj_heap_check(heap_);
    for (int i = 0; i < 1000; i += 2) poolobj_decref(frozen[size_t(i)]);
    EXPECT_EQ(poolobj_gc_freeze_count(heap_), 500u);
    for (int i = 0; i < 1000; i++) {
        later.push_back(make());
        ASSERT_FALSE(ledger_pool(later.back())->frozen);
    }
    poolobj_heap_check(heap_);
    poolobj_gc_unfreeze(heap_);
    poolobj_heap_check(heap_);
    Node *again[600]; // blocks that died while frozen are used now
    size_t reused = 0;
    for (Node *&node : again) {
        node = make();
        for (int i = 0; i < 1000; i += 2) reused += node == frozen[size_t(i)];
    }
    EXPECT_GT(reused, 300u);
    for (Node *node : again) poolobj_decref(node);
    for (int i = 1; i < 1000; i += 2) poolobj_decref(frozen[size_t(i)]);
    for (Node *node : later) poolobj_decref(node);
    EXPECT_EQ(poolobj_count(node_), 0u);
}

TEST_F(GenerationTest, FrozenPoolsGoWithTheirLastObjectInAnyOrder) {
    std::vector<Node *> frozen;
    for (int i = 0; i < 2000; i++) frozen.push_back(make());
    poolobj_gc_freeze(heap_);
    Node *open = make();
    for (size_t i = frozen.size(); i-- > 1000;) poolobj_decref(frozen[i]);
    poolobj_heap_check(heap_);
    poolobj_gc_freeze(heap_); // with what was made since
    EXPECT_EQ(poolobj_gc_freeze_count(heap_), 1001u);
    for (size_t i = 0; i < 1000; i++) poolobj_decref(frozen[i]);
    poolobj_heap_check(heap_);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
    poolobj_decref(open);
    EXPECT_EQ(poolobj_gc_freeze_count(heap_), 0u);
    poolobj_gc_unfreeze(heap_);
    poolobj_heap_check(heap_);
}

TEST_F(GenerationTest, AFrozenObjectThatItsFinalizerBringsBackStaysFrozen) {
    static Node *back;
    poolobj_typespec spec = node_spec("phoenix");
    spec.finalize = [](poolobj *object) {
        back = reinterpret_cast<Node *>(object);
        poolobj_incref(object);
    };
    spec.free_list = 10;
    poolobj_type *type = type_of(spec);
    Node *node = make(type), *listed = make(type);
    listed->base.flags = 0; // not to be finalized
    poolobj_decref(listed);
    poolobj_gc_freeze(heap_);
    poolobj_decref(node);
    EXPECT_EQ(back, node);
    poolobj_heap_check(heap_);
    EXPECT_EQ(poolobj_gc_collect(heap_, 0), 0u);
    poolobj_decref(node);
    Node *next = make(type);
    EXPECT_FALSE(ledger_pool(next)->frozen);
    next->base.flags = 0;
    poolobj_decref(next);
}

TEST_F(GenerationTest, GarbageBesideWhatIsFrozenIsFound) {
    Node *frozen = ring(node_, 100), *held = make();
    poolobj_set(&frozen->right, held);
    poolobj_gc_freeze(heap_);
    for (int g = 0; g < 4; g++) { // the last in steps
        Node *garbage = ring(node_, 50), *kept = ring(node_, 50);
        poolobj_set(&garbage->right, frozen);
        poolobj_set(&held->left, kept);
        poolobj_decref(kept);
        poolobj_decref(garbage);
        if (g < 3) {
            EXPECT_EQ(poolobj_gc_collect(heap_, g), g == 0 ? 50u : 100u) << g;
        } else {
            while (poolobj_gc_step(heap_, 1)) continue;
            EXPECT_EQ(poolobj_count(node_), 151u);
        }
        poolobj_heap_check(heap_);
    }
    poolobj_clear(&held->left);
    poolobj_decref(held);
    poolobj_gc_unfreeze(heap_);
    poolobj_decref(frozen);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 151u);
}

TEST_F(GenerationTest, UnfreezingForgetsNoYoungObject) {
    Node *node = make();
    poolobj_gc_freeze(heap_);
    std::vector<Node *> nodes;
    for (int i = 0; i < 1000; i++) nodes.push_back(make());
    poolobj_gc_unfreeze(heap_);
    poolobj_heap_check(heap_);
    for (Node *n : nodes) {
        poolobj_set(&n->left, n);
        poolobj_decref(n);
    }
    EXPECT_EQ(poolobj_gc_collect(heap_, 0), 1000u);
    poolobj_decref(node);
}

// Objects that hold each other pile up until the program asks.
TEST_F(GenerationTest, PolledCollectionsWaitForThePoll) {
    poolobj_gc_enable(heap_);
    poolobj_gc_set_threshold(heap_, 10, 10, 10);
    poolobj_gc_set_options(heap_, POOLOBJ_GC_POLLED);
    EXPECT_EQ(poolobj_gc_due(heap_), -1);
    EXPECT_EQ(poolobj_gc_poll(heap_), 0);
    for (int i = 0; i < 20; i++) poolobj_decref(ring(node_, 2));
    EXPECT_TRUE(dropped.empty());
    EXPECT_EQ(poolobj_gc_due(heap_), 0);
    EXPECT_EQ(poolobj_gc_poll(heap_), 1);
    EXPECT_EQ(dropped.size(), 40u);
    EXPECT_EQ(poolobj_gc_due(heap_), -1);
    poolobj_gc_disable(heap_);
    for (int i = 0; i < 20; i++) poolobj_decref(ring(node_, 2));
    EXPECT_EQ(poolobj_gc_poll(heap_), 0);
}

} // namespace
