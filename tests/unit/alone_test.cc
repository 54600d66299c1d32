// SPDX-License-Identifier: MIT
#include "object/alone.h"

#include "support/object_fixture.h"

namespace {

class AloneTest : public ObjectTest {
  protected:
    void SetUp() override {
        ObjectTest::SetUp();
        root_ = ring(node_, 3);
    }
    void TearDown() override {
        if (root_ != nullptr) poolobj_decref(root_);
        ObjectTest::TearDown();
    }
    const void *held() { return alone_find_held(heap_, &root_->base); }
    Node *root_ = nullptr;
};

TEST_F(AloneTest, OneReferenceToTheRootIsAll) { EXPECT_EQ(held(), nullptr); }

TEST_F(AloneTest, ASecondReferenceToTheRootIsFound) {
    poolobj_incref(root_);
    EXPECT_EQ(held(), root_);
    poolobj_decref(root_);
    EXPECT_EQ(held(), nullptr);
}

TEST_F(AloneTest, AReferenceToAnotherObjectIsFound) {
    Node *inner = root_->left;
    poolobj_incref(inner);
    EXPECT_EQ(held(), inner);
    poolobj_decref(inner);
}

// A root that nobody holds is as wrong as one that two hold.
TEST_F(AloneTest, ARootWithoutAReferenceIsFound) {
    Node *root = root_;
    root_ = nullptr;
    poolobj_decref(root);
    EXPECT_EQ(alone_find_held(heap_, &root->base), &root->base);
    EXPECT_EQ(alone_find_held(heap_, nullptr), nullptr) << "nobody holds any";
}

TEST_F(AloneTest, ImmortalObjectsDoNotMatterButWhatTheyHoldIsCounted) {
    Node *immortal = make();
    poolobj_set(&immortal->left, root_->left);
    poolobj_immortal(immortal);
    EXPECT_EQ(held(), nullptr);
}

TEST_F(AloneTest, InsideOfACollectionSomeObjectIsHeld) {
    static poolobj_heap *heap;
    static const void *held;
    heap = heap_, held = nullptr;
    poolobj_typespec spec = node_spec("finalized");
    spec.finalize = [](poolobj *) { held = poolobj_heap_held(heap, nullptr); };
    Node *node = static_cast<Node *>(poolobj_new(poolobj_type_new(heap_, &spec)));
    poolobj_set(&node->left, node);
    poolobj_decref(node);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 1u);
    EXPECT_NE(held, nullptr);
    poolobj_heap_check(heap_);
}

TEST_F(AloneTest, AReferenceFromAnotherHeapIsOneFromOutside) {
    poolobj_heap *heap = poolobj_heap_new();
    poolobj_typespec spec = node_spec("other");
    Node *other = static_cast<Node *>(poolobj_new(poolobj_type_new(heap, &spec)));
    poolobj_set(&other->left, root_->left);
    EXPECT_EQ(held(), root_->left);
    EXPECT_EQ(alone_find_held(heap, &other->base), nullptr);
    EXPECT_EQ(*ledger_count(root_->left), 1u) << "as it was: another heap's is not touched";
    poolobj_decref(other);
    EXPECT_EQ(held(), nullptr);
    poolobj_heap_close(heap);
}

} // namespace
