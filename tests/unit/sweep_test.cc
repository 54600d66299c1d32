// SPDX-License-Identifier: MIT
// Full collections of heaps with many pools, where references lead anywhere: rescue takes sweeps by
// marks. What lives is computed beside it.
#include "object/sweep.h"

#include <algorithm>
#include <array>

#include "support/object_fixture.h"

namespace {

enum Kind { PAIR, ROW, FAR, KINDS };

struct Wide { // four to a pool
    poolobj base;
    poolobj *slot[2];
    size_t index;
    char rest[900];
};

class SweepTest : public ObjectTest {
  protected:
    void SetUp() override {
        static const size_t refs[] = {offsetof(Wide, slot[0]), offsetof(Wide, slot[1]),
                                      POOLOBJ_END};
        ObjectTest::SetUp();
        poolobj_typespec spec = {};
        spec.name = "wide";
        spec.size = sizeof(Wide);
        spec.refs = refs;
        types_[PAIR] = type_of(spec);
        spec.refs = nullptr;
        spec.traverse = [](poolobj *object, poolobj_visit visit, void *arg) {
            visit(reinterpret_cast<Wide *>(object)->slot, 2, arg);
        };
        types_[FAR] = type_of(spec);
        spec.traverse = nullptr;
        spec.flags = POOLOBJ_ITEMS_ARE_REFS;
        spec.size = sizeof(poolobj);
        types_[ROW] = type_of(spec);
    }
    size_t below(size_t n) { return size_t(rng_below(&random_, n)); }

    void make_objects(size_t count, bool one_kind) {
        objects_.clear();
        for (size_t i = 0; i < count; i++) {
            Kind kind = one_kind ? PAIR : Kind(below(KINDS));
            objects_.push_back(static_cast<poolobj *>(
                kind == ROW ? poolobj_new_items(types_[ROW], 100) : poolobj_new(types_[kind])));
        }
        std::vector<size_t> order(count);
        for (size_t i = 0; i < count; i++) order[i] = i;
        for (size_t i = count; i > 1; i--) std::swap(order[i - 1], order[below(i)]);
        order_ = order;
        edges_.assign(count, {SIZE_MAX, SIZE_MAX});
    }
    poolobj **slots(size_t i) {
        return poolobj_typeof(objects_[i]) == types_[ROW]
                   ? reinterpret_cast<poolobj **>(objects_[i] + 1)
                   : reinterpret_cast<Wide *>(objects_[i])->slot;
    }
    void link(size_t from, int field, size_t to) {
        poolobj_set(&slots(from)[field], objects_[to]);
        edges_[from][field] = to;
    }
    // Drops all but the first of the order, and collects: what it leads to stays.
    void expect_reachable() {
        std::vector<bool> reached(objects_.size());
        std::vector<size_t> grey = {order_[0]};
        reached[order_[0]] = true;
        for (size_t lives = 1;; lives++) {
            if (grey.empty()) {
                for (size_t i = 0; i < objects_.size(); i++)
                    if (i != order_[0]) poolobj_decref(objects_[i]);
                size_t alive = count();
                EXPECT_EQ(poolobj_gc_collect(heap_, 2), alive - (lives - 1));
                EXPECT_EQ(count(), lives - 1);
                poolobj_heap_check(heap_);
                swept_ += heap_->swept;
                EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u); // with counts asked for ahead
                break;
            }
            size_t at = grey.back();
            grey.pop_back();
            for (size_t to : edges_[at])
                if (to != SIZE_MAX && !reached[to]) reached[to] = true, grey.push_back(to);
        }
        poolobj_decref(objects_[order_[0]]);
        poolobj_gc_collect(heap_, 2);
        EXPECT_EQ(count(), 0u);
    }
    size_t count() const {
        size_t all = 0;
        for (poolobj_type *type : types_) all += poolobj_count(type);
        return all;
    }

    struct rng random_ = {test_seed()};
    poolobj_type *types_[KINDS];
    std::vector<poolobj *> objects_;
    std::vector<size_t> order_;
    std::vector<std::array<size_t, 2>> edges_;
    int swept_ = 0;
};

TEST_F(SweepTest, RandomReferencesOfAllKinds) {
    for (int round = 0; round < 12; round++) {
        make_objects(3000, round % 2 == 0);
        for (size_t i = 0; i < objects_.size(); i++)
            for (int field = 0; field < 2; field++)
                if (below(10) < 8) link(i, field, below(objects_.size()));
        expect_reachable();
    }
    EXPECT_GT(swept_, 0);
}

TEST_F(SweepTest, ATreeInAnyOrder) {
    make_objects(3000, false);
    for (size_t i = 1; i < 2000; i++) link(order_[(i - 1) / 2], i & 1, order_[i]);
    for (size_t i = 2001; i < 3000; i++) link(order_[i], 0, order_[i - 1]); // leads nowhere
    expect_reachable();
    EXPECT_EQ(swept_, 1);
}

// Sweeps alone would take as many as there are objects.
TEST_F(SweepTest, AListInAnyOrderTakesAQueue) {
    make_objects(3000, true);
    for (size_t i = 1; i < 2500; i++) link(order_[i - 1], 0, order_[i]);
    expect_reachable();
    EXPECT_EQ(swept_, 0);
}

// Few pools have grey objects, then many, then few again.
TEST_F(SweepTest, ATreeAtTheEndOfAListAndAListAtTheEndOfATree) {
    make_objects(4000, true);
    for (size_t i = 1; i < 500; i++) link(order_[i - 1], 0, order_[i]);
    link(order_[499], 0, order_[500]);
    for (size_t i = 1; i < 2500; i++) link(order_[500 + (i - 1) / 2], i & 1, order_[500 + i]);
    link(order_[2999], 0, order_[3000]);
    for (size_t i = 3001; i < 3900; i++) link(order_[i - 1], 1, order_[i]);
    expect_reachable();
    EXPECT_EQ(swept_, 1);
}

} // namespace
