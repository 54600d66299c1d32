// SPDX-License-Identifier: MIT
// Types of the program's own among the values: hooks, what they may do meanwhile, contradictions,
// and types that extend values.
#include "support/value_fixture.h"

#include <functional>

namespace {

struct Pair {
    poolobj base;
    poolobj *left, *right;
    uint64_t hash;
};
const size_t pair_refs[] = {offsetof(Pair, left), offsetof(Pair, right), POOLOBJ_END};

Pair *pair_of(poolobj *object) { return reinterpret_cast<Pair *>(object); }

poolobj_type *pair_type;              // of the space under test
std::function<void()> meddle = [] {}; // what hooks do besides
int hashes, equals;                   // calls

bool is_pair(poolobj *object) { return poolobj_typeof(object) == pair_type; }

poolobj *pair_repr(poolval_space *space, poolobj *object) {
    poolval_writer *writer = poolval_writer_new(space);
    meddle();
    poolval_writer_utf8(writer, "<", 1);
    poolval_writer_repr(writer, pair_of(object)->left);
    poolval_writer_utf8(writer, "|", 1);
    poolval_writer_repr(writer, pair_of(object)->right);
    poolval_writer_utf8(writer, ">", 1);
    return poolval_writer_end(writer);
}

int pair_hash(poolval_space *space, poolobj *object, uint64_t *hash) {
    uint64_t x, y;
    hashes++;
    meddle();
    if (poolval_hash(space, pair_of(object)->left, &x) < 0 ||
        poolval_hash(space, pair_of(object)->right, &y) < 0)
        return -1;
    *hash = x * 31 + y;
    return 0;
}

int pair_equal(poolval_space *space, poolobj *object, poolobj *other) {
    equals++;
    meddle();
    if (!is_pair(other)) return POOLVAL_NO_ANSWER;
    int equal = poolval_equal(space, pair_of(object)->left, pair_of(other)->left);
    if (equal != 1) return equal;
    return poolval_equal(space, pair_of(object)->right, pair_of(other)->right);
}

int pair_compare(poolval_space *space, poolobj *object, poolobj *other, int *order) {
    meddle();
    if (!is_pair(other)) return POOLVAL_NO_ANSWER;
    if (poolval_compare(space, pair_of(object)->left, pair_of(other)->left, order) < 0) return -1;
    if (*order != 0) return 0;
    return poolval_compare(space, pair_of(object)->right, pair_of(other)->right, order);
}

poolobj *pair_new(poolval_space *space, poolobj *left, poolobj *right) {
    Pair *pair = reinterpret_cast<Pair *>(poolval_new(space, pair_type));
    if (pair == nullptr) return nullptr;
    poolobj_set(&pair->left, left), poolobj_set(&pair->right, right);
    return &pair->base;
}

poolobj *pair_copy(poolval_space *space, poolobj *object) {
    meddle();
    return pair_new(space, pair_of(object)->left, pair_of(object)->right);
}

ptrdiff_t pair_length(poolval_space *, poolobj *) { return 2; }

poolobj *pair_iterate(poolval_space *space, poolobj *object) {
    poolobj *items[] = {pair_of(object)->left, pair_of(object)->right};
    poolobj *tuple = poolval_tuple_new(space, items, 2), *iterator = poolval_iterate(space, tuple);
    poolobj_decref(tuple);
    return iterator;
}

class ValueOwnTest : public ValueTest {
  protected:
    void SetUp() override {
        ValueTest::SetUp();
        meddle = [] {};
        make_types();
    }
    void TearDown() override {
        meddle = [] {};
        ValueTest::TearDown();
    }
    void make_types() {
        hashes = equals = 0;
        poolobj_typespec spec = {};
        spec.name = "pair", spec.size = sizeof(Pair), spec.refs = pair_refs;
        pair_type = poolval_type_new(space_, POOLVAL_OTHER, &spec, &hooks_);
        ASSERT_NE(pair_type, nullptr) << message();
    }
    // Once more in a space that checks hooks, with these.
    void check_hooks(const poolval_hooks &hooks) {
        poolval_options options = POOLVAL_DEFAULTS;
        options.check_hooks = 1;
        begin(options);
        hooks_ = hooks;
        make_types();
    }
    Ref pair(poolobj *left, poolobj *right) { return pair_new(space_, left, right); }
    Ref pair(int left, int right) { return pair(number(left), number(right)); }

    poolval_hooks hooks_ = {pair_repr, pair_hash,   offsetof(Pair, hash), pair_equal, pair_compare,
                            pair_copy, pair_length, pair_iterate,         nullptr,    nullptr};
};

TEST_F(ValueOwnTest, OwnObjectsAreShownAndFoundAsValuesAre) {
    Ref a = pair(1, 2), b = pair(1, 2), c = pair(1, 3), map = dict(), some = str("x");
    EXPECT_EQ(repr(list({a, tuple({c, some})})), "[<1|2>, (<1|3>, 'x')]");
    EXPECT_EQ(poolval_equal(space_, a, b), 1);
    EXPECT_EQ(poolval_equal(space_, a, c), 0);
    EXPECT_EQ(poolval_equal(space_, a, some), 0);
    EXPECT_EQ(poolval_equal(space_, list({a, c}), list({b, c})), 1);
    EXPECT_EQ(poolval_dict_set(space_, map, a, some), 0);
    EXPECT_EQ(poolval_dict_set(space_, map, tuple({c, a}), a), 0);
    EXPECT_EQ(Ref(poolval_dict_get(space_, map, b)), (poolobj *)some);
    EXPECT_EQ(Ref(poolval_dict_get(space_, map, tuple({pair(1, 3), b}))), (poolobj *)a);
    EXPECT_NO_VALUE(poolval_dict_get(space_, map, pair(9, 9)), POOLVAL_ERR_KEY);
    Ref set = poolval_set_new(space_, list({a, b, c, pair(1, 3)}));
    EXPECT_EQ(repr(set), "{<1|2>, <1|3>}");
    Ref other = poolval_set_new(space_, list({pair(1, 2), pair(1, 3)}));
    EXPECT_EQ(poolval_equal(space_, set, other), 1);
    EXPECT_EQ(poolval_set_remove(space_, set, b), 1);
    EXPECT_EQ(poolval_dict_remove(space_, map, b), 0);
    EXPECT_EQ(poolval_contains(space_, list({some, a}), b), 1);
    EXPECT_EQ(poolval_list_find(space_, list({some, c, a}), b, 0, 3), 2);
    EXPECT_EQ(text(Ref(poolval_format(space_, str("{:>8}"), list({a}), nullptr))), "   <1|2>");
    EXPECT_EQ(poolval_space_of(a), space_);
}

TEST_F(ValueOwnTest, AHashIsAskedForOnce) {
    Ref map = dict(), key = pair(1, 2);
    for (int i = 0; i < 1000; i++) poolval_dict_set(space_, map, pair(i, i), key);
    EXPECT_EQ(hashes, 1000) << "not again when the table grew";
    uint64_t hash;
    EXPECT_EQ(poolval_hash(space_, tuple({key, key}), &hash), 0);
    EXPECT_EQ(hashes, 1001);
}

TEST_F(ValueOwnTest, OrderLengthAndItems) {
    Ref items = list({pair(2, 1), pair(1, 9), pair(1, 2)}), seven = number(7);
    EXPECT_EQ(poolval_list_sort(space_, items), 0);
    EXPECT_EQ(repr(items), "[<1|2>, <1|9>, <2|1>]");
    int order;
    EXPECT_ERROR(poolval_compare(space_, items, list({seven}), &order), -1, POOLVAL_ERR_TYPE);
    Ref a = pair(7, 8);
    EXPECT_EQ(poolval_length(space_, a), 2);
    EXPECT_EQ(poolval_truth(space_, a), 1);
    EXPECT_EQ(poolval_contains(space_, a, number(8)), 1);
    EXPECT_EQ(poolval_contains(space_, a, number(9)), 0);
    EXPECT_EQ(repr(Ref(poolval_set_new(space_, a))), "{7, 8}");
}

TEST_F(ValueOwnTest, DeepCopiesKeepTheShapeOfOwnObjects) {
    Ref shared = list({number(1)}), inner = pair(shared, shared), outer = pair(inner, shared);
    Ref copy = poolval_copy(space_, outer), deep = poolval_deepcopy(space_, list({outer, inner}));
    EXPECT_EQ(pair_of(copy)->left, (poolobj *)inner);
    size_t count;
    poolobj *const *items = poolval_items(space_, deep, &count);
    EXPECT_NE(items[0], (poolobj *)outer);
    EXPECT_EQ(pair_of(items[0])->left, items[1]);
    EXPECT_EQ(pair_of(items[1])->left, pair_of(items[0])->right);
    EXPECT_NE(pair_of(items[1])->left, (poolobj *)shared);
    EXPECT_EQ(repr(deep), "[<<[1]|[1]>|[1]>, <[1]|[1]>]");
    poolobj_set(&pair_of(inner)->right, outer); // a cycle
    Ref round = poolval_deepcopy(space_, inner);
    EXPECT_EQ(pair_of(pair_of(round)->right)->left, (poolobj *)round);
    EXPECT_EQ(repr(round), "<[1]|<<pair ...>|[1]>>");
    poolobj_clear(&pair_of(inner)->right), poolobj_clear(&pair_of(round)->right);
    poolobj_set(&pair_of(inner)->right, poolval_none(space_));
    poolobj_set(&pair_of(round)->right, poolval_none(space_));
}

TEST_F(ValueOwnTest, WithoutHooksObjectsAreKeysByAddressAndWithoutHashNone) {
    poolobj_typespec spec = {};
    spec.name = "plain", spec.size = sizeof(Pair);
    poolval_hooks equal_only = {};
    equal_only.equal = pair_equal;
    poolobj_type *plain = poolval_type_new(space_, POOLVAL_OTHER, &spec, nullptr);
    poolobj_type *some = poolval_type_new(space_, POOLVAL_OTHER, &spec, &equal_only);
    Ref a = poolval_new(space_, plain), b = poolval_new(space_, plain), map = dict();
    EXPECT_EQ(poolval_dict_set(space_, map, a, a), 0);
    EXPECT_NO_VALUE(poolval_dict_get(space_, map, b), POOLVAL_ERR_KEY);
    EXPECT_EQ(poolval_copy(space_, a), (poolobj *)a), poolobj_decref(a);
    EXPECT_ERROR(poolval_length(space_, a), -1, POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_iterate(space_, a), POOLVAL_ERR_TYPE);
    Ref c = poolval_new(space_, some);
    EXPECT_ERROR(poolval_dict_set(space_, map, c, a), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(poolval_dict_clear(space_, map), 0);
}

TEST_F(ValueOwnTest, SpecificationsThatAreNoGood) {
    poolobj_typespec spec = {};
    spec.name = "odd", spec.size = sizeof(Pair), spec.refs = pair_refs;
    poolval_hooks odd = hooks_;
    for (size_t at : {size_t{0}, size_t{12}, sizeof(Pair), offsetof(Pair, left)}) {
        odd.hash_at = at;
        EXPECT_NO_VALUE(poolval_type_new(space_, POOLVAL_OTHER, &spec, &odd), POOLVAL_ERR_VALUE);
    }
    EXPECT_NO_VALUE(poolval_type_new(space_, POOLVAL_OTHER, nullptr, nullptr), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_type_new(space_, POOLVAL_STR, &spec, nullptr), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_type_new(space_, POOLVAL_DICT, &spec, nullptr), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_type_new(space_, 99, &spec, nullptr), POOLVAL_ERR_VALUE);
    spec.refs = nullptr, spec.size = sizeof(poolval_dict_part);
    EXPECT_NO_VALUE(poolval_type_new(space_, POOLVAL_DICT, &spec, &hooks_), POOLVAL_ERR_VALUE);
    EXPECT_NO_VALUE(poolval_new(space_, poolval_object_type(space_, POOLVAL_LIST)),
                    POOLVAL_ERR_TYPE);
}

int fail_silently(poolval_space *, poolobj *, poolobj *) { return -1; }
int fail_loudly(poolval_space *space, poolobj *, poolobj *) {
    return poolval_error_set(space, POOLVAL_ERR_PROGRAM + 1, "no");
}

TEST_F(ValueOwnTest, FailuresOfHooksComeThrough) {
    for (auto hook : {fail_silently, fail_loudly}) {
        int code = hook == fail_silently ? POOLVAL_ERR_HOOK : POOLVAL_ERR_PROGRAM + 1;
        hooks_.equal = hook;
        make_types();
        Ref a = pair(1, 2), b = pair(1, 2), map = dict(), set = poolval_set_new(space_, list({a}));
        poolval_dict_set(space_, map, a, a);
        EXPECT_ERROR(poolval_equal(space_, a, b), -1, code);
        EXPECT_ERROR(poolval_equal(space_, list({a}), list({b})), -1, code);
        EXPECT_NO_VALUE(poolval_dict_get(space_, map, b), code);
        EXPECT_NO_VALUE(poolval_dict_get_or_set(space_, map, b, a), code);
        EXPECT_ERROR(poolval_dict_set(space_, map, b, a), -1, code);
        EXPECT_EQ(poolval_dict_set(space_, map, tuple({b}), a), 0) << "nothing to compare with";
        EXPECT_ERROR(poolval_dict_set(space_, map, tuple({a}), a), -1, code);
        EXPECT_ERROR(poolval_dict_remove(space_, map, b), -1, code);
        EXPECT_ERROR(poolval_set_has(space_, set, b), -1, code);
        EXPECT_ERROR(poolval_set_remove(space_, set, b), -1, code);
        EXPECT_ERROR(poolval_set_add(space_, set, b), -1, code);
        Ref other = poolval_set_new(space_, list({b}));
        EXPECT_ERROR(poolval_equal(space_, set, other), -1, code);
        EXPECT_NO_VALUE(poolval_set_union(space_, set, other), code);
        EXPECT_ERROR(poolval_contains(space_, list({a}), b), -1, code);
        EXPECT_EQ(poolval_dict_length(space_, map), 2);
        EXPECT_EQ(poolval_contains(space_, list({a}), a), 1) << "the same is not asked";
    }
}

// The bits of these hashes that a small dictionary looks at are the same for all.
int hash_above(poolval_space *space, poolobj *object, uint64_t *hash) {
    int64_t left;
    if (poolval_int_get(space, pair_of(object)->left, &left) < 0) return -1;
    *hash = 5 + (static_cast<uint64_t>(left) << 50);
    return 0;
}

TEST_F(ValueOwnTest, KeysOfOtherHashesAreNotCompared) {
    hooks_.hash = hash_above;
    make_types();
    Ref map = dict();
    EXPECT_EQ(poolval_dict_set(space_, map, pair(1, 1), list()), 0) << message();
    EXPECT_NO_VALUE(poolval_dict_get(space_, map, pair(2, 1)), POOLVAL_ERR_KEY);
    EXPECT_EQ(equals, 0);
    EXPECT_NE(Ref(poolval_dict_get(space_, map, pair(1, 1))), nullptr) << message();
    EXPECT_EQ(equals, 1);
}

// Hooks empty, fill and drop what is being walked over.
TEST_F(ValueOwnTest, HooksMayChangeWhatIsLookedAt) {
    for (int round = 0; round < 40; round++) {
        Ref victim_list = list(), victim_map = dict(),
            victim_set = poolval_set_new(space_, nullptr);
        for (int i = 0; i < 6; i++) {
            poolval_list_append(space_, victim_list, pair(i, i));
            poolval_dict_set(space_, victim_map, pair(i, i), list({pair(i, 0)}));
            poolval_set_add(space_, victim_set, pair(i, i));
        }
        Ref same_list = poolval_deepcopy(space_, victim_list);
        Ref same_map = poolval_deepcopy(space_, victim_map), key = pair(5, 5), value = number(1);
        int left = round % 10;
        bool meddling = false;
        meddle = [&] {
            if (meddling || left-- != 0) return;
            meddling = true;
            poolval_list_clear(space_, victim_list);
            poolval_dict_clear(space_, victim_map);
            poolval_set_clear(space_, victim_set);
            for (int i = 0; i < round; i++) {
                poolval_dict_set(space_, victim_map, number(i), value);
                poolval_set_add(space_, victim_set, number(i));
                poolval_list_append(space_, victim_list, value);
            }
            poolobj_gc_collect(heap_, 2);
            meddling = false;
        };
        int order;
        poolobj *found;
        switch (round / 10 * 3 + round % 3) {
        case 0:
            poolval_equal(space_, victim_list, same_list);
            break;
        case 1:
            poolval_equal(space_, same_map, victim_map);
            break;
        case 2:
            poolval_dict_find(space_, victim_map, key, &found);
            break;
        case 3:
            repr(victim_list);
            break;
        case 4:
            repr(victim_map);
            break;
        case 5:
            poolval_set_remove(space_, victim_set, key);
            break;
        case 6:
            poolval_compare(space_, victim_list, same_list, &order);
            break;
        case 7:
            Ref(poolval_deepcopy(space_, victim_map));
            break;
        case 8:
            poolval_dict_update(space_, same_map, victim_map);
            break;
        case 9:
            poolval_contains(space_, victim_list, key);
            break;
        case 10:
            Ref(poolval_set_union(space_, victim_set, victim_set));
            break;
        default:
            poolval_list_sort(space_, victim_list);
            break;
        }
        meddle = [] {};
        poolval_space_check(space_);
        poolobj_heap_check(heap_);
    }
}

TEST_F(ValueOwnTest, ADictThatChangesInEachLookUpIsAnError) {
    Ref map = dict(), key = pair(1, 2), value = number(1);
    poolval_dict_set(space_, map, pair(1, 2), value);
    bool meddling = false;
    meddle = [&] {
        if (meddling) return;
        meddling = true;
        poolval_dict_clear(space_, map);
        poolval_dict_set(space_, map, pair(1, 2), value);
        meddling = false;
    };
    EXPECT_NO_VALUE(poolval_dict_get(space_, map, key), POOLVAL_ERR_CHANGED);
    meddle = [] {};
}

TEST_F(ValueOwnTest, WhatIsSharedAmongOwnObjectsIsLookedAtOnce) {
    Ref a = pair(1, 1), b = pair(1, 1);
    for (int i = 0; i < 100; i++) a = pair(a, a), b = pair(b, b);
    EXPECT_EQ(poolval_equal(space_, a, b), 1);
    EXPECT_LT(equals, 100000);
    uint64_t x, y;
    EXPECT_EQ(poolval_hash(space_, a, &x), 0);
    EXPECT_EQ(poolval_hash(space_, b, &y), 0);
    EXPECT_EQ(x, y);
}

TEST_F(ValueOwnTest, HooksAreLevelsOfNesting) {
    Ref deep = pair(1, 1);
    for (int i = 0; i < 2000; i++) deep = pair(deep, number(0));
    EXPECT_NO_VALUE(poolval_repr(space_, deep), POOLVAL_ERR_DEPTH);
    EXPECT_EQ(repr(number(1)), "1") << "all levels are there again";
    EXPECT_EQ(poolval_repr(space_, nested(1001)), nullptr);
    EXPECT_EQ(message(), "nested deeper than 1000 levels");
}

// A hook has fewer levels left than the keys of the dictionary needed when they were set.
TEST_F(ValueOwnTest, ADictWithDeepKeysGrowsInAHook) {
    Ref map = dict(), outer = pair(1, 2), value = number(0), keys = list();
    for (int i = 0; i < 3; i++) {
        Ref key = tuple({number(i)});
        for (int n = 0; n < 900; n++) key = tuple({key});
        poolval_list_append(space_, keys, key);
        EXPECT_EQ(poolval_dict_set(space_, map, key, value), 0);
    }
    for (int n = 0; n < 500; n++) outer = list({outer});
    meddle = [&] {
        for (int i = 0; i < 100; i++) poolval_dict_set(space_, map, number(i), value);
    };
    EXPECT_NE(repr(outer), "");
    meddle = [] {};
    EXPECT_EQ(poolval_dict_length(space_, map), 103);
    for (int i = 0; i < 3; i++) {
        Ref key = poolval_list_get(space_, keys, i);
        EXPECT_EQ(poolval_contains(space_, map, key), 1) << message();
    }
}

// ---- Contradictions ----

int hash_by_address(poolval_space *, poolobj *object, uint64_t *hash) {
    *hash = reinterpret_cast<uintptr_t>(object);
    return 0;
}
int hash_counts(poolval_space *, poolobj *, uint64_t *hash) {
    *hash = static_cast<uint64_t>(++hashes);
    return 0;
}
int equal_by_address(poolval_space *, poolobj *object, poolobj *other) { return object < other; }
int order_is_one(poolval_space *, poolobj *, poolobj *, int *order) {
    *order = 1;
    return 0;
}
int order_is_zero(poolval_space *, poolobj *, poolobj *, int *order) {
    *order = 0;
    return 0;
}
ptrdiff_t length_is_three(poolval_space *, poolobj *) { return 3; }
poolobj *copy_is_another(poolval_space *space, poolobj *) {
    return pair_new(space, poolval_none(space), poolval_none(space));
}

TEST_F(ValueOwnTest, ContradictionsAreFound) {
    poolval_hooks good = hooks_;
    check_hooks(good);
    {
        Ref a = pair(1, 2), b = pair(1, 2), sorted = list({b, a, pair(0, 1)});
        EXPECT_EQ(poolval_equal(space_, a, b), 1) << message();
        EXPECT_EQ(poolval_list_sort(space_, sorted), 0) << message();
        EXPECT_EQ(poolval_contains(space_, a, number(1)), 1) << message();
        EXPECT_NE(Ref(poolval_deepcopy(space_, a)), nullptr) << message();
    }
    struct {
        const char *message;
        poolval_hooks hooks;
    } cases[] = {{"equal, with different hashes: pair and pair", good},
                 {"the hash differs from time to time: pair", good},
                 {"equal depends on which is asked first: pair and pair", good},
                 {"the order depends on which is asked first: pair and pair", good},
                 {"equal and compare contradict each other: pair and pair", good},
                 {"the length is not the number of items: pair", good},
                 {"a copy is not equal: pair", good}};
    cases[0].hooks.hash = hash_by_address;
    cases[1].hooks.hash = hash_counts;
    cases[2].hooks.equal = equal_by_address;
    cases[3].hooks.compare = order_is_one;
    cases[4].hooks.compare = order_is_zero;
    cases[5].hooks.length = length_is_three;
    cases[6].hooks.copy = copy_is_another;
    for (auto &each : cases) {
        check_hooks(each.hooks);
        Ref a = pair(1, 2), b = pair(1, 2), c = pair(3, 4);
        uint64_t hash;
        int order;
        bool failed = poolval_hash(space_, a, &hash) < 0 || poolval_equal(space_, a, b) < 0 ||
                      poolval_equal(space_, a, c) < 0 ||
                      poolval_compare(space_, a, c, &order) < 0 ||
                      Ref(poolval_iterate(space_, a)) == nullptr ||
                      Ref(poolval_deepcopy(space_, a)) == nullptr;
        EXPECT_TRUE(failed) << each.message;
        EXPECT_EQ(error(), POOLVAL_ERR_HOOK);
        EXPECT_EQ(message(), each.message);
    }
}

} // namespace
