// SPDX-License-Identifier: MIT
// When collections become due: by memory that objects hold, told and untold.
#include <cstdlib>

#include "object/pace.h"
#include "support/clock.h"
#include "support/object_fixture.h"
#include "support/random.h"

#include <poolval.h>

namespace {

constexpr ptrdiff_t MEBI = 1 << 20;

class PaceTest : public ObjectTest {
  protected:
    void SetUp() override {
        ObjectTest::SetUp();
        poolobj_gc_enable(heap_);
    }
    uint64_t collections(int generation) const {
        poolobj_gc_figures figures;
        poolobj_gc_stats(heap_, generation, &figures);
        return figures.collections;
    }
    // A birth that finds what is due.
    void birth() { poolobj_decref(poolobj_new(node_)); }
    poolobj_gc_step_figures steps() const {
        poolobj_gc_step_figures figures;
        poolobj_gc_step_stats(heap_, &figures);
        return figures;
    }
};

TEST_F(PaceTest, PressureMakesTheYoungDueAtTheNextBirth) {
    poolobj_gc_pressure(heap_, 4 * MEBI);
    birth();
    EXPECT_EQ(collections(0), 0u);
    poolobj_gc_pressure(heap_, 1);
    EXPECT_EQ(collections(0), 0u) << "it never collects by itself";
    EXPECT_EQ(poolobj_gc_due(heap_), 0);
    birth();
    EXPECT_EQ(collections(0), 1u);
    birth();
    EXPECT_EQ(collections(0), 1u) << "not again before it has grown again";
}

TEST_F(PaceTest, PressureThatWasTakenBackIsNone) {
    for (int i = 0; i < 100; i++) {
        poolobj_gc_pressure(heap_, 4 * MEBI);
        birth();
        poolobj_gc_pressure(heap_, -4 * MEBI);
    }
    EXPECT_EQ(collections(0), 0u);
    EXPECT_EQ(collections(2), 0u);
}

TEST_F(PaceTest, PressureOfOldObjectsMakesAFullCollectionDue) {
    poolobj_gc_set_options(heap_, 0);
    poolobj_gc_pressure(heap_, 8 * MEBI + 1);
    EXPECT_EQ(poolobj_gc_due(heap_), 2);
    birth();
    EXPECT_EQ(collections(2), 1u);
    poolobj_gc_pressure(heap_, 92 * MEBI);
    birth();
    EXPECT_EQ(collections(2), 2u);
    poolobj_gc_pressure(heap_, 20 * MEBI); // a quarter of 100 MiB is more
    birth();
    EXPECT_EQ(collections(2), 2u);
    poolobj_gc_pressure(heap_, 6 * MEBI);
    birth();
    EXPECT_EQ(collections(2), 3u);
}

TEST_F(PaceTest, NothingIsDueWhileDisabled) {
    poolobj_gc_disable(heap_);
    poolobj_gc_pressure(heap_, 100 * MEBI);
    birth();
    EXPECT_EQ(collections(0) + collections(2), 0u);
    poolobj_gc_enable(heap_);
    birth();
    EXPECT_EQ(collections(2) + steps().under_way, 1u);
}

TEST_F(PaceTest, ARoundUnderPressureEndsThoughHardlyAnObjectIsMade) {
    std::vector<Node *> live;
    poolobj_gc_disable(heap_);
    for (int i = 0; i < 50000; i++) live.push_back(make());
    poolobj_gc_enable(heap_);
    poolobj_gc_collect(heap_, 2);
    ptrdiff_t told = 0;
    while (steps().rounds == 0 && told < 200 * MEBI) {
        poolobj_gc_pressure(heap_, MEBI / 4);
        told += MEBI / 4;
        birth();
    }
    EXPECT_EQ(steps().rounds, 1u);
    EXPECT_LT(told, 32 * MEBI);
    for (Node *node : live) poolobj_decref(node);
}

// A ring of one with a buffer that nobody tells of.
TEST_F(PaceTest, MemoryThatNobodyTellsOfMakesTheYoungDue) {
    static size_t alive, most;
    alive = most = 0;
    struct Buffer {
        poolobj base;
        Buffer *self, *other;
        void *memory;
    };
    static const size_t refs[] = {offsetof(Buffer, self), POOLOBJ_END};
    poolobj_typespec spec = {};
    spec.name = "buffer";
    spec.size = sizeof(Buffer);
    spec.refs = refs;
    spec.drop = [](poolobj *object) {
        free(reinterpret_cast<Buffer *>(object)->memory);
        alive--;
    };
    poolobj_type *type = type_of(spec);
    for (int i = 0; i < 1000; i++) {
        Buffer *buffer = static_cast<Buffer *>(poolobj_new(type));
        buffer->memory = malloc(300000);
        most = size_t(++alive) > most ? alive : most;
        poolobj_set(&buffer->self, buffer);
        poolobj_decref(buffer);
    }
    EXPECT_LT(most, 100u);
    poolobj_gc_set_options(heap_, POOLOBJ_GC_INCREMENTAL);
    for (int i = 0; i < 600; i++) {
        Buffer *buffer = static_cast<Buffer *>(poolobj_new(type));
        buffer->memory = malloc(300000);
        most = size_t(++alive) > most ? alive : most;
        poolobj_set(&buffer->self, buffer);
        poolobj_decref(buffer);
    }
    EXPECT_GT(most, 400u) << "that was the option's work";
}

TEST_F(PaceTest, ObjectsWithARunOfTheirOwnCount) {
    poolobj_typespec spec = node_spec("row");
    spec.refs = nullptr;
    spec.drop = nullptr;
    spec.flags = POOLOBJ_ITEMS_ARE_REFS;
    spec.size = sizeof(poolobj);
    poolobj_type *type = type_of(spec);
    const int64_t before = heap_->pace.outside;
    poolobj *row = static_cast<poolobj *>(poolobj_new_items(type, 100000));
    EXPECT_GE(heap_->pace.outside - before, 800000);
    poolobj_decref(row);
    EXPECT_EQ(heap_->pace.outside, before);
}

TEST_F(PaceTest, TablesOfValuesCountAndAreForgotten) {
    const int64_t before = heap_->pace.outside;
    poolval_space *space = poolval_space_new(heap_, nullptr);
    poolobj *list = poolval_list_new(space), *dict = poolval_dict_new(space);
    for (int i = 0; i < 20000; i++) {
        poolobj *number = poolval_int_new(space, i);
        poolval_list_append(space, list, number);
        poolval_dict_set(space, dict, number, number);
        poolobj_decref(number);
    }
    EXPECT_GE(heap_->pace.outside - before, 20000 * 8 + 20000 * 16);
    poolobj *copy = poolval_copy(space, dict);
    poolval_dict_clear(space, dict);
    poolval_list_clear(space, list);
    poolobj_decref(copy);
    EXPECT_EQ(heap_->pace.outside, before);
    for (int i = 0; i < 20000; i++) poolval_list_append(space, list, dict);
    for (int i = 0; i < 20000; i++) poolval_list_remove(space, list, -1);
    EXPECT_LT(heap_->pace.outside - before, 2000);
    poolobj_decref(list);
    poolobj_decref(dict);
    EXPECT_EQ(heap_->pace.outside, before);
}

// ---- Thresholds that adapt ----

class AdaptiveTest : public PaceTest {
  protected:
    TestClock clock_; // steps end by their work alone, however slow the build is
    void SetUp() override {
        PaceTest::SetUp();
        poolobj_typespec spec = node_spec("plain");
        spec.drop = nullptr;
        plain_ = type_of(spec);
    }
    void TearDown() override {
        for (Node *node : live_) poolobj_decref(node);
        PaceTest::TearDown();
    }
    void live(int count) {
        for (int i = 0; i < count; i++) live_.push_back(static_cast<Node *>(poolobj_new(plain_)));
    }
    void garbage(int count) {
        for (int i = 0; i < count; i++) {
            Node *node = static_cast<Node *>(poolobj_new(plain_));
            poolobj_set(&node->left, node);
            poolobj_decref(node);
        }
    }
    size_t uncollected() const { return poolobj_count(plain_) - live_.size(); }
    int threshold() const {
        int thresholds[3];
        poolobj_gc_get_threshold(heap_, thresholds);
        return thresholds[0];
    }

    poolobj_type *plain_ = nullptr;
    std::vector<Node *> live_;
};

TEST_F(AdaptiveTest, TheThresholdGrowsWhileTheYoungLastAndFallsWithGarbage) {
    EXPECT_EQ(threshold(), 700);
    live(3000);
    EXPECT_GT(threshold(), 700);
    live(300000);
    EXPECT_GT(threshold(), 4096);
    EXPECT_LE(threshold(), int(4096 + live_.size() / 32));
    garbage(100000); // a promotion or three pass before it is seen
    EXPECT_EQ(threshold(), 700);
    size_t most = 0;
    for (int i = 0; i < 100; i++) {
        garbage(1000);
        most = uncollected() > most ? uncollected() : most;
    }
    EXPECT_LT(most, live_.size() / 4);
}

TEST_F(AdaptiveTest, ThresholdsThatWereSetStay) {
    poolobj_gc_set_threshold(heap_, 700, 10, 10);
    live(100000);
    EXPECT_EQ(threshold(), 700);
    EXPECT_EQ(collections(0), 130u); // as CPython counts
    EXPECT_EQ(collections(1), 11u);
}

TEST_F(AdaptiveTest, WhatLastsIsLookedAtOnceBeforeItIsOldOrNotAtAll) {
    live(400000);
    poolobj_gc_figures young, middle;
    poolobj_gc_stats(heap_, 0, &young);
    poolobj_gc_stats(heap_, 1, &middle);
    EXPECT_LT(young.examined + middle.examined, live_.size());
    EXPECT_EQ(collections(2), steps().rounds);
}

// Garbage that is no more than the young there may be, and what was promoted without a look.
TEST_F(AdaptiveTest, UncollectedGarbageStaysAPartOfWhatLives) {
    live(200000);
    poolobj_gc_collect(heap_, 2);
    size_t most = 0;
    for (int i = 0; i < 2000; i++) {
        live(50);
        garbage(50);
        most = uncollected() > most ? uncollected() : most;
    }
    EXPECT_LT(most, live_.size() / 8);
}

// Objects die when many more have been made, in cycles.
TEST_F(AdaptiveTest, WhatDiesOldIsFoundByRoundsAsTheQuarterHasIt) {
    enum { WINDOW = 30000 };
    std::vector<Node *> window(WINDOW);
    live(100000);
    size_t most = 0;
    for (size_t i = 0; i < 600000; i++) {
        Node *node = static_cast<Node *>(poolobj_new(plain_));
        poolobj_set(&node->left, node);
        std::swap(window[i % WINDOW], node);
        if (node != nullptr) poolobj_decref(node);
        if (i % 5000 == 0) most = uncollected() > most ? uncollected() : most;
    }
    EXPECT_GE(steps().rounds, 3u);
    EXPECT_LT(most, WINDOW + (live_.size() + WINDOW));
    for (Node *node : window) poolobj_decref(node);
}

// As many objects as become old are garbage two rounds later: those before them are seldom looked
// at.
TEST_F(AdaptiveTest, WhereTheRecentDieRoundsLookAtThemAlone) {
    enum { WINDOW = 30000, BIRTHS = 1500000 };
    std::vector<Node *> window(WINDOW);
    live(200000);
    poolobj_gc_collect(heap_, 2);
    poolobj_gc_figures before, after;
    poolobj_gc_stats(heap_, 2, &before);
    for (size_t i = 0; i < BIRTHS; i++) {
        Node *node = static_cast<Node *>(poolobj_new(plain_));
        poolobj_set(&node->left, node);
        std::swap(window[i % WINDOW], node);
        if (node != nullptr) poolobj_decref(node);
    }
    poolobj_gc_stats(heap_, 2, &after);
    const size_t rounds = after.collections - before.collections;
    EXPECT_GE(rounds, 8u);
    EXPECT_LT(after.examined - before.examined, rounds * live_.size() * 3 / 4);
    EXPECT_LT(uncollected(), WINDOW + (live_.size() + WINDOW) / 2);
    for (Node *node : window) poolobj_decref(node);
}

// Old garbage beside them waits for a major round, which comes.
TEST_F(AdaptiveTest, WhatWasOldBeforeIsFoundWhileRoundsLookAtTheRecent) {
    enum { WINDOW = 30000, RING = 20000, BIRTHS = 1200000 };
    std::vector<Node *> window(WINDOW);
    live(200000);
    Node *lost = ring(node_, RING);
    poolobj_gc_collect(heap_, 2);
    for (size_t i = 0; i < BIRTHS; i++) {
        if (i == BIRTHS / 2) poolobj_decref(lost);
        Node *node = static_cast<Node *>(poolobj_new(plain_));
        poolobj_set(&node->left, node);
        std::swap(window[i % WINDOW], node);
        if (node != nullptr) poolobj_decref(node);
    }
    EXPECT_EQ(dropped.size(), size_t(RING));
    for (Node *node : window) poolobj_decref(node);
}

// A minor round that finds little is not tried again for long.
TEST_F(AdaptiveTest, WhereOldObjectsDieRoundsAreWhole) {
    enum { BIRTHS = 900000 };
    live(100000);
    for (Node *node : live_) poolobj_set(&node->left, node);
    poolobj_gc_collect(heap_, 2);
    struct rng random = {1};
    poolobj_gc_figures before, after;
    poolobj_gc_stats(heap_, 2, &before);
    for (size_t i = 0; i < BIRTHS; i++) {
        Node *node = static_cast<Node *>(poolobj_new(plain_));
        poolobj_set(&node->left, node);
        std::swap(live_[rng_below(&random, live_.size())], node);
        poolobj_decref(node);
    }
    poolobj_gc_stats(heap_, 2, &after);
    const size_t rounds = after.collections - before.collections;
    EXPECT_GE(rounds, 8u);
    EXPECT_GT(after.examined - before.examined, rounds * live_.size());
    EXPECT_LT(uncollected(), live_.size());
}

} // namespace
