// SPDX-License-Identifier: MIT
// Objects of the program's own types, instances and classes, copied with what they hold: within a
// space and into the space of another heap.
#include "support/value_fixture.h"

#include <functional>

namespace {

struct Node {
    poolobj base;
    uint64_t hash;
    poolobj *left, *right;
};
const size_t node_refs[] = {offsetof(Node, left), offsetof(Node, right), POOLOBJ_END};

Node *node_of(poolobj *object) { return reinterpret_cast<Node *>(object); }

std::function<void()> meddle = [] {}; // what the copy hook does besides

poolobj *node_new(poolval_space *space, poolobj_type *type, poolobj *left, poolobj *right) {
    Node *node = reinterpret_cast<Node *>(poolval_new(space, type));
    if (node == nullptr) return nullptr;
    poolobj_set(&node->left, left), poolobj_set(&node->right, right);
    return &node->base;
}

poolobj *node_copy(poolval_space *space, poolobj *object) {
    poolobj_type *type = poolval_type_like(space, poolobj_typeof(object));
    Node *from = node_of(object);
    poolobj *copy = type == nullptr ? nullptr : node_new(space, type, from->left, from->right);
    if (copy != nullptr) node_of(copy)->hash = from->hash; // as memcpy would
    meddle();
    return copy;
}

int node_hash(poolval_space *space, poolobj *object, uint64_t *hash) {
    return poolval_hash(space, node_of(object)->left, hash);
}

int node_equal(poolval_space *space, poolobj *object, poolobj *other) {
    if (poolobj_typeof(object) != poolobj_typeof(other)) return POOLVAL_NO_ANSWER;
    return poolval_equal(space, node_of(object)->left, node_of(other)->left);
}

class ValueTransferOwnTest : public ValueTest {
  protected:
    void SetUp() override {
        ValueTest::SetUp();
        begin_both(hooks_of(node_copy), 0);
    }
    void TearDown() override {
        meddle = [] {};
        end_other();
        ValueTest::TearDown();
    }
    static poolval_hooks hooks_of(poolobj *(*copy)(poolval_space *, poolobj *)) {
        poolval_hooks hooks = {};
        hooks.hash = node_hash, hooks.hash_at = offsetof(Node, hash), hooks.equal = node_equal;
        hooks.copy = copy;
        return hooks;
    }
    void begin_both(const poolval_hooks &hooks, int check_hooks) {
        poolval_options options = POOLVAL_DEFAULTS;
        options.check_hooks = check_hooks;
        if (other_heap_ != nullptr) end_other();
        begin(options);
        other_heap_ = poolobj_heap_new();
        poolobj_gc_disable(other_heap_);
        poolobj_typespec spec = {};
        spec.name = "node", spec.size = 24;
        for (int i = 0; i < 3; i++) poolobj_type_new(other_heap_, &spec);
        options.hash_key = 77;
        other_ = poolval_space_new(other_heap_, &options);
        spec.size = sizeof(Node), spec.refs = node_refs;
        node_ = poolval_type_new(space_, POOLVAL_OTHER, &spec, &hooks);
        other_node_ = poolval_type_new(other_, POOLVAL_OTHER, &spec, &hooks);
        ASSERT_NE(other_node_, nullptr);
    }
    void end_other() {
        poolval_space_check(other_);
        poolobj_heap_check(other_heap_);
        poolobj_heap_close(other_heap_);
        other_heap_ = nullptr;
    }
    Ref node(poolobj *left, poolobj *right) { return node_new(space_, node_, left, right); }
    size_t living() {
        size_t all = poolobj_count(other_node_);
        for (int type = POOLVAL_NONE; type < POOLVAL_TYPES; type++)
            all += poolobj_count(poolval_object_type(other_, type));
        return all;
    }
    poolobj *item(poolobj *list, ptrdiff_t at) {
        size_t count;
        return poolval_items(poolval_space_of(list), list, &count)[at];
    }
    // Shared parts, cycles through objects of all kinds, an object as a key.
    Ref graph() {
        Ref shared = list({number(5000)}), key = node(str("key"), poolval_none(space_));
        Ref a = node(tuple({number(1), str("a")}), shared), b = node(number(2), a), map = dict();
        Ref class_ = poolval_class_new(space_, str("Point"), nullptr);
        Ref derived = poolval_class_new(space_, str("Special"), class_);
        Ref instance = poolval_instance_new(space_, derived);
        poolval_attr_set(space_, class_, str("origin"), instance);
        poolval_attr_set(space_, instance, str("x"), shared);
        for (int i = 0; i < 40; i++)
            poolval_attr_set(space_, instance, str("name" + std::to_string(i)), number(i));
        poolval_attr_set(space_, instance, str("node"), b);
        poolval_dict_set(space_, map, key, b);
        Ref all = list({a, b, map, key, class_, instance, shared});
        poolobj_set(&node_of(a)->right, all);
        cut_ = [this](poolobj *list) { poolval_list_clear(poolval_space_of(list), list); };
        return all;
    }

    poolobj_heap *other_heap_ = nullptr;
    poolval_space *other_ = nullptr;
    poolobj_type *node_ = nullptr, *other_node_ = nullptr;
    std::function<void(poolobj *)> cut_;
};

TEST_F(ValueTransferOwnTest, TheShapeArrivesInTheOtherHeap) {
    Ref all = graph(), copy = poolval_copy_to(other_, all);
    ASSERT_NE(copy, nullptr) << poolval_error_message(other_);
    poolobj *a = item(copy, 0), *b = item(copy, 1), *map = item(copy, 2), *key = item(copy, 3);
    EXPECT_EQ(poolobj_typeof(a), other_node_);
    EXPECT_EQ(node_of(a)->right, (poolobj *)copy) << "the cycle is closed";
    EXPECT_EQ(node_of(b)->right, a);
    Ref found = poolval_dict_get(other_, map, key);
    EXPECT_EQ((poolobj *)found, b);
    Ref word = poolval_str_new(other_, "key");
    Ref same = node_new(other_, other_node_, word, nullptr);
    EXPECT_EQ(Ref(poolval_dict_get(other_, map, same)), b) << "by its hash in that space";
    poolobj *class_ = item(copy, 4), *instance = item(copy, 5), *value;
    EXPECT_EQ(poolval_is_instance(other_, instance, class_), 1);
    auto attribute = [&](const char *name) {
        Ref text = poolval_str_new(other_, name);
        return poolval_attr_find(other_, instance, text, &value) == 1 ? value : nullptr;
    };
    EXPECT_EQ(attribute("x"), item(copy, 6));
    EXPECT_EQ(attribute("origin"), instance);
    EXPECT_EQ(attribute("node"), b);
    int64_t number = 0;
    poolval_int_get(other_, attribute("name39"), &number);
    EXPECT_EQ(number, 39);
    cut_(all), cut_(copy);
    found.drop(), same.drop(), word.drop();
}

TEST_F(ValueTransferOwnTest, WithinASpaceClassesStay) {
    Ref all = graph(), copy = poolval_copy_to(space_, all), deep = poolval_deepcopy(space_, all);
    EXPECT_EQ(item(copy, 4), item(all, 4));
    for (poolobj *each : {(poolobj *)copy, (poolobj *)deep}) {
        EXPECT_NE(item(each, 5), item(all, 5));
        EXPECT_EQ(poolval_class_of(space_, item(each, 5)), poolval_class_of(space_, item(all, 5)));
        EXPECT_EQ(node_of(item(each, 0))->right, each);
        cut_(each);
    }
    cut_(all);
}

TEST_F(ValueTransferOwnTest, WhatIsOfTheOtherHeapStays) {
    static poolobj *constant, *known;
    Ref kept = poolval_list_new(other_), interned = node_new(other_, other_node_, kept, kept);
    constant = kept, known = nullptr;
    auto copy = [](poolval_space *space, poolobj *object) -> poolobj * {
        if (known != nullptr) return poolobj_incref(known), known;
        return node_new(space, poolval_type_like(space, poolobj_typeof(object)), constant,
                        node_of(object)->right);
    };
    meddle = [] {};
    poolval_hooks hooks = hooks_of(copy);
    poolobj_typespec spec = {};
    spec.name = "constant", spec.size = sizeof(Node), spec.refs = node_refs;
    poolobj_type *here = poolval_type_new(space_, POOLVAL_OTHER, &spec, &hooks);
    poolobj_type *there = poolval_type_new(other_, POOLVAL_OTHER, &spec, &hooks);
    Ref original = node_new(space_, here, str("left"), str("right one"));
    Ref made = poolval_copy_to(other_, original);
    EXPECT_EQ(poolobj_typeof((poolobj *)made), there);
    EXPECT_EQ(node_of(made)->left, (poolobj *)kept);
    EXPECT_STREQ(poolval_str_utf8(other_, node_of(made)->right, nullptr), "right one");
    known = interned;
    Ref over = poolval_iterate(space_, Ref(numbers(2)));
    EXPECT_EQ(poolval_copy_to(other_, list({original, over})), nullptr);
    EXPECT_EQ(node_of(interned)->left, (poolobj *)kept) << "not emptied by what failed";
    EXPECT_EQ(Ref(poolval_copy_to(other_, original)), (poolobj *)interned);
}

TEST_F(ValueTransferOwnTest, WhatCannotGoIsSaid) {
    poolval_hooks without = hooks_of(nullptr),
                  same = hooks_of([](poolval_space *, poolobj *object) {
                      return node_new(poolval_space_of(object), poolobj_typeof(object), nullptr,
                                      nullptr);
                  });
    poolobj_typespec spec = {};
    spec.name = "lonely", spec.size = sizeof(Node), spec.refs = node_refs;
    poolobj_type *lonely = poolval_type_new(space_, POOLVAL_OTHER, &spec, &without);
    poolobj_type *wrong = poolval_type_new(space_, POOLVAL_OTHER, &spec, &same);
    Ref none = node_new(space_, lonely, nullptr, nullptr);
    EXPECT_EQ(poolval_copy_to(other_, none), nullptr);
    EXPECT_STREQ(poolval_error_message(other_), "lonely stays in its heap");
    EXPECT_EQ(poolval_type_like(other_, lonely), nullptr);
    EXPECT_EQ(poolval_error(other_), POOLVAL_ERR_TYPE);
    EXPECT_EQ(poolval_copy_to(other_, Ref(node_new(space_, wrong, nullptr, nullptr))), nullptr);
    EXPECT_EQ(poolval_error(other_), POOLVAL_ERR_HOOK);
    EXPECT_STREQ(poolval_error_message(other_), "a copy is of another heap: lonely");
    // It would be hashed before it has its parts.
    Ref map = dict(), own = node(number(1), map);
    poolval_dict_set(space_, map, tuple({own}), own);
    EXPECT_EQ(poolval_copy_to(other_, own), nullptr);
    EXPECT_STREQ(poolval_error_message(other_), "node is a key in what it refers to");
    poolval_dict_clear(space_, map);
    Ref chain = list();
    for (int i = 0; i < 2000; i++) chain = node(number(i), chain);
    EXPECT_EQ(poolval_copy_to(other_, chain), nullptr);
    EXPECT_EQ(poolval_error(other_), POOLVAL_ERR_DEPTH);
    EXPECT_EQ(poolobj_count(other_node_), 0u);
}

TEST_F(ValueTransferOwnTest, CyclesAmongCopiesThatFailedAreTakenApart) {
    Ref a = node(number(1), poolval_none(space_)), b = node(number(2), a);
    poolobj_set(&node_of(a)->right, b);
    Ref class_ = poolval_class_new(space_, str("Point"), nullptr);
    Ref instance = poolval_instance_new(space_, class_);
    poolval_attr_set(space_, class_, str("origin"), instance);
    Ref alone = poolval_instance_new(space_, Ref(poolval_class_new(space_, str("Other"), nullptr)));
    poolval_attr_set(space_, alone, str("self"), alone);
    Ref stays = poolval_iterate(space_, Ref(numbers(2)));
    for (poolobj *cycle : {(poolobj *)a, (poolobj *)class_, (poolobj *)alone}) {
        size_t before = living();
        EXPECT_EQ(poolval_copy_to(other_, tuple({cycle, stays})), nullptr);
        EXPECT_EQ(living(), before);
    }
    poolobj_clear(&node_of(a)->right);
    poolval_attr_remove(space_, class_, str("origin")),
        poolval_attr_remove(space_, alone, str("self"));
}

TEST_F(ValueTransferOwnTest, HooksMayDropWhatIsCopied) {
    for (int round = 0; round < 3; round++) {
        Ref map = dict(), all = list({node(number(1), map), Ref(numbers(3)), map});
        for (int i = 0; i < 9; i++)
            poolval_dict_set(space_, map, node(number(i), list({number(i + 5000)})), list());
        poolobj *victim = all, *victim_map = map;
        int after = round;
        meddle = [&] {
            if (after-- > 0) return;
            poolval_list_clear(space_, victim), poolval_dict_clear(space_, victim_map);
            poolobj_gc_collect(heap_, 2);
        };
        Ref copy = poolval_copy_to(other_, all);
        EXPECT_NE((poolobj *)copy, nullptr) << poolval_error_message(other_);
        poolval_space_check(other_);
    }
}

TEST_F(ValueTransferOwnTest, WithoutMemoryNothingIsLeft) {
    Ref all = graph(), first = poolval_copy_to(other_, all), deep = poolval_deepcopy(space_, all);
    cut_(first), cut_(deep), first.drop(), deep.drop();
    poolobj_gc_collect(other_heap_, 2), poolobj_gc_collect(heap_, 2);
    struct {
        poolval_space *space;
        std::function<poolobj *()> copy;
    } ways[] = {{other_, [&] { return poolval_copy_to(other_, all); }},
                {space_, [&] { return poolval_copy_to(space_, all); }},
                {space_, [&] { return poolval_deepcopy(space_, all); }}};
    for (auto &way : ways) {
        size_t before = living(), here = poolobj_count(node_);
        std::vector<size_t> others = counts();
        for (uint64_t n = 0;; n++) {
            Ref copy = ValueFault::during(n, way.copy);
            if (copy != nullptr) {
                EXPECT_GT(n, 10u);
                cut_(copy);
                break;
            }
            ASSERT_EQ(poolval_error(way.space), POOLVAL_ERR_MEMORY);
            ASSERT_EQ(living(), before) << n;
            ASSERT_EQ(poolobj_count(node_), here) << n;
            ASSERT_EQ(counts(), others) << n;
        }
        poolobj_gc_collect(other_heap_, 2), poolobj_gc_collect(heap_, 2);
    }
    cut_(all);
}

TEST_F(ValueTransferOwnTest, ACopyThatContradictsIsFound) {
    begin_both(hooks_of(node_copy), 1);
    Ref good = node(number(1), number(2));
    EXPECT_NE(Ref(poolval_copy_to(other_, good)), nullptr) << poolval_error_message(other_);
    good.drop();
    begin_both(hooks_of([](poolval_space *space, poolobj *object) {
                   poolobj_type *type = poolval_type_like(space, poolobj_typeof(object));
                   return node_new(space, type, poolval_none(space), nullptr);
               }),
               1);
    Ref bad = node(number(1), number(2));
    EXPECT_EQ(poolval_copy_to(other_, bad), nullptr);
    EXPECT_EQ(poolval_error(other_), POOLVAL_ERR_HOOK);
    EXPECT_STREQ(poolval_error_message(other_), "a copy is not equal: node");
    EXPECT_EQ(poolval_copy_to(space_, bad), nullptr);
    EXPECT_EQ(message(), "a copy is not equal: node");
}

} // namespace
