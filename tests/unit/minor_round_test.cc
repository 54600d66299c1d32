// SPDX-License-Identifier: MIT
// Rounds of recent pools alone: what is in them, what is outside, and which round follows.
#include "support/round_fixture.h"

namespace {

class MinorRoundTest : public RoundSteps {
  protected:
    enum { MANY = 600 }; // several pools
    void SetUp() override {
        RoundSteps::SetUp();
        poolobj_gc_disable(heap_);
        other_ = type_of(node_spec("other"));
        third_ = type_of(node_spec("third"));
    }
    // A ring whose pools are not recent.
    Node *old_ring(int count) {
        Node *first = ring(node_, count);
        poolobj_gc_collect(heap_, OLDEST);
        return first;
    }
    // A ring that has just become old, in pools of its own.
    Node *recent_ring(int count) { return recent_ring(other_, count); }
    Node *recent_ring(poolobj_type *type, int count) {
        Node *first = ring(type, count);
        poolobj_gc_collect(heap_, OLDEST - 1);
        return first;
    }
    // Runs a minor round to its end; returns how many objects were in it.
    size_t run_minor() {
        EXPECT_TRUE(round_begin(heap_, true));
        go_on();
        poolobj_heap_check(heap_);
        return heap_->round.examined;
    }
    void go_on() {
        while (round_is_active(heap_)) EXPECT_TRUE(collect_step(heap_, UINT64_MAX, 0));
    }
    poolobj_type *other_ = nullptr, *third_ = nullptr;
};

TEST_F(MinorRoundTest, RecentGarbageGoesAndTheOldStays) {
    Node *old = old_ring(MANY), *recent = recent_ring(MANY);
    poolobj_decref(old);
    poolobj_decref(recent);
    EXPECT_EQ(run_minor(), size_t(MANY));
    EXPECT_EQ(dropped.size(), size_t(MANY));
    for (long id : dropped) EXPECT_GT(id, MANY);
    finish(); // a major one
    EXPECT_EQ(dropped.size(), 2u * MANY);
}

TEST_F(MinorRoundTest, WhatTheOldReferToStays) {
    Node *old = old_ring(MANY), *recent = recent_ring(MANY);
    poolobj_set(&old->right, recent);
    poolobj_decref(recent);
    poolobj_decref(old); // all is garbage now
    EXPECT_EQ(run_minor(), size_t(MANY));
    EXPECT_EQ(dropped.size(), 0u);
    finish();
    EXPECT_EQ(dropped.size(), 2u * MANY);
}

// Who lives through two rounds is old; one that has looked at what is recent already counts as
// none.
TEST_F(MinorRoundTest, ObjectsAreInTwo) {
    Node *recent = recent_ring(MANY);
    EXPECT_EQ(run_minor(), size_t(MANY));
    EXPECT_EQ(run_minor(), size_t(MANY));
    EXPECT_EQ(run_minor(), 0u);
    ASSERT_TRUE(round_begin(heap_, true));
    while (heap_->round.phase == ROUND_CLEAR) ASSERT_TRUE(collect_step(heap_, UINT64_MAX, 0));
    Node *later = recent_ring(third_, MANY);
    go_on();
    EXPECT_EQ(heap_->round.examined, 0u);
    EXPECT_EQ(run_minor(), size_t(MANY));
    EXPECT_EQ(run_minor(), size_t(MANY));
    EXPECT_EQ(run_minor(), 0u);
    poolobj_decref(later);
    poolobj_decref(recent);
}

TEST_F(MinorRoundTest, MajorRoundsCountToo) {
    Node *recent = recent_ring(MANY);
    finish();
    EXPECT_EQ(run_minor(), size_t(MANY));
    EXPECT_EQ(run_minor(), 0u);
    poolobj_decref(recent);
}

// The promise of poolobj_gc_step is one of major rounds.
TEST_F(MinorRoundTest, AStepThatEndsOneSaysThatThereIsMore) {
    Node *old = old_ring(MANY);
    poolobj_decref(old);
    ASSERT_TRUE(round_begin(heap_, true));
    int steps = 0;
    while (poolobj_gc_step(heap_, UINT64_MAX)) steps++;
    EXPECT_EQ(steps, 1);
    EXPECT_EQ(dropped.size(), size_t(MANY));
}

TEST_F(MinorRoundTest, AFullCollectionGivesOneUp) {
    Node *recent = recent_ring(MANY);
    poolobj_decref(recent);
    ASSERT_TRUE(round_begin(heap_, true));
    EXPECT_TRUE(collect_step(heap_, UINT64_MAX, 0));
    EXPECT_EQ(poolobj_gc_collect(heap_, OLDEST), size_t(MANY));
    EXPECT_FALSE(round_is_active(heap_));
    poolobj_heap_check(heap_);
}

} // namespace
