// SPDX-License-Identifier: MIT
#include "object/type.h"

#include "support/object_fixture.h"

namespace {

class TypeTest : public ObjectTest {
  protected:
    // The specification is refused with these words.
    void refused(const poolobj_typespec &spec, const char *words) {
        errno = 0;
        EXPECT_EQ(poolobj_type_new(heap_, &spec), nullptr);
        EXPECT_EQ(errno, EINVAL);
        ASSERT_NE(poolobj_type_fault(&spec), nullptr);
        EXPECT_STREQ(poolobj_type_fault(&spec), words);
    }
    void refused_refs(const std::vector<size_t> &refs, const char *words) {
        poolobj_typespec spec = node_spec();
        spec.refs = refs.data();
        refused(spec, words);
    }
};

TEST_F(TypeTest, OffsetsOutsideOfTheSizeAreRefused) {
    const char *outside = "an offset in refs lies outside of the size";
    refused_refs({sizeof(Node), POOLOBJ_END}, outside);
    refused_refs({8, sizeof(Node) - 4, POOLOBJ_END}, outside);
    refused_refs({POOLOBJ_END - 1, POOLOBJ_END}, outside);
    refused_refs({0, POOLOBJ_END}, "an offset in refs lies in the header");
    refused_refs({12, POOLOBJ_END}, "an offset in refs is no multiple of 8");
    refused_refs({8, 16, 8, POOLOBJ_END}, "an offset is twice in refs");
    refused_refs({8, 16, 8}, "an offset is twice in refs"); // not read to an end that is missing
}

TEST_F(TypeTest, OtherFaultsAreRefused) {
    poolobj_typespec spec = node_spec();
    spec.name = nullptr;
    refused(spec, "name is missing");
    spec = node_spec();
    spec.size = 7;
    refused(spec, "size is smaller than the header");
    spec.size = SIZE_MAX;
    refused(spec, "size is 4 GiB or more");
    spec = node_spec();
    spec.flags = 8;
    refused(spec, "flags has an unknown bit");
    spec.flags = POOLOBJ_ITEMS_ARE_REFS;
    spec.item_size = 4;
    refused(spec, "items that are references have 8 bytes");
    spec = poolobj_typespec{};
    spec.name = "odd";
    spec.size = 12;
    spec.flags = POOLOBJ_ITEMS_ARE_REFS;
    refused(spec, "size, where references begin, is no multiple of 8");
}

TEST_F(TypeTest, TheSpecificationIsCopied) {
    char name[] = "scratch";
    size_t refs[] = {offsetof(Node, left), POOLOBJ_END};
    const char *fields[] = {"left"};
    poolobj_typespec spec = node_spec(name);
    spec.refs = refs;
    spec.fields = fields;
    poolobj_type *type = type_of(spec);
    name[0] = refs[0] = 0;
    fields[0] = nullptr;
    EXPECT_STREQ(poolobj_type_name(type), "scratch");
    EXPECT_STREQ(poolobj_type_field(type, 0), "left");
    EXPECT_EQ(poolobj_type_field(type, 1), nullptr);
    EXPECT_EQ(poolobj_type_refs(type)[0], offsetof(Node, left));
    EXPECT_EQ(poolobj_type_refs(type)[1], POOLOBJ_END);
    EXPECT_EQ(poolobj_type_size(type), sizeof(Node));
    Node *node = make(type);
    node->left = make();
    poolobj_decref(node);
    EXPECT_EQ(dropped.size(), 2u);
}

TEST_F(TypeTest, ThereMayBeManyTypesAndTheyAreSmall) {
    enum { TYPES = 70000 };
    poolobj_typespec spec = {};
    spec.name = "Local";
    spec.size = 24;
    std::vector<void *> objects;
    const size_t before = counted_now().bytes;
    for (int i = 0; i < TYPES; i++) {
        poolobj_type *type = poolobj_type_new(heap_, &spec);
        ASSERT_NE(type, nullptr);
        void *object = poolobj_new(type);
        EXPECT_EQ(poolobj_typeof(object), type);
        EXPECT_EQ(poolobj_heap_of(object), heap_);
        if (i % 1000 == 0)
            objects.push_back(object);
        else
            poolobj_decref(object);
    }
    EXPECT_LT(counted_now().bytes - before, TYPES * 200u);
    size_t pools = 0;
    for (auto type = object_heap_first_populated(heap_); type != nullptr;
         type = object_heap_next_populated(type))
        pools++;
    EXPECT_LT(pools, objects.size() + 20) << "types without an object keep no pool";
    for (void *object : objects) poolobj_decref(object);
    poolobj_gc_collect(heap_, 2);
    EXPECT_EQ(object_heap_first_populated(heap_), nullptr);
}

// ---- Types that end ----

class EndingTest : public TypeTest {
  protected:
    poolobj_typespec ending_spec() {
        poolobj_typespec spec = node_spec("ending");
        spec.data = this;
        spec.free_data = [](void *data) { static_cast<EndingTest *>(data)->ended_++; };
        return spec;
    }
    size_t types() {
        size_t count = 0;
        poolobj_types(
            heap_, [](poolobj_type *, void *n) { ++*static_cast<size_t *>(n); }, &count);
        return count;
    }
    int ended_ = 0;
};

TEST_F(EndingTest, ATypeLeadsToItsDataAndHeap) {
    poolobj_type *type = type_of(ending_spec());
    EXPECT_EQ(poolobj_type_data(type), this);
    EXPECT_EQ(poolobj_type_heap(type), heap_);
    EXPECT_EQ(types(), 2u);
    poolobj_type_free(type);
    EXPECT_EQ(ended_, 1) << "it had no object";
    EXPECT_EQ(types(), 1u);
}

TEST_F(EndingTest, ItEndsWithItsLastObject) {
    poolobj_type *type = type_of(ending_spec());
    std::vector<Node *> nodes;
    for (int i = 0; i < 1000; i++) nodes.push_back(make(type));
    poolobj_type_free(type);
    poolobj_heap_check(heap_);
    for (size_t i = 0; i < nodes.size(); i++) {
        EXPECT_EQ(ended_, 0);
        EXPECT_STREQ(poolobj_type_name(poolobj_typeof(nodes[i])), "ending");
        poolobj_decref(nodes[i]);
    }
    EXPECT_EQ(ended_, 1);
    EXPECT_EQ(dropped.size(), 1000u);
}

TEST_F(EndingTest, ACollectionEndsTypesWithTheirLastGarbage) {
    for (int way = 0; way < 3; way++) { // young, full, in steps
        poolobj_type *type = type_of(ending_spec()), *other = type_of(ending_spec());
        Node *a = ring(type, 300), *b = make(other);
        poolobj_set(&a->right, b);
        poolobj_set(&b->left, a);
        poolobj_type_free(type);
        poolobj_type_free(other);
        poolobj_decref(a);
        poolobj_decref(b);
        EXPECT_EQ(ended_, 2 * way);
        if (way < 2)
            poolobj_gc_collect(heap_, 2 * way);
        else
            while (poolobj_gc_step(heap_, 1000)) continue;
        EXPECT_EQ(ended_, 2 * way + 2);
        poolobj_heap_check(heap_);
    }
}

TEST_F(EndingTest, NoObjectIsMadeOfAFreedType) {
    poolobj_typespec spec = ending_spec();
    spec.free_list = 100;
    poolobj_type *type = type_of(spec);
    Node *node = make(type);
    poolobj_decref(make(type)); // on the free list
    poolobj_type_free(type);
    EXPECT_EXIT(poolobj_new(type), testing::KilledBySignal(SIGABRT), "of a type that was freed");
    EXPECT_EXIT(poolobj_type_free(type), testing::KilledBySignal(SIGABRT),
                "of a type that was freed");
    poolobj_decref(node);
    EXPECT_EQ(ended_, 1);
}

TEST_F(EndingTest, TypesWithItemsAndLargeObjectsEnd) {
    poolobj_typespec spec = ending_spec();
    spec.refs = nullptr;
    spec.fields = nullptr;
    spec.drop = nullptr;
    spec.flags = POOLOBJ_ITEMS_ARE_REFS;
    poolobj_type *type = type_of(spec);
    std::vector<void *> objects;
    for (size_t items : {0, 1, 5, 60, 200, 3000, 70000})
        for (int i = 0; i < 5; i++) objects.push_back(poolobj_new_items(type, items));
    poolobj_type_free(type);
    for (void *object : objects) {
        EXPECT_EQ(ended_, 0);
        poolobj_decref(object);
    }
    EXPECT_EQ(ended_, 1);
}

// An object that stands for the type of others: they hold it, and its `drop` frees the type.
TEST_F(EndingTest, DropMayFreeATypeAndItsOwn) {
    static poolobj_type *made, *own;
    poolobj_typespec spec = node_spec("class");
    spec.drop = [](poolobj *) { poolobj_type_free(made); };
    poolobj_type *meta = type_of(spec);
    for (bool in_cycle : {false, true}) {
        made = type_of(ending_spec());
        Node *class_of = make(meta), *instance = make(made);
        poolobj_set(&instance->left, class_of);
        if (in_cycle) poolobj_set(&class_of->left, instance);
        poolobj_decref(class_of);
        EXPECT_EQ(ended_, int(in_cycle));
        poolobj_decref(instance);
        if (in_cycle) poolobj_gc_collect(heap_, 2);
        EXPECT_EQ(ended_, 1 + in_cycle);
    }
    spec = ending_spec();
    spec.drop = [](poolobj *) { poolobj_type_free(own); };
    own = type_of(spec);
    poolobj_decref(make(own));
    EXPECT_EQ(ended_, 3);
    spec.drop = nullptr;
    spec.finalize = [](poolobj *object) { poolobj_type_free(poolobj_typeof(object)); };
    poolobj_decref(make(type_of(spec)));
    EXPECT_EQ(ended_, 4);
}

TEST_F(EndingTest, WhatIsFrozenEndsTypes) {
    poolobj_type *type = type_of(ending_spec());
    Node *node = make(type);
    poolobj_gc_freeze(heap_);
    poolobj_type_free(type);
    poolobj_decref(node);
    EXPECT_EQ(ended_, 1);
    poolobj_gc_unfreeze(heap_);
}

TEST_F(EndingTest, TheHeapEndsTypesThatAreLeft) {
    poolobj_type *type = type_of(ending_spec()), *freed = type_of(ending_spec());
    make(type);
    make(freed);
    poolobj_type_free(freed);
    poolobj_heap_close(heap_);
    heap_ = nullptr;
    EXPECT_EQ(ended_, 2);
}

// Classes and their objects come and go, while a collection in steps is under way.
TEST_F(EndingTest, ManyTypesComeAndGo) {
    struct rng random = {test_seed()};
    std::vector<Node *> live(50);
    poolobj_gc_enable(heap_);
    int made = 0;
    for (int i = 0; i < 20000; i++, made++) {
        poolobj_type *type = type_of(ending_spec());
        Node *node = make(type);
        Node *&slot = live[size_t(rng_below(&random, live.size()))];
        if (rng_below(&random, 3) == 0) poolobj_set(&node->left, node);
        if (slot != nullptr && rng_below(&random, 3) == 0) poolobj_set(&node->right, slot);
        poolobj_type_free(type);
        if (slot != nullptr) poolobj_decref(slot);
        slot = node;
        if (i % 16 == 0) poolobj_gc_step(heap_, 1);
        if (i % 1000 == 0) poolobj_heap_check(heap_);
    }
    for (Node *node : live)
        if (node != nullptr) poolobj_decref(node);
    poolobj_gc_collect(heap_, 2);
    EXPECT_EQ(ended_, made);
    EXPECT_EQ(types(), 1u);
}

TEST_F(TypeTest, WalksGoOverTypesInTheOrderInWhichTheyWereMade) {
    poolobj_type *later = type_of(node_spec("later"));
    Node *second = make(later), *first = make(); // the later type has a pool before the other
    std::vector<poolobj *> objects;
    poolobj_walk(
        heap_, nullptr,
        [](poolobj *object, void *list) {
            static_cast<std::vector<poolobj *> *>(list)->push_back(object);
        },
        &objects);
    EXPECT_EQ(objects, (std::vector<poolobj *>{&first->base, &second->base}));
    poolobj_decref(first);
    poolobj_decref(second);
}

TEST_F(TypeTest, WalksReportObjectsAndTheirReferences) {
    poolobj_type *other = type_of(node_spec("other"));
    Node *a = make(), *b = make(other);
    poolobj_set(&a->left, b);
    std::vector<poolobj *> objects;
    auto note = [](poolobj *object, void *list) {
        static_cast<std::vector<poolobj *> *>(list)->push_back(object);
    };
    poolobj_walk(heap_, nullptr, note, &objects);
    EXPECT_EQ(objects, (std::vector<poolobj *>{&a->base, &b->base}));
    objects.clear();
    poolobj_walk(nullptr, other, note, &objects);
    EXPECT_EQ(objects, std::vector<poolobj *>{&b->base});
    std::vector<poolobj_type *> types;
    poolobj_types(
        heap_,
        [](poolobj_type *type, void *list) {
            static_cast<std::vector<poolobj_type *> *>(list)->push_back(type);
        },
        &types);
    EXPECT_EQ(types, (std::vector<poolobj_type *>{node_, other}));
    std::vector<size_t> offsets;
    struct Report {
        Node *from;
        std::vector<size_t> *offsets;
    } report = {a, &offsets};
    poolobj_references(
        a,
        [](poolobj *const *slots, size_t count, void *arg) {
            Report *r = static_cast<Report *>(arg);
            for (size_t i = 0; i < count; i++)
                r->offsets->push_back(size_t(reinterpret_cast<const char *>(&slots[i]) -
                                             reinterpret_cast<const char *>(r->from)));
        },
        &report);
    EXPECT_EQ(offsets, (std::vector<size_t>{offsetof(Node, left), offsetof(Node, right)}));
    poolobj_decref(a);
    poolobj_decref(b);
}

} // namespace
