// SPDX-License-Identifier: MIT
// Each misuse of an object ends the process with one line that names it.
#define POOLOBJ_CHECKED 1 // for this program: every use is checked
#include "support/object_fixture.h"

namespace {

using MisuseTest = ObjectTest;

#define EXPECT_FAILS(statement, line)                                                              \
    EXPECT_EXIT(statement, testing::KilledBySignal(SIGABRT), "^poolalloc: " line " \\(.*\\)\n$")

// Does what the inline functions of a program without POOLOBJ_CHECKED do.
void plain_decref(void *object) {
    poolobj *o = static_cast<poolobj *>(object);
    if (o->count - 1 > 0)
        o->count--;
    else
        poolobj_decref_slow(o);
}

TEST_F(MisuseTest, OneReferenceDroppedTooMany) {
    Node *node = make(), *other = make();
    poolobj_decref(node);
    EXPECT_FAILS(plain_decref(node), "poolobj_decref of freed object 0x[0-9a-f]+");
    EXPECT_FAILS(poolobj_incref_slow(&node->base), "poolobj_incref of freed object 0x[0-9a-f]+");
    EXPECT_FAILS(poolobj_decref(node), "poolobj: no living object at 0x[0-9a-f]+");
    poolobj_decref(other);
}

TEST_F(MisuseTest, UseOfAFreedObject) {
    Node *node = make(), *holder = make();
    poolobj_decref(node);
    EXPECT_FAILS(poolobj_refcount(node), "poolobj_refcount of freed object 0x[0-9a-f]+");
    EXPECT_FAILS(poolobj_weakref_new(node, nullptr, nullptr),
                 "poolobj_weakref_new of freed object 0x[0-9a-f]+");
    EXPECT_FAILS(poolobj_set(&holder->left, node), "poolobj: no living object at 0x[0-9a-f]+");
    poolobj_decref(holder);
}

TEST_F(MisuseTest, AReferenceTakenWhileTheObjectIsTakenApart) {
    poolobj_typespec spec = node_spec("late");
    spec.drop = [](poolobj *object) { poolobj_incref_slow(object); };
    poolobj_type *type = type_of(spec);
    EXPECT_FAILS(poolobj_decref(make(type)), "poolobj_incref of dying object 0x[0-9a-f]+");
}

TEST_F(MisuseTest, AnObjectOfAnotherHeapInAField) {
    poolobj_heap *other = poolobj_heap_new();
    poolobj_typespec spec = node_spec("stranger");
    poolobj_type *type = poolobj_type_new(other, &spec);
    void *stranger = poolobj_new(type), *variable = nullptr;
    Node *node = make();
    EXPECT_FAILS(poolobj_set(&node->left, stranger),
                 "poolobj_set into an object of another heap of object 0x[0-9a-f]+");
    poolobj_set(&variable, stranger); // of the program
    poolobj_clear(&variable);
    poolobj_heap_share(other);
    poolobj_set(&node->left, stranger);
    poolobj_decref(node);
    poolobj_heap_close(other);
}

TEST_F(MisuseTest, AnObjectUsedByAThreadThatDoesNotOwnItsHeap) {
    Node *node = make();
    EXPECT_FAILS(in_thread([&] { poolobj_incref(node); }),
                 "poolobj_incref or _decref by a thread that does not own heap 0x[0-9a-f]+");
    poolobj_decref(node);
}

TEST_F(MisuseTest, ABlockOfMallocGivenAsObject) {
    void *block = calloc(1, 64);
    EXPECT_FAILS(poolobj_incref(block), "poolobj: no living object at 0x[0-9a-f]+");
    free(block);
}

TEST_F(MisuseTest, GenerationsAndThresholdsThatDoNotExist) {
    EXPECT_FAILS(poolobj_gc_collect(heap_, 3),
                 "poolobj_gc_collect of 0x[0-9a-f]+ with generation 3");
    poolobj_gc_figures figures;
    EXPECT_FAILS(poolobj_gc_stats(heap_, -1, &figures), "poolobj_gc_stats of .*");
    EXPECT_FAILS(poolobj_gc_set_threshold(heap_, 1, -1, 1),
                 "poolobj_gc_set_threshold of 0x[0-9a-f]+ with generation 1");
    EXPECT_FAILS(poolobj_new_items(node_, 1), "poolobj_new_items of 0x[0-9a-f]+ with count 1");
}

TEST_F(MisuseTest, AHeapClosedByItsOwnFinalizer) {
    static poolobj_heap *heap;
    heap = heap_;
    poolobj_typespec spec = node_spec("closer");
    spec.finalize = [](poolobj *) { poolobj_heap_close(heap); };
    poolobj_type *type = type_of(spec);
    EXPECT_FAILS(poolobj_decref(make(type)),
                 "poolobj_heap_close in a finalizer or callback of heap 0x[0-9a-f]+");
}

TEST_F(MisuseTest, AHeapUsedByAThreadThatDoesNotOwnIt) {
    if (!DEBUG_BUILD) GTEST_SKIP() << "only debug builds look";
    EXPECT_FAILS(in_thread([this] { poolobj_gc_collect(heap_, 0); }),
                 "poolobj_gc_collect by a thread that does not own heap 0x[0-9a-f]+");
    EXPECT_FAILS(in_thread([this] { poolobj_new(node_); }), "poolobj_new by a thread .*");
    Node *node = make();
    EXPECT_FAILS(in_thread([node] { poolobj_incref(node); }), "poolobj_incref or _decref by .*");
    poolobj_decref(node);
}

TEST_F(MisuseTest, AnAdoptedHeapIsTheThreadsOwn) {
    Node *node = make();
    in_thread([&] {
        poolobj_heap_adopt(heap_);
        poolobj_set(&node->left, node);
        poolobj_decref(node);
        EXPECT_EQ(poolobj_gc_collect(heap_, 2), 1u);
    });
    poolobj_heap_adopt(heap_);
}

} // namespace
