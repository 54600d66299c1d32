// SPDX-License-Identifier: MIT
#include "object/verify.h"

#include "object/root.h"
#include "support/object_fixture.h"

namespace {

using VerifyTest = ObjectTest;

// A node whose type does not know of `right`.
poolobj_typespec forgetful_spec() {
    static const size_t refs[] = {offsetof(Node, left), POOLOBJ_END};
    poolobj_typespec spec = {};
    spec.name = "forgetful";
    spec.size = sizeof(Node);
    spec.refs = refs;
    return spec;
}

TEST_F(VerifyTest, AForgottenReferenceIsNamedByTypeAndOffset) {
    Node *node = make(type_of(forgetful_spec()));
    node->right = make();
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_VERIFY);
    EXPECT_EXIT(poolobj_gc_collect(heap_, 2), testing::KilledBySignal(SIGABRT),
                "^poolalloc: poolobj_gc_collect: object of 0x[0-9a-f]+ with an unreported "
                "reference at offset 16 \\(type forgetful: put the offset into refs, or report "
                "the field in traverse\\)\n$");
    poolobj_gc_set_debug(heap_, 0);
    poolobj_clear(&node->right);
    poolobj_decref(node);
}

TEST_F(VerifyTest, ATypeThatBorrowsIsPassedBy) {
    poolobj_typespec spec = forgetful_spec();
    spec.flags = POOLOBJ_BORROWS;
    Node *node = make(type_of(spec)), *other = make();
    node->right = other;
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_VERIFY);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
    poolobj_decref(node);
    poolobj_decref(other);
}

TEST_F(VerifyTest, ATraverseThatReportsACopyIsRight) {
    poolobj_typespec spec = forgetful_spec();
    spec.traverse = [](poolobj *object, poolobj_visit visit, void *arg) {
        poolobj *right = &reinterpret_cast<Node *>(object)->right->base;
        visit(&right, 1, arg);
    };
    Node *node = make(type_of(spec));
    node->right = make();
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_VERIFY);
    for (int g = 0; g < 3; g++) EXPECT_EQ(poolobj_gc_collect(heap_, g), 0u);
    poolobj_decref(node);
    EXPECT_EQ(dropped.size(), 1u);
}

TEST_F(VerifyTest, AReportedReferenceToNoObjectOfTheHeapIsFound) {
    poolobj_heap *other = poolobj_heap_new();
    poolobj_typespec spec = node_spec("foreign");
    Node *node = make(), *foreign = make(poolobj_type_new(other, &spec)), *gone = make();
    poolobj_decref(gone);
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_VERIFY);
    for (Node *to : {foreign, gone, reinterpret_cast<Node *>(&node->right)}) {
        node->right = to;
        EXPECT_EXIT(poolobj_gc_collect(heap_, 0), testing::KilledBySignal(SIGABRT),
                    "^poolalloc: poolobj_gc_collect: object of 0x[0-9a-f]+ with a reported "
                    "reference to no object of its heap at offset 16 \\(type node: it was dropped, "
                    "never counted, or is no poolobj\\)\n$");
    }
    node->right = nullptr;
    poolobj_decref(node);
    poolobj_decref(foreign);
    poolobj_heap_close(other);
}

TEST_F(VerifyTest, AReferenceReportedTwiceIsFound) {
    poolobj_typespec spec = node_spec("eager");
    spec.traverse = [](poolobj *object, poolobj_visit visit, void *arg) {
        visit(reinterpret_cast<poolobj *const *>(&reinterpret_cast<Node *>(object)->left), 1, arg);
    };
    Node *node = make(type_of(spec));
    node->left = make();
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_VERIFY);
    EXPECT_EXIT(poolobj_gc_collect(heap_, 2), testing::KilledBySignal(SIGABRT),
                "^poolalloc: poolobj_gc_collect: more references are reported than are held to "
                "0x[0-9a-f]+ \\(node\\)\n$");
    poolobj_gc_set_debug(heap_, 0);
    poolobj_incref(node->left); // what the type will drop once too often
    poolobj_decref(node);
}

TEST_F(VerifyTest, ARootThatHoldsWhatIsGoneIsFound) {
    Node *variable = make(), *copy = variable, *unknown = make();
    poolobj_gc_root_add(heap_, &copy);
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_VERIFY);
    poolobj_gc_collect(heap_, 0);
    poolobj_decref(variable);
    EXPECT_EXIT(poolobj_gc_collect(heap_, 0), testing::KilledBySignal(SIGABRT),
                "a root that holds no living object of its heap");
    poolobj_gc_root_remove(heap_, &copy);
    poolobj_gc_collect(heap_, 0);
    poolobj_decref(unknown);
}

TEST_F(VerifyTest, RootsAreRemovedAsOftenAsTheyWereAdded) {
    enum { ROOTS = 3000 };
    static void *variables[ROOTS];
    static size_t seen[ROOTS], all;
    auto count = [&] {
        memset(seen, 0, sizeof seen);
        all = 0;
        root_each(
            &heap_->roots,
            [](poolobj *const *slot, size_t, void *) {
                seen[reinterpret_cast<void *const *>(slot) - variables]++;
                all++;
            },
            nullptr);
    };
    for (void *&variable : variables) ASSERT_EQ(poolobj_gc_root_add(heap_, &variable), 0);
    for (int i = 0; i < ROOTS; i += 3) poolobj_gc_root_add(heap_, &variables[i]);
    count();
    EXPECT_EQ(all, size_t(ROOTS)) << "each is told once";
    for (int i = 0; i < ROOTS; i++) poolobj_gc_root_remove(heap_, &variables[(i * 7) % ROOTS]);
    count();
    EXPECT_EQ(all, size_t(ROOTS / 3));
    for (int i = 0; i < ROOTS; i++) EXPECT_EQ(seen[i], i % 3 == 0) << i;
    for (int i = 0; i < ROOTS; i++) poolobj_gc_root_remove(heap_, &variables[i]);
    count();
    EXPECT_EQ(all, 0u);
    poolobj_gc_root_remove(heap_, &all); // never added
}

} // namespace
