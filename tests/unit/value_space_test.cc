// SPDX-License-Identifier: MIT
#include "support/value_fixture.h"

namespace {

using ValueSpaceTest = ValueTest;

struct Node {
    poolobj base;
    poolobj *held;
};
const size_t node_refs[] = {offsetof(Node, held), POOLOBJ_END};

poolobj_typespec node_spec() {
    poolobj_typespec spec = {};
    spec.name = "node";
    spec.size = sizeof(Node);
    spec.refs = node_refs;
    return spec;
}

TEST_F(ValueSpaceTest, EachTypeHasPoolsOfItsOwn) {
    Ref a = number(1000), b = real(1000);
    EXPECT_EQ(poolval_sizeof(space_, a), poolval_sizeof(space_, b));
    a.drop();
    Ref c = real(1), d = number(1001);
    EXPECT_NE(reinterpret_cast<uintptr_t>((poolobj *)c) / 4096,
              reinterpret_cast<uintptr_t>((poolobj *)d) / 4096);
}

TEST_F(ValueSpaceTest, OtherObjectsAreHeldShownAndKeys) {
    poolobj_typespec spec = node_spec();
    poolobj_type *type = poolobj_type_new(heap_, &spec);
    Ref node = &static_cast<Node *>(poolobj_new(type))->base;
    Ref held = list({node}), map = dict();
    EXPECT_EQ(poolval_type(space_, node), POOLVAL_OTHER);
    EXPECT_STREQ(poolval_type_name(space_, node), "node");
    EXPECT_EQ(repr(held), "[<node at " + hex((poolobj *)node) + ">]");
    EXPECT_EQ(poolval_dict_set(space_, map, node, held), 0);
    Ref got = poolval_dict_get(space_, map, node);
    EXPECT_EQ(got, held);
    EXPECT_EQ(poolval_equal(space_, node, held), 0);
    EXPECT_EQ(poolval_refcount(node), 3);
    Ref copy = poolval_deepcopy(space_, held);
    EXPECT_EQ(poolval_refcount(node), 4) << "the copy holds the same object";
}

TEST_F(ValueSpaceTest, ValuesOfAnotherSpaceAreOther) {
    poolval_space *second = poolval_space_new(heap_, nullptr);
    Ref theirs = poolval_int_new(second, 1000);
    EXPECT_EQ(poolval_type(space_, theirs), POOLVAL_OTHER);
    EXPECT_EQ(poolval_type(second, theirs), POOLVAL_INT);
    int64_t result;
    EXPECT_ERROR(poolval_int_get(space_, theirs, &result), -1, POOLVAL_ERR_TYPE);
}

TEST_F(ValueSpaceTest, ManySpacesEndWithTheirHeap) {
    for (int i = 0; i < 20; i++) {
        poolval_space *space = poolval_space_new(heap_, nullptr);
        for (int n = 0; n < 100; n++) {
            std::string name = "name_" + std::to_string(n);
            poolobj *kept = poolval_str_new(space, name.c_str()); // until the heap ends
            EXPECT_EQ(poolval_str_is_interned(space, kept), 1);
        }
    }
}

// Random containers that hold each other, collected all the time, with every reference verified.
TEST_F(ValueSpaceTest, TheCollectorSeesAllReferences) {
    struct rng random = {test_seed()};
    poolobj_gc_set_debug(heap_, POOLOBJ_GC_VERIFY);
    poolobj_gc_enable(heap_);
    poolobj_gc_set_threshold(heap_, 50, 2, 2);
    std::vector<Ref> held(20);
    for (int step = 0; step < 20000; step++) {
        Ref &target = held[rng_below(&random, held.size())];
        poolobj *other = held[rng_below(&random, held.size())];
        int type = poolval_type(space_, target);
        if (target == nullptr || rng_below(&random, 10) == 0)
            target = rng_below(&random, 2) ? list() : dict();
        else if (other == nullptr)
            continue;
        else if (rng_below(&random, 20) == 0)
            target = tuple({other, target});
        else if (rng_below(&random, 20) == 0)
            target = poolval_copy(space_, other);
        else if (type == POOLVAL_LIST && poolval_list_length(space_, target) < 10)
            poolval_list_append(space_, target, other);
        else if (type == POOLVAL_DICT && poolval_dict_length(space_, target) < 10)
            poolval_dict_set(space_, target, number((int64_t)rng_below(&random, 600)), other);
        else if (type == POOLVAL_LIST)
            poolval_list_clear(space_, target);
        else if (type == POOLVAL_DICT)
            poolval_dict_clear(space_, target);
    }
    poolval_space_check(space_);
    held.clear();
    poolobj_gc_collect(heap_, 2);
    for (int type : {POOLVAL_LIST, POOLVAL_DICT}) EXPECT_EQ(count(type), 0u);
    EXPECT_EQ(count(POOLVAL_TUPLE), 1u) << "the empty one";
}

TEST_F(ValueSpaceTest, ManyKindsOfWorkInASpaceUseOneThreadAtATime) {
    Ref items = numbers(10);
    in_thread([&] {
        poolobj_heap_adopt(heap_);
        Ref shown = poolval_repr(space_, items);
        EXPECT_EQ(text(shown), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]");
        poolval_list_clear(space_, items); // its table is another thread's block
    });
    poolobj_heap_adopt(heap_);
}

TEST_F(ValueSpaceTest, AnObjectLeadsToItsSpace) {
    poolval_space *other = poolval_space_new(heap_, nullptr);
    poolobj *list = poolval_list_new(space_), *text = poolval_str_new(other, "text");
    poolobj_typespec spec = node_spec();
    poolobj *node = static_cast<poolobj *>(poolobj_new(poolobj_type_new(heap_, &spec)));
    EXPECT_EQ(poolval_space_of(list), space_);
    EXPECT_EQ(poolval_space_of(text), other);
    EXPECT_EQ(poolval_space_of(node), space_) << "the first of the heap";
    EXPECT_EQ(poolval_type(space_, text), POOLVAL_OTHER);
    EXPECT_EQ(poolval_type(other, node), POOLVAL_OTHER);
    for (poolobj *object : {list, text, node}) poolobj_decref(object);
}

} // namespace
