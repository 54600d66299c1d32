// SPDX-License-Identifier: MIT
#include "object/free_list.h"

#include "support/object_fixture.h"

namespace {

struct Row {
    poolobj base;
    poolobj *item[];
};

class FreeListTest : public ObjectTest {
  protected:
    enum { LIMIT = 5, ITEMS = 3 };
    void SetUp() override {
        ObjectTest::SetUp();
        poolobj_typespec spec = node_spec("listed");
        spec.free_list = LIMIT;
        listed_ = type_of(spec);
        spec = {};
        spec.name = "row";
        spec.size = sizeof(Row);
        spec.flags = POOLOBJ_ITEMS_ARE_REFS;
        spec.free_list = LIMIT;
        spec.free_items = ITEMS;
        row_ = type_of(spec);
    }
    Row *make_row(size_t items) { return static_cast<Row *>(poolobj_new_items(row_, items)); }
    // How many objects with so many items are on their list.
    size_t listed(size_t items) {
        return type_pool_bin_for(row_, sizeof(Row) + items * 8)->listed_count;
    }
    size_t listed() { return listed_->bin.listed_count; }
    void refused(const poolobj_typespec &spec, const char *words) {
        EXPECT_STREQ(poolobj_type_fault(&spec), words);
        EXPECT_EQ(poolobj_type_new(heap_, &spec), nullptr);
    }

    poolobj_type *listed_, *row_;
};

TEST_F(FreeListTest, TheLatestDeadObjectIsMadeAnewAndZeroed) {
    Node *a = make(listed_), *b = make(listed_), *c = make(listed_);
    poolobj_set(&b->left, c);
    poolobj_decref(a);
    poolobj_decref(b);
    Node *again = static_cast<Node *>(poolobj_new(listed_));
    EXPECT_EQ(again, b);
    EXPECT_EQ(again->left, nullptr);
    EXPECT_EQ(again->id, 0);
    EXPECT_EQ(poolobj_refcount(again), 1);
    EXPECT_EQ(poolobj_refcount(c), 1);
    EXPECT_EQ(poolobj_new(listed_), a);
    EXPECT_EQ(listed(), 0u);
    for (Node *node : {a, b, c}) poolobj_decref(node);
}

TEST_F(FreeListTest, ListedObjectsAreDead) {
    Node *node = make(listed_), *other = make(listed_);
    poolobj_weakref *weakref = poolobj_weakref_new(node, nullptr, nullptr);
    poolobj_decref(node);
    EXPECT_EQ(listed(), 1u);
    EXPECT_EQ(dropped, std::vector<long>{1});
    EXPECT_EQ(poolobj_weakref_get(weakref), nullptr);
    EXPECT_EQ(poolobj_count(listed_), 1u);
    EXPECT_EQ(type_pool_find(reinterpret_cast<uintptr_t>(node)), nullptr);
    poolobj_walk(
        heap_, nullptr, [](poolobj *object, void *alive) { EXPECT_EQ(object, alive); }, other);
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_VERIFY);
    EXPECT_EQ(poolobj_gc_collect(heap_, 1), 0u);
    poolobj_gc_figures figures;
    poolobj_gc_stats(heap_, 1, &figures);
    EXPECT_EQ(figures.examined, 1u);
    EXPECT_EQ(listed(), 1u);
    poolobj_heap_check(heap_);
    poolobj_weakref_free(weakref);
    poolobj_decref(other);
}

TEST_F(FreeListTest, UseOfAListedObjectIsNoticed) {
    Node *node = make(listed_);
    poolobj_decref(node);
    EXPECT_EXIT(poolobj_decref_slow(&node->base), testing::KilledBySignal(SIGABRT),
                "^poolalloc: poolobj_decref of freed object");
    EXPECT_EXIT(poolobj_check_use(&node->base), testing::KilledBySignal(SIGABRT),
                "^poolalloc: poolobj: no living object at");
}

TEST_F(FreeListTest, EachSizeHasAListOfItsOwnUpToItsLength) {
    std::vector<Row *> rows;
    for (int i = 0; i < 2 * LIMIT; i++)
        for (size_t items = 1; items <= ITEMS + 1; items++) rows.push_back(make_row(items));
    for (Row *row : rows) poolobj_decref(row);
    poolobj_heap_check(heap_);
    for (size_t items = 1; items <= ITEMS; items++) EXPECT_EQ(listed(items), size_t(LIMIT));
    EXPECT_EQ(listed(ITEMS + 1), 0u);
    EXPECT_EQ(listed(100), 0u);
    EXPECT_EQ(poolobj_count(row_), 0u);
    Row *row = make_row(2);
    EXPECT_EQ(listed(2), size_t(LIMIT - 1));
    EXPECT_EQ(row->item[0], nullptr);
    EXPECT_EQ(row->item[1], nullptr);
    EXPECT_EQ(listed(1), size_t(LIMIT));
    poolobj_decref(row);
}

TEST_F(FreeListTest, AFullCollectionGivesAllBack) {
    poolobj_typespec spec = node_spec("many");
    spec.free_list = 100000;
    poolobj_type *type = type_of(spec);
    std::vector<Node *> nodes;
    for (int i = 0; i < 10000; i++) nodes.push_back(make(type));
    for (Node *node : nodes) poolobj_decref(node);
    EXPECT_EQ(type->bin.listed_count, 10000u);
    poolobj_gc_collect(heap_, 1);
    EXPECT_EQ(type->bin.listed_count, 10000u);
    poolobj_gc_collect(heap_, 2);
    EXPECT_EQ(type->bin.listed_count, 0u);
    EXPECT_EQ(type_pool_first(type), nullptr);
    poolobj_heap_check(heap_);
}

TEST_F(FreeListTest, AnObjectMadeAnewIsYoung) {
    std::vector<Node *> nodes; // the pools of the first hold nothing young, later
    for (int i = 0; i < 1000; i++) nodes.push_back(make(listed_));
    for (int generation : {1, 2, 0}) {
        poolobj_gc_collect(heap_, 1);
        poolobj_gc_collect(heap_, generation);
        poolobj_decref(nodes[0]);
        nodes[0] = make(listed_);
        poolobj_heap_check(heap_);
    }
    poolobj_set(&nodes[0]->left, nodes[0]);
    for (Node *node : nodes) poolobj_decref(node);
    EXPECT_EQ(poolobj_gc_collect(heap_, 0), 1u);
}

TEST_F(FreeListTest, WhatDiesInACollectionIsMadeAnewInIt) {
    static poolobj_type *type;
    static Node *made;
    type = listed_;
    poolobj_typespec spec = node_spec("maker");
    spec.finalize = [](poolobj *object) {
        Node *self = reinterpret_cast<Node *>(object);
        Node *old = self->right;
        poolobj_clear(&self->right);
        made = static_cast<Node *>(poolobj_new(type));
        EXPECT_EQ(made, old);
        poolobj_set(&made->left, made);
    };
    Node *maker = ring(type_of(spec), 1);
    maker->right = make(listed_);
    poolobj_decref(maker);
    EXPECT_EQ(poolobj_gc_collect(heap_, 0), 1u);
    poolobj_decref(made);
    poolobj_heap_check(heap_);
    EXPECT_EQ(poolobj_gc_collect(heap_, 0), 1u);
}

TEST_F(FreeListTest, ListsThatCannotBeAreRefused) {
    poolobj_typespec spec = node_spec();
    spec.free_items = 1;
    refused(spec, "free_items without free_list");
    spec.free_list = 1;
    refused(spec, "free_items without items");
    spec.item_size = 8;
    spec.free_items = (2048 - sizeof(Node)) / 8;
    EXPECT_EQ(poolobj_type_fault(&spec), nullptr);
    spec.free_items++;
    refused(spec, "objects above 2 KiB have no free list");
    spec.free_items = SIZE_MAX / 4;
    refused(spec, "objects above 2 KiB have no free list");
    spec.free_items = 0;
    spec.free_list = SIZE_MAX;
    refused(spec, "free_list is too large");
    spec.free_list = 1;
    spec.item_size = 0;
    spec.size = 2049;
    refused(spec, "objects above 2 KiB have no free list");
}

} // namespace
