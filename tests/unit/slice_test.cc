// SPDX-License-Identifier: MIT
// Deaths in slices: what a dropped reference ends is not all ended in one call.
#include <algorithm>

#include "object/object.h"
#include "support/clock.h"
#include "support/object_fixture.h"

namespace {

class SliceTest : public ObjectTest {
  protected:
    void SetUp() override {
        ObjectTest::SetUp();
        poolobj_gc_set_options(heap_, POOLOBJ_GC_SLICED);
    }
    // Makes a tree of 2^depth - 1 nodes.
    Node *tree(int depth) {
        Node *node = make();
        if (depth == 1) return node;
        node->left = tree(depth - 1);
        node->right = tree(depth - 1);
        return node;
    }
    // Drops a reference while every look at the clock takes a millisecond.
    void drop_slowly(Node *node) {
        static uint64_t now;
        now = os_clock_ms();
        os_clock_for_test = [] { return now++; };
        poolobj_decref(node);
        os_clock_for_test = nullptr;
    }
    size_t count() const { return poolobj_count(node_); }
};

TEST_F(SliceTest, ALongCascadeIsLeftToLaterCalls) {
    drop_slowly(tree(14));
    EXPECT_GT(count(), 15000u);
    EXPECT_LT(count(), 16383u);
    poolobj_heap_check(heap_);
    EXPECT_EQ(poolobj_gc_step(heap_, UINT64_MAX), 1);
    EXPECT_EQ(count(), 0u);
    EXPECT_EQ(dropped.size(), 16383u);
}

TEST_F(SliceTest, ATimelyOneEndsAtOnce) {
    poolobj_decref(tree(8));
    EXPECT_EQ(count(), 0u);
}

// Though no collection begins by itself.
TEST_F(SliceTest, BirthsShrinkWhatWaits) {
    drop_slowly(tree(15));
    size_t most = count(), births = 0;
    std::vector<Node *> made;
    while (heap_->waiting != nullptr) {
        made.push_back(make());
        births++;
        most = count() > most ? count() : most;
        ASSERT_LT(births, 5000u);
    }
    EXPECT_LE(most, 32767u + 64u);
    EXPECT_EQ(count(), made.size());
    for (Node *node : made) poolobj_decref(node);
}

TEST_F(SliceTest, AFurtherDeathComesFirst) {
    Node *small = tree(4);
    drop_slowly(tree(14));
    const size_t before = dropped.size();
    poolobj_decref(small);
    EXPECT_EQ(std::count_if(dropped.begin() + long(before), dropped.end(),
                            [](long id) { return id <= 15; }),
              15);
    EXPECT_NE(heap_->waiting, nullptr);
}

TEST_F(SliceTest, WhatWaitsEndsWithWhatMustBeWhole) {
    for (int way = 0; way < 4; way++) {
        drop_slowly(tree(13));
        EXPECT_NE(heap_->waiting, nullptr);
        if (way == 3) { // some of it
            EXPECT_EQ(poolobj_gc_poll(heap_), 1);
            continue;
        }
        if (way == 0) poolobj_gc_collect(heap_, 2);
        if (way == 1) poolobj_gc_freeze(heap_);
        if (way == 2) poolobj_gc_set_options(heap_, 0);
        EXPECT_EQ(count(), 0u) << way;
        poolobj_gc_unfreeze(heap_);
        poolobj_gc_set_options(heap_, POOLOBJ_GC_SLICED);
    }
    poolobj_heap_close(heap_);
    heap_ = nullptr;
    EXPECT_EQ(dropped.size(), 4u * 8191u);
}

// What waits holds what it refers to, and is no garbage of any collection.
TEST_F(SliceTest, CollectionsPassByWhatWaits) {
    Node *held = ring(node_, 10), *root = tree(13), *leaf = root;
    while (leaf->right != nullptr) leaf = leaf->right; // the last to be taken apart
    poolobj_set(&leaf->right, held);
    poolobj_decref(held);
    drop_slowly(root);
    const size_t before = count();
    EXPECT_EQ(poolobj_gc_collect(heap_, 0), 0u);
    EXPECT_EQ(poolobj_gc_collect(heap_, 1), 0u);
    EXPECT_EQ(count(), before);
    poolobj_heap_check(heap_);
    while (heap_->waiting != nullptr) poolobj_gc_step(heap_, 0);
    EXPECT_EQ(count(), 10u);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 10u);
}

// Finalizers run once, whenever it is; those that bring back do; weak references are told.
TEST_F(SliceTest, FinalizersAndWeakReferencesOfWhatWaits) {
    static std::vector<Node *> back;
    static int called;
    static poolobj_type *plain;
    plain = node_;
    back.clear();
    called = 0;
    poolobj_typespec spec = node_spec("final");
    spec.finalize = [](poolobj *object) {
        Node *node = reinterpret_cast<Node *>(object);
        finalized.push_back(node->id);
        if (node->id % 3 == 0) poolobj_incref(object), back.push_back(node);
        poolobj_decref(poolobj_new(plain)); // may find something due
    };
    poolobj_gc_enable(heap_);
    poolobj_type *type = type_of(spec);
    std::vector<poolobj_weakref *> weak;
    Node *list = nullptr;
    for (int i = 0; i < 5000; i++) {
        Node *node = make(type);
        node->left = list;
        list = node;
        if (i % 10 == 0)
            weak.push_back(poolobj_weakref_new(
                node, [](poolobj_weakref *, void *) { called++; }, nullptr));
    }
    drop_slowly(list);
    while (!back.empty() || heap_->waiting != nullptr) {
        while (heap_->waiting != nullptr) poolobj_gc_step(heap_, 0);
        std::vector<Node *> some;
        some.swap(back);
        for (Node *node : some) poolobj_decref(node); // it goes now
    }
    EXPECT_EQ(finalized.size(), 5000u);
    EXPECT_EQ(called, 500);
    for (poolobj_weakref *weakref : weak) poolobj_weakref_free(weakref);
    poolobj_gc_collect(heap_, 2);
    EXPECT_EQ(poolobj_count(type), 0u);
}

} // namespace
