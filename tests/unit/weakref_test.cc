// SPDX-License-Identifier: MIT
#include "object/weakref.h"

#include <map>

#include "support/object_fixture.h"

namespace {

using WeakrefTest = ObjectTest;

int calls;
void count_call(poolobj_weakref *weakref, void *arg) {
    calls++;
    EXPECT_EQ(poolobj_weakref_get(weakref), nullptr);
    if (arg != nullptr) *static_cast<poolobj_weakref **>(arg) = weakref;
}

TEST_F(WeakrefTest, GivesTheObjectWhileItLives) {
    Node *node = make();
    poolobj_weakref *weak = poolobj_weakref_new(node, nullptr, nullptr);
    EXPECT_EQ(poolobj_refcount(node), 1);
    EXPECT_EQ(poolobj_weakref_get(weak), node);
    EXPECT_EQ(poolobj_refcount(node), 2); // a new reference
    poolobj_decref(node);
    poolobj_decref(node);
    EXPECT_EQ(poolobj_weakref_get(weak), nullptr);
    poolobj_weakref_free(weak);
    poolobj_weakref_free(nullptr);
}

TEST_F(WeakrefTest, CallsBackOnceWhenTheObjectGoes) {
    calls = 0;
    poolobj_weakref *called = nullptr, *weak = poolobj_weakref_new(make(), count_call, &called);
    poolobj_decref(poolobj_weakref_get(weak));
    EXPECT_EQ(calls, 0);
    Node *node = static_cast<Node *>(poolobj_weakref_get(weak));
    poolobj_decref(node);
    poolobj_decref(node);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(called, weak);
    poolobj_weakref_free(weak);
}

TEST_F(WeakrefTest, AFreedOneIsNotCalled) {
    calls = 0;
    Node *node = make();
    poolobj_weakref_free(poolobj_weakref_new(node, count_call, nullptr));
    poolobj_decref(node);
    EXPECT_EQ(calls, 0);
}

TEST_F(WeakrefTest, ACallbackMayFreeItsOwnAndTheOthers) {
    static poolobj_weakref *weak[3];
    calls = 0;
    Node *node = make();
    for (poolobj_weakref *&w : weak)
        w = poolobj_weakref_new(
            node,
            [](poolobj_weakref *, void *) {
                calls++;
                for (poolobj_weakref *other : weak) poolobj_weakref_free(other);
            },
            nullptr);
    poolobj_decref(node);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(poolobj_count(node_), 0u);
}

TEST_F(WeakrefTest, ACallbackRunsAfterTheFinalizerAndSeesNoObject) {
    static std::vector<std::string> order;
    order.clear();
    poolobj_typespec spec = node_spec("finalized");
    spec.finalize = [](poolobj *) { order.push_back("finalizer"); };
    spec.drop = [](poolobj *) { order.push_back("drop"); };
    Node *node = make(type_of(spec));
    poolobj_weakref *weak = poolobj_weakref_new(
        node, [](poolobj_weakref *, void *) { order.push_back("callback"); }, nullptr);
    poolobj_decref(node);
    EXPECT_EQ(order, (std::vector<std::string>{"finalizer", "callback", "drop"}));
    poolobj_weakref_free(weak);
}

TEST_F(WeakrefTest, OneToGarbageIsClearedAndCalledByTheCollector) {
    calls = 0;
    Node *node = ring(node_, 2);
    poolobj_weakref *called = poolobj_weakref_new(node, count_call, nullptr),
                    *silent = poolobj_weakref_new(node->left, nullptr, nullptr);
    poolobj_decref(node);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(poolobj_weakref_get(silent), nullptr);
    poolobj_weakref_free(called);
    poolobj_weakref_free(silent);
}

// CPython's order: with a callback before the finalizers, without one after them.
TEST_F(WeakrefTest, AFinalizerInACycleSeesOnlyThoseWithoutCallback) {
    static poolobj_weakref *called, *silent;
    static bool saw_called, saw_silent;
    saw_called = saw_silent = false;
    calls = 0;
    poolobj_typespec spec = node_spec("curious");
    spec.finalize = [](poolobj *) {
        void *object = poolobj_weakref_get(called);
        if (object != nullptr) saw_called = true, poolobj_decref(object);
        object = poolobj_weakref_get(silent);
        if (object != nullptr) saw_silent = true, poolobj_decref(object);
    };
    Node *node = ring(type_of(spec), 2);
    called = poolobj_weakref_new(node, count_call, nullptr);
    silent = poolobj_weakref_new(node, nullptr, nullptr);
    poolobj_decref(node);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 2u);
    EXPECT_FALSE(saw_called);
    EXPECT_TRUE(saw_silent);
    EXPECT_EQ(calls, 1);
    poolobj_weakref_free(called);
    poolobj_weakref_free(silent);
}

TEST_F(WeakrefTest, AnObjectThatComesBackKeepsThoseWithoutCallback) {
    static Node *kept;
    poolobj_typespec spec = node_spec("phoenix");
    spec.finalize = [](poolobj *object) { poolobj_set(&kept, object); };
    Node *node = ring(type_of(spec), 1);
    poolobj_weakref *silent = poolobj_weakref_new(node, nullptr, nullptr);
    poolobj_decref(node);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
    EXPECT_EQ(poolobj_weakref_get(silent), kept);
    poolobj_decref(kept);
    poolobj_clear(&kept);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 1u);
    EXPECT_EQ(poolobj_weakref_get(silent), nullptr);
    poolobj_weakref_free(silent);
}

TEST_F(WeakrefTest, ManyAgreeWithAModel) {
    struct rng random = {test_seed()};
    std::vector<Node *> nodes(200);
    std::multimap<Node *, poolobj_weakref *> weak;
    for (Node *&node : nodes) node = make();
    for (int step = 0; step < 20000; step++) {
        Node *&node = nodes[rng_below(&random, nodes.size())];
        auto range = weak.equal_range(node);
        switch (rng_below(&random, 3)) {
        case 0:
            weak.insert({node, poolobj_weakref_new(node, nullptr, nullptr)});
            break;
        case 1:
            if (range.first == range.second) break;
            poolobj_weakref_free(range.first->second);
            weak.erase(range.first);
            break;
        case 2:
            if (rng_below(&random, 8) != 0) break;
            poolobj_decref(node);
            for (auto w = range.first; w != range.second; ++w) {
                ASSERT_EQ(poolobj_weakref_get(w->second), nullptr);
                poolobj_weakref_free(w->second);
            }
            weak.erase(range.first, range.second);
            node = make();
            break;
        }
        if (step % 100 == 0) weakref_check(heap_);
    }
    for (auto &w : weak) {
        ASSERT_EQ(poolobj_weakref_get(w.second), w.first);
        poolobj_decref(w.first);
    }
}

} // namespace
