// SPDX-License-Identifier: MIT
#include "object/verify.h"

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

} // namespace
