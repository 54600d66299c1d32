// SPDX-License-Identifier: MIT
#include "object/object.h"

#include <algorithm>
#include <climits>
#include <pthread.h>

#include "support/object_fixture.h"

namespace {

using Ids = std::vector<long>;

TEST_F(ObjectTest, ANewObjectIsZeroedAndHasCountOne) {
    for (int round = 0; round < 1000; round++) { // blocks are used again
        Node *node = make();
        EXPECT_EQ(node->left, nullptr);
        EXPECT_EQ(node->right, nullptr);
        EXPECT_EQ(poolobj_refcount(node), 1);
        EXPECT_EQ(poolobj_typeof(node), node_);
        node->left = node->right = node; // dirt
        node->left = node->right = nullptr;
        poolobj_decref(node);
    }
    EXPECT_EQ(poolobj_count(node_), 0u);
}

TEST_F(ObjectTest, ANodeOfTwoReferencesTakes24Bytes) {
    struct Pair {
        poolobj base;
        void *left, *right;
    };
    static const size_t refs[] = {offsetof(Pair, left), offsetof(Pair, right), POOLOBJ_END};
    poolobj_typespec spec = {};
    spec.name = "pair";
    spec.size = sizeof(Pair);
    spec.refs = refs;
    poolobj_type *type = type_of(spec);
    char *a = static_cast<char *>(poolobj_new(type)), *b = static_cast<char *>(poolobj_new(type));
    EXPECT_EQ(poolobj_sizeof(a), 24u);
    EXPECT_EQ(b - a, 24);
    poolobj_decref(a);
    poolobj_decref(b);
}

TEST_F(ObjectTest, TheLastReferenceEndsTheObjectAndDropsWhatItHolds) {
    Node *parent = make(), *left = make(), *right = make();
    poolobj_set(&parent->left, left);
    poolobj_set(&parent->right, right);
    poolobj_decref(left);
    EXPECT_EQ(poolobj_refcount(right), 2);
    poolobj_decref(parent);
    EXPECT_EQ(dropped, (Ids{1, 2}));
    EXPECT_EQ(poolobj_refcount(right), 1);
    poolobj_decref(right);
    EXPECT_EQ(dropped, (Ids{1, 2, 3}));
}

TEST_F(ObjectTest, SettingAFieldToWhatItHoldsKeepsTheObject) {
    Node *parent = make(), *child = make();
    parent->left = child;
    poolobj_set(&parent->left, parent->left); // the new reference comes before the old one goes
    EXPECT_EQ(poolobj_refcount(child), 1);
    poolobj_clear(&parent->left);
    EXPECT_EQ(parent->left, nullptr);
    EXPECT_EQ(dropped, Ids{2});
    poolobj_clear(&parent->left);
    poolobj_decref(parent);
}

Node *seen_field;
TEST_F(ObjectTest, AFieldIsEmptyBeforeWhatItHeldIsFinalized) {
    static Node *parent;
    poolobj_typespec spec = node_spec("finalized");
    spec.finalize = [](poolobj *) { seen_field = parent->left; };
    parent = make();
    parent->left = make(type_of(spec));
    seen_field = parent;
    poolobj_clear(&parent->left);
    EXPECT_EQ(seen_field, nullptr);
    poolobj_decref(parent);
}

TEST_F(ObjectTest, DeathsFollowTheFieldsInOrder) {
    //       1
    //     2   3
    //    4 5   6
    Node *n[7];
    for (int i = 1; i <= 6; i++) n[i] = make();
    n[1]->left = n[2], n[1]->right = n[3], n[2]->left = n[4], n[2]->right = n[5];
    n[3]->right = n[6];
    poolobj_decref(n[1]);
    EXPECT_EQ(dropped, (Ids{1, 2, 4, 5, 3, 6}));
}

// ---- Sizes ----

TEST_F(ObjectTest, ObjectsOfEverySizeKeepTheirContents) {
    std::vector<std::pair<unsigned char *, size_t>> objects;
    for (size_t size = sizeof(poolobj); size < 300 * KIB; size += size / 5 + 1) {
        poolobj_typespec spec = {};
        spec.name = "bytes";
        spec.size = size;
        poolobj_type *type = type_of(spec);
        for (int i = 0; i < 3; i++) {
            unsigned char *object = static_cast<unsigned char *>(poolobj_new(type));
            ASSERT_TRUE(is_all(object + sizeof(poolobj), 0, size - sizeof(poolobj))) << size;
            ASSERT_GE(poolobj_sizeof(object), size);
            memset(object + sizeof(poolobj), int(size), size - sizeof(poolobj));
            objects.push_back({object, size});
        }
    }
    check_ground(); // what lies below has no objection
    for (auto &o : objects)
        ASSERT_TRUE(
            is_all(o.first + sizeof(poolobj), int(o.second & 255), o.second - sizeof(poolobj)));
    poolobj_heap_check(heap_);
    for (auto &o : objects) poolobj_decref(o.first);
}

struct Row {
    poolobj base;
    Node *item[];
};
poolobj_typespec row_spec() {
    poolobj_typespec spec = {};
    spec.name = "row";
    spec.size = sizeof(Row);
    spec.flags = POOLOBJ_ITEMS_ARE_REFS;
    return spec;
}

TEST_F(ObjectTest, ItemsAreDroppedWithTheirObjectAtEveryLength) {
    poolobj_type *type = type_of(row_spec());
    for (size_t n : {0, 1, 2, 62, 63, 64, 100, 255, 256, 1000, 40000}) {
        Row *row = static_cast<Row *>(poolobj_new_items(type, n));
        ASSERT_TRUE(is_all(row->item, 0, n * sizeof row->item[0]));
        for (size_t i = 0; i < n; i++) row->item[i] = make();
        EXPECT_GE(poolobj_sizeof(row), sizeof *row + n * 8);
        EXPECT_EQ(poolobj_count(node_), n);
        EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
        poolobj_decref(row);
        EXPECT_EQ(poolobj_count(node_), 0u);
    }
}

TEST_F(ObjectTest, TooManyItemsAreOutOfMemory) {
    poolobj_type *type = type_of(row_spec());
    for (size_t n : {SIZE_MAX, SIZE_MAX / 8, SIZE_MAX / 16, size_t(PTRDIFF_MAX) / 8}) {
        errno = 0;
        EXPECT_EQ(poolobj_new_items(type, n), nullptr);
        EXPECT_EQ(errno, ENOMEM);
    }
}

// ---- Counts at their ends ----

TEST_F(ObjectTest, AnImmortalObjectKeepsItsCountAndLives) {
    Node *node = make();
    poolobj_immortal(node);
    EXPECT_EQ(poolobj_refcount(node), INT32_MAX);
    for (int i = 0; i < 100; i++) poolobj_decref(node);
    EXPECT_EQ(poolobj_refcount(node), INT32_MAX);
    for (int i = 0; i < 200; i++) poolobj_incref(node);
    EXPECT_EQ(node->base.count, IMMORTAL);
    poolobj_set(&node->left, node);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
    EXPECT_TRUE(dropped.empty());
}

TEST_F(ObjectTest, ACountThatReachesItsMaximumStaysThere) {
    Node *node = make();
    node->base.count = INT32_MAX - 1;
    poolobj_incref(node);
    EXPECT_EQ(poolobj_refcount(node), INT32_MAX);
    poolobj_incref(node);
    for (int i = 0; i < 10; i++) poolobj_decref(node);
    EXPECT_EQ(poolobj_refcount(node), INT32_MAX);
    EXPECT_EQ(node->base.count, IMMORTAL);
}

// ---- Finalizers ----

Node *kept;

TEST_F(ObjectTest, AFinalizerRunsOnceAndMayBringTheObjectBack) {
    poolobj_typespec spec = node_spec("phoenix");
    spec.finalize = [](poolobj *object) {
        Node *node = reinterpret_cast<Node *>(object);
        finalized.push_back(node->id);
        EXPECT_EQ(poolobj_refcount(node), 1);
        EXPECT_NE(node->left, nullptr); // all it refers to is whole
        poolobj_set(&kept, node);
    };
    Node *node = make(type_of(spec));
    node->left = make();
    poolobj_decref(node);
    EXPECT_EQ(finalized, Ids{1});
    EXPECT_TRUE(dropped.empty());
    EXPECT_EQ(kept, node);
    EXPECT_EQ(poolobj_refcount(node), 1);
    poolobj_clear(&kept);
    EXPECT_EQ(finalized, Ids{1});
    EXPECT_EQ(dropped, (Ids{1, 2}));
}

TEST_F(ObjectTest, AFinalizerMayMakeItsObjectImmortal) {
    poolobj_typespec spec = node_spec("saint");
    spec.finalize = [](poolobj *object) { poolobj_immortal(object); };
    Node *node = make(type_of(spec));
    poolobj_decref(node);
    EXPECT_EQ(poolobj_refcount(node), INT32_MAX);
    Node *cycle = ring(type_of(spec), 2);
    poolobj_decref(cycle);
    EXPECT_EQ(poolobj_gc_collect(heap_, 2), 0u);
    EXPECT_TRUE(dropped.empty());
}

TEST_F(ObjectTest, AFinalizerMayMakeObjectsAndCollect) {
    static poolobj_heap *heap;
    static poolobj_type *plain;
    heap = heap_, plain = node_;
    poolobj_typespec spec = node_spec("busy");
    spec.finalize = [](poolobj *) {
        Node *a = static_cast<Node *>(poolobj_new(plain)),
             *b = static_cast<Node *>(poolobj_new(plain));
        a->id = b->id = 100;
        poolobj_set(&a->left, b), poolobj_set(&b->left, a);
        poolobj_decref(a), poolobj_decref(b);
        EXPECT_EQ(poolobj_gc_collect(heap, 2), 2u);
    };
    Node *node = make(type_of(spec));
    node->left = make();
    poolobj_decref(node);
    EXPECT_EQ(dropped, (Ids{100, 100, 1, 2}));
}

// A chain whose every finalizer drops the next: as deep as finalizers nest, no deeper.
TEST_F(ObjectTest, FinalizersThatDropTheNextDoNotNestWithoutEnd) {
    static int depth, deepest;
    depth = deepest = 0;
    poolobj_typespec spec = node_spec("link");
    spec.finalize = [](poolobj *object) {
        deepest = std::max(deepest, ++depth);
        poolobj_clear(&reinterpret_cast<Node *>(object)->left);
        depth--;
    };
    poolobj_type *type = type_of(spec);
    Node *first = nullptr;
    for (int i = 0; i < 100000; i++) {
        Node *node = make(type);
        node->left = first;
        first = node;
    }
    poolobj_decref(first);
    EXPECT_EQ(dropped.size(), 100000u);
    EXPECT_LE(deepest, int(DEPTH_MAX) + 1);
}

// ---- Long chains on a small stack ----

void on_small_stack(void *(*function)(void *), void *argument) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    ASSERT_EQ(pthread_attr_setstacksize(&attributes, 64 * 1024), 0);
    pthread_t thread;
    ASSERT_EQ(pthread_create(&thread, &attributes, function, argument), 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
}

TEST_F(ObjectTest, AChainOfTenMillionDiesOnAStackOf64KiB) {
    poolobj_typespec spec = node_spec("silent");
    spec.drop = nullptr;
    poolobj_type *type = type_of(spec);
    Node *first = nullptr;
    for (int i = 0; i < 10000000; i++) {
        Node *node = static_cast<Node *>(poolobj_new(type));
        node->right = first;
        first = node;
    }
    on_small_stack(
        [](void *node) -> void * {
            poolobj_heap_adopt(poolobj_heap_of(node));
            poolobj_decref(node);
            return nullptr;
        },
        first);
    poolobj_heap_adopt(heap_);
    EXPECT_EQ(poolobj_count(type), 0u);
}

TEST_F(ObjectTest, AListInBothDirectionsIsCollectedOnAStackOf64KiB) {
    poolobj_typespec spec = node_spec("silent");
    spec.drop = nullptr;
    poolobj_type *type = type_of(spec);
    static poolobj_heap *heap;
    static size_t found;
    heap = heap_;
    Node *first = static_cast<Node *>(poolobj_new(type)), *last = first;
    for (int i = 1; i < 1000000; i++) {
        Node *node = static_cast<Node *>(poolobj_new(type));
        last->right = node;
        poolobj_set(&node->left, last);
        last = node;
    }
    poolobj_decref(first);
    on_small_stack(
        [](void *) -> void * {
            poolobj_heap_adopt(heap);
            found = poolobj_gc_collect(heap, 2);
            return nullptr;
        },
        nullptr);
    poolobj_heap_adopt(heap_);
    EXPECT_EQ(found, 1000000u);
}

} // namespace
