// SPDX-License-Identifier: MIT
#include "graph/graph.h"

#include <map>
#include <set>

#include "graph/referrers.h"
#include "support/graph_fixture.h"

namespace {

TEST_F(GraphTest, AnEmptyHeapIsAGraphOfNothing) {
    OpenGraph graph(heap_);
    EXPECT_EQ(graph->count, 0u);
    EXPECT_EQ(graph.number(nullptr), uint32_t(NOBODY));
    EXPECT_EQ(graph.number(&graph), uint32_t(NOBODY));
}

// Types in their order, objects in that of memory.
TEST_F(GraphTest, NumbersFollowTheWalk) {
    std::vector<void *> objects;
    for (int i = 0; i < 1000; i++) objects.push_back(keep(make()));
    for (size_t items : {0, 1, 100, 100000})
        objects.push_back(keep(poolobj_new_items(tuple_, items)));
    OpenGraph graph(heap_);
    ASSERT_EQ(graph->count, objects.size());
    for (uint32_t n = 0; n < graph->count; n++) EXPECT_EQ(graph.number(objects[n]), n);
}

TEST_F(GraphTest, OnlyTheFirstByteOfALivingObjectHasANumber) {
    Node *alive = keep(make()), *dead = make();
    Tuple *large = static_cast<Tuple *>(keep(poolobj_new_items(tuple_, 100000)));
    poolobj_decref(dead);
    OpenGraph graph(heap_);
    EXPECT_NE(graph.number(alive), uint32_t(NOBODY));
    EXPECT_NE(graph.number(large), uint32_t(NOBODY));
    EXPECT_EQ(graph.number(dead), uint32_t(NOBODY));
    EXPECT_EQ(graph.number(&large->item[50000]), uint32_t(NOBODY));
    for (int i = 1; i < 8; i++) EXPECT_EQ(graph.number(at(alive, i)), uint32_t(NOBODY));
    EXPECT_EQ(graph.number(at(alive, 8)), uint32_t(NOBODY));
}

// Blocks of 24 bytes start in any half of a granule; those of 16 in each.
TEST_F(GraphTest, ObjectsOfEverySizeAreTold) {
    for (size_t size = sizeof(poolobj); size < 6000; size = size * 5 / 4 + 8) {
        poolobj_typespec spec = {};
        spec.name = "sized";
        spec.size = size;
        poolobj_type *type = type_of(spec);
        for (int i = 0; i < 300; i++) keep(poolobj_new(type));
    }
    OpenGraph graph(heap_); // which checks that number and object agree
    EXPECT_EQ(graph->count, kept_.size());
}

TEST_F(GraphTest, WhatObjectsDoNotHoldIsHeldFromOutside) {
    Node *a = keep(make()), *b = make();
    poolobj_set(&a->left, b);
    poolobj_set(&a->right, b);
    poolobj_incref(keep(b));
    Node *immortal = make();
    poolobj_immortal(immortal);
    poolobj_set(&b->left, immortal);
    OpenGraph graph(heap_);
    EXPECT_EQ(graph->outside[graph.number(a)], 1);
    EXPECT_EQ(graph->outside[graph.number(b)], 2); // by make, and by incref
    EXPECT_TRUE(graph_is_immortal(graph, graph.number(immortal)));
    for (Node *node : {a, b, immortal})
        EXPECT_EQ(poolgraph_outside(heap_, node), graph->outside[graph.number(node)]);
    poolobj_decref(b);
}

TEST_F(GraphTest, KeptGarbageIsNotHeldFromOutside) {
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_SAVEALL);
    Node *node = ring(node_, 2);
    poolobj_decref(node);
    poolobj_gc_collect(heap_, 2);
    {
        OpenGraph graph(heap_);
        EXPECT_EQ(graph->outside[graph.number(node)], 0);
        EXPECT_TRUE(graph_is_saved(graph, graph.number(node)));
    }
    poolobj_gc_set_debug(heap_, 0);
    poolobj_gc_garbage_release(heap_);
    poolobj_gc_collect(heap_, 2);
}

std::string text_of(const poolgraph_reference &r) {
    std::string text = r.kind == POOLGRAPH_ITEM ? "item " : "field ";
    return text + std::to_string(r.index) + " " + (r.field != nullptr ? r.field : "-");
}

std::vector<std::string> references_of(void *object) {
    std::vector<std::string> found;
    poolgraph_referents(
        object,
        [](const poolgraph_reference *r, void *arg) {
            EXPECT_EQ(*r->slot, r->to);
            static_cast<std::vector<std::string> *>(arg)->push_back(text_of(*r));
        },
        &found);
    return found;
}

TEST_F(GraphTest, ReferencesHaveNames) {
    using Names = std::vector<std::string>;
    Node *node = keep(make());
    poolobj_set(&node->right, node);
    EXPECT_EQ(references_of(node), Names{"field 16 right"});
    EXPECT_EQ(references_of(keep(make_tuple({node, nullptr, node}))),
              (Names{"item 0 -", "item 2 -"}));
    EXPECT_EQ(references_of(keep(make_list({nullptr, node, node}))),
              (Names{"item 1 -", "item 2 -"}));
    poolobj_clear(&node->right);
}

// A type with fields without names, fields that only `traverse` knows, and items beside them.
TEST_F(GraphTest, AllKindsOfReferencesOfOneObjectHaveNames) {
    struct Mixed {
        poolobj base;
        poolobj *told, *tagged, *item[2];
    };
    static poolobj *elsewhere[2];
    static const size_t refs[] = {offsetof(Mixed, told), POOLOBJ_END};
    poolobj_typespec spec = {};
    spec.name = "mixed";
    spec.size = offsetof(Mixed, item);
    spec.flags = POOLOBJ_ITEMS_ARE_REFS;
    spec.refs = refs;
    spec.traverse = [](poolobj *object, poolobj_visit visit, void *arg) {
        visit(&elsewhere[0], 1, arg);
        visit(&reinterpret_cast<Mixed *>(object)->tagged, 1, arg);
        visit(&elsewhere[1], 1, arg);
    };
    Mixed *mixed = static_cast<Mixed *>(poolobj_new_items(type_of(spec), 2));
    Node *node = keep(make());
    for (poolobj **slot : {&mixed->told, &mixed->tagged, &mixed->item[0], &mixed->item[1],
                           &elsewhere[0], &elsewhere[1]})
        poolobj_set(slot, node);
    EXPECT_EQ(references_of(mixed),
              (std::vector<std::string>{"field 8 -", "item 0 -", "item 1 -", "item 0 -",
                                        "field 16 -", "item 1 -"}));
    {
        OpenGraph graph(heap_);
        std::vector<std::string> by_slot;
        uint32_t n = graph.number(mixed);
        for (uint64_t s = 0; s < graph->first[n + 1] - graph->first[n]; s++)
            by_slot.push_back(text_of(graph_reference(graph, n, s)));
        EXPECT_EQ(by_slot, references_of(mixed));
    }
    poolobj_decref(mixed);
}

// Compares with what a loop by hand finds, on many random graphs.
TEST_F(GraphTest, ReferrersAreTheReferencesTurnedRound) {
    struct rng rng = {test_seed()};
    for (int round = 0; round < 20; round++) {
        std::vector<Node *> nodes = random_nodes(&rng, 1 + rng_below(&rng, 300));
        {
            OpenGraph graph(heap_);
            struct referrers referrers;
            ASSERT_TRUE(referrers_open(&referrers, graph));
            referrers_check(&referrers, graph);
            for (Node *node : nodes) {
                uint32_t n = graph.number(node);
                EXPECT_EQ(poolgraph_referrers(heap_, node, nullptr, nullptr),
                          referrers.first[n + 1] - referrers.first[n]);
                EXPECT_EQ(poolgraph_outside(heap_, node), graph->outside[n]);
            }
            referrers_close(&referrers);
        }
        for (Node *node : nodes) poolobj_decref(node);
        for (void *object : kept_) poolobj_decref(object);
        kept_.clear();
        poolobj_gc_collect(heap_, 2);
    }
}

TEST_F(GraphTest, ReferrersTellSlotAndName) {
    Node *hub = keep(make()), *a = keep(make());
    poolobj_set(&a->left, hub);
    Tuple *tuple = keep(make_tuple({a, hub, hub}));
    std::vector<std::string> found;
    auto note = [](const poolgraph_reference *r, void *arg) {
        static_cast<std::vector<std::string> *>(arg)->push_back(
            poolobj_type_name(poolobj_typeof(r->from)) + (" " + text_of(*r)));
    };
    EXPECT_EQ(poolgraph_referrers(heap_, hub, note, &found), 3u);
    EXPECT_EQ(found,
              (std::vector<std::string>{"node field 8 left", "tuple item 1 -", "tuple item 2 -"}));
    EXPECT_EQ(poolgraph_referrers(heap_, tuple, note, &found), 0u);
    EXPECT_EQ(poolgraph_referrers(heap_, nullptr, note, &found), 0u);
    EXPECT_EQ(poolgraph_referrers(heap_, &found, note, &found), 0u);
}

// Two fields, one of them without a name, and items.
struct Mixed {
    poolobj base;
    poolobj *named, *nameless;
    poolobj *item[2];
};
const size_t mixed_refs[] = {offsetof(Mixed, named), offsetof(Mixed, nameless), POOLOBJ_END};
const char *const mixed_fields[] = {"named", nullptr};

class GraphPlaceTest : public GraphTest {
  protected:
    Mixed *mixed(size_t items) {
        poolobj_typespec spec = {};
        spec.name = "mixed";
        spec.size = offsetof(Mixed, item);
        spec.refs = mixed_refs;
        spec.fields = mixed_fields;
        spec.flags = POOLOBJ_ITEMS_ARE_REFS;
        return keep(static_cast<Mixed *>(poolobj_new_items(type_of(spec), items)));
    }
};

TEST_F(GraphPlaceTest, AFieldHasItsOffsetAndItsNameIfItHasOne) {
    Mixed *object = mixed(2);
    object->named = &make()->base;
    struct graph_place place;
    graph_place_begin(&place, &object->base);
    poolgraph_reference named = graph_place_at(&place, &object->named);
    EXPECT_EQ(named.kind, POOLGRAPH_FIELD);
    EXPECT_EQ(named.index, offsetof(Mixed, named));
    EXPECT_STREQ(named.field, "named");
    EXPECT_EQ(named.from, &object->base);
    EXPECT_EQ(named.to, object->named);
    EXPECT_EQ(named.slot, &object->named);
    poolgraph_reference nameless = graph_place_at(&place, &object->nameless);
    EXPECT_EQ(nameless.index, offsetof(Mixed, nameless));
    EXPECT_EQ(nameless.field, nullptr);
    EXPECT_EQ(nameless.to, nullptr);
}

// Fields that were passed over do not count: the place says which item it is.
TEST_F(GraphPlaceTest, AnItemOfTheObjectIsToldByItsPlace) {
    Mixed *object = mixed(2);
    struct graph_place place;
    graph_place_begin(&place, &object->base);
    graph_place_skip(&place, &object->named, 2);
    graph_place_skip(&place, &object->item[0], 1);
    poolgraph_reference second = graph_place_at(&place, &object->item[1]);
    EXPECT_EQ(second.kind, POOLGRAPH_ITEM);
    EXPECT_EQ(second.index, 1u);
    EXPECT_EQ(second.field, nullptr);
}

TEST_F(GraphPlaceTest, ItemsOutsideOfTheObjectAreCountedThrough) {
    List *list = keep(make_list({nullptr, nullptr, nullptr, nullptr}));
    struct graph_place place;
    graph_place_begin(&place, &list->base);
    graph_place_skip(&place, &list->item[0], 2);
    EXPECT_EQ(graph_place_at(&place, &list->item[2]).index, 2u);
    poolgraph_reference last = graph_place_at(&place, &list->item[3]);
    EXPECT_EQ(last.index, 3u);
    EXPECT_EQ(last.kind, POOLGRAPH_ITEM);
}

} // namespace
