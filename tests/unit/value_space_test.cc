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

TEST_F(ValueSpaceTest, OptionsOutOfRangeAreRefused) {
    poolval_options options = POOLVAL_DEFAULTS;
    options.list_growth = 2;
    EXPECT_EQ(poolval_space_new(heap_, &options), nullptr);
    EXPECT_EQ(errno, EINVAL);
    options = POOLVAL_DEFAULTS;
    options.small_max = options.small_min + (1 << 20);
    EXPECT_EQ(poolval_space_new(heap_, &options), nullptr);
    options = POOLVAL_DEFAULTS;
    options.small_min = INT64_MIN, options.small_max = INT64_MAX;
    EXPECT_EQ(poolval_space_new(heap_, &options), nullptr);
    options = POOLVAL_DEFAULTS;
    options.keep_lists = (size_t)UINT32_MAX + 1;
    EXPECT_EQ(poolval_space_new(heap_, &options), nullptr);
    options = POOLVAL_DEFAULTS;
    options.depth_max = 0;
    EXPECT_EQ(poolval_space_new(heap_, &options), nullptr);
    EXPECT_EQ(poolval_set_list_growth(space_, -1), -1);
    EXPECT_EQ(error(), POOLVAL_ERR_VALUE);
}

TEST_F(ValueSpaceTest, TheTypesOfValues) {
    Ref values[] = {poolval_none(space_),
                    poolval_bool(space_, 1),
                    number(5),
                    real(1),
                    str("a b"),
                    tuple({}),
                    list(),
                    dict()};
    const char *names[] = {"none", "bool", "int", "float", "str", "tuple", "list", "dict"};
    const int types[] = {POOLVAL_NONE, POOLVAL_BOOL,  POOLVAL_INT,  POOLVAL_FLOAT,
                         POOLVAL_STR,  POOLVAL_TUPLE, POOLVAL_LIST, POOLVAL_DICT};
    for (int i = 0; i < 8; i++) {
        EXPECT_EQ(poolval_type(space_, values[i]), types[i]);
        EXPECT_STREQ(poolval_type_name(space_, values[i]), names[i]);
        EXPECT_EQ(poolval_object_type(space_, types[i]), poolobj_typeof(values[i]));
        EXPECT_EQ(poolval_id(values[i]), reinterpret_cast<uintptr_t>((poolobj *)values[i]));
    }
    EXPECT_EQ(poolval_type(space_, nullptr), POOLVAL_OTHER);
    EXPECT_EQ(poolval_object_type(space_, POOLVAL_OTHER), nullptr);
    EXPECT_EQ(poolval_object_type(space_, POOLVAL_TYPES), nullptr);
    EXPECT_EQ(poolval_space_heap(space_), heap_);
}

/* Programs that were compiled before have these numbers in them. */
TEST_F(ValueSpaceTest, NumbersOfTypesStay) {
    const int types[] = {POOLVAL_OTHER,     POOLVAL_NONE,      POOLVAL_BOOL,    POOLVAL_INT,
                         POOLVAL_FLOAT,     POOLVAL_LARGE_INT, POOLVAL_STR,     POOLVAL_BYTES,
                         POOLVAL_BYTEARRAY, POOLVAL_RANGE,     POOLVAL_SLICE,   POOLVAL_TUPLE,
                         POOLVAL_LIST,      POOLVAL_DICT,      POOLVAL_SET,     POOLVAL_FROZENSET,
                         POOLVAL_ITERATOR,  POOLVAL_CLASS,     POOLVAL_INSTANCE};
    for (int i = 0; i < (int)(sizeof types / sizeof types[0]); i++) EXPECT_EQ(types[i], i);
}

/* What is known of a type when value_new is compiled is what its pools know. */
TEST_F(ValueSpaceTest, RowsOfTypesAreWholeAndTrue) {
    for (unsigned type = 0; type < POOLVAL_TYPES; type++) {
        const struct kind *kind = &kind_table[type];
        ASSERT_NE(kind->name, nullptr) << type;
        EXPECT_GE(kind->spec.size, sizeof(poolobj)) << kind->name;
        EXPECT_EQ(kind->tracked, space_->type[type]->tracked) << kind->name;
        EXPECT_EQ(value_is_tracked(type), kind->tracked) << kind->name;
        EXPECT_TRUE(kind->of == nullptr || kind->length != nullptr) << kind->name;
        EXPECT_TRUE(kind->slice == nullptr || kind->length != nullptr) << kind->name;
        EXPECT_TRUE(kind->transfer_parts == nullptr || kind->transfer != nullptr) << kind->name;
        EXPECT_TRUE(kind->copy == nullptr || kind->deepcopy != nullptr) << kind->name;
        EXPECT_TRUE(kind->changes || kind->transfer != nullptr || type == POOLVAL_OTHER)
            << kind->name;
    }
}

/* A key keeps its hash as long as it is in a table: what can change has one by identity at most. */
TEST_F(ValueSpaceTest, WhatEqualsOthersAndChangesHasNoHash) {
    for (unsigned type = 0; type < POOLVAL_TYPES; type++) {
        const struct kind *kind = &kind_table[type];
        bool equals = kind->equal != nullptr || kind->equal_parts != nullptr;
        EXPECT_TRUE(!kind->changes || !equals || kind->hash == nullptr) << kind->name;
    }
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

TEST_F(ValueSpaceTest, ErrorsStayUntilTheNext) {
    EXPECT_EQ(error(), POOLVAL_OK);
    EXPECT_EQ(message(), "");
    Ref items = numbers(3);
    EXPECT_EQ(poolval_list_get(space_, items, 3), nullptr);
    EXPECT_EQ(error(), POOLVAL_ERR_INDEX);
    EXPECT_EQ(message(), "list index 3 is out of range: the length is 3");
    Ref good = poolval_list_get(space_, items, 2);
    EXPECT_EQ(error(), POOLVAL_ERR_INDEX);
    EXPECT_EQ(poolval_tuple_get(space_, items, 0), nullptr);
    EXPECT_EQ(message(), "a tuple is needed, not list");
    poolval_error_clear(space_);
    EXPECT_EQ(error(), POOLVAL_OK);
    EXPECT_EQ(message(), "");
}

// Every function that takes values, with NULL and with a value of the wrong type.
TEST_F(ValueSpaceTest, NullAndWrongTypesAreErrorsEverywhere) {
    Ref none = poolval_none(space_), word = str("word"), seven = number(7), items = list();
    size_t size;
    int64_t integer;
    double real;
    uint64_t hash;
    int order;
    poolobj *found;
    poolval_place place = {0, 0};
    for (poolobj *bad : {(poolobj *)nullptr, (poolobj *)none}) {
        EXPECT_ERROR(poolval_int_get(space_, bad, &integer), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_float_get(space_, bad, &real), -1, POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_int_add(space_, bad, seven), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_int_subtract(space_, seven, bad), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_int_multiply(space_, bad, bad), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_int_divide(space_, bad, seven), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_int_modulo(space_, seven, bad), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_str_intern(space_, bad), POOLVAL_ERR_TYPE);
        EXPECT_EQ(poolval_str_is_interned(space_, bad), 0);
        EXPECT_ERROR(poolval_str_length(space_, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_str_width(space_, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_str_at(space_, bad, 0), -1, POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_str_data(space_, bad), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_str_utf8(space_, bad, &size), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_str_concat(space_, word, bad), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_str_concat(space_, bad, word), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_str_repeat(space_, bad, 2), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_str_join(space_, bad, items), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_str_join(space_, word, bad), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_str_slice(space_, bad, 0, 1), POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_str_find(space_, bad, word, 0, 9), -2, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_str_find(space_, word, bad, 0, 9), -2, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_tuple_length(space_, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_tuple_get(space_, bad, 0), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_tuple_concat(space_, bad, bad), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_tuple_slice(space_, bad, 0, 1), POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_length(space_, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_room(space_, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_list_get(space_, bad, 0), POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_set(space_, bad, 0, word), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_append(space_, bad, word), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_insert(space_, bad, 0, word), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_extend(space_, bad, items), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_extend(space_, items, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_remove(space_, bad, 0), -1, POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_list_pop(space_, bad, 0), POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_clear(space_, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_reverse(space_, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_sort(space_, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_list_find(space_, bad, word, 0, 1), -2, POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_list_concat(space_, items, bad), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_list_slice(space_, bad, 0, 1), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_items(space_, bad, &size), POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_dict_length(space_, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_dict_get(space_, bad, word), POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_dict_find(space_, bad, word, &found), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_dict_set(space_, bad, word, word), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_dict_remove(space_, bad, word), -1, POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_dict_pop(space_, bad, word), POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_dict_clear(space_, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_dict_update(space_, bad, bad), -1, POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_dict_keys(space_, bad), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_dict_values(space_, bad), POOLVAL_ERR_TYPE);
        EXPECT_NO_VALUE(poolval_dict_items(space_, bad), POOLVAL_ERR_TYPE);
        EXPECT_ERROR(poolval_dict_next(space_, bad, &place, nullptr, nullptr), -1,
                     POOLVAL_ERR_TYPE);
    }
    Ref map = dict();
    poolobj *nothing = nullptr;
    EXPECT_NO_VALUE(poolval_repr(space_, nullptr), POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_equal(space_, nullptr, word), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_hash(space_, nullptr, &hash), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_compare(space_, word, nullptr, &order), -1, POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_copy(space_, nullptr), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_deepcopy(space_, nullptr), POOLVAL_ERR_TYPE);
    EXPECT_EQ(poolval_truth(space_, nullptr), 0);
    EXPECT_NO_VALUE(poolval_str_new(space_, nullptr), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_tuple_new(space_, &nothing, 1), POOLVAL_ERR_TYPE);
    EXPECT_NO_VALUE(poolval_list_new_items(space_, &nothing, 1), POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_list_append(space_, items, nullptr), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_list_insert(space_, items, 0, nullptr), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_dict_set(space_, map, word, nullptr), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_dict_set(space_, map, nullptr, word), -1, POOLVAL_ERR_TYPE);
    EXPECT_ERROR(poolval_dict_set(space_, map, items, word), -1, POOLVAL_ERR_TYPE);
    EXPECT_EQ(repr(map), "{}");
    EXPECT_EQ(repr(items), "[]");
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

TEST_F(ValueSpaceTest, TruthOfValues) {
    Ref zero = number(0), point = real(0.5), nothing = real(-0.0), word = str("x"), empty = str("");
    Ref none_of = list(), some = list({zero}), map = dict();
    EXPECT_EQ(poolval_truth(space_, zero), 0);
    EXPECT_EQ(poolval_truth(space_, point), 1);
    EXPECT_EQ(poolval_truth(space_, nothing), 0);
    EXPECT_EQ(poolval_truth(space_, word), 1);
    EXPECT_EQ(poolval_truth(space_, empty), 0);
    EXPECT_EQ(poolval_truth(space_, none_of), 0);
    EXPECT_EQ(poolval_truth(space_, some), 1);
    EXPECT_EQ(poolval_truth(space_, map), 0);
    EXPECT_EQ(poolval_truth(space_, poolval_none(space_)), 0);
    EXPECT_EQ(poolval_truth(space_, poolval_bool(space_, 9)), 1);
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

TEST_F(ValueSpaceTest, KindAndSmallIntegerAreReadInline) {
    poolval_space *other = poolval_space_new(heap_, nullptr);
    Ref large = poolval_int_parse(space_, "123456789012345678901234567890", 30, 10);
    Ref values[] = {number(7),
                    number(INT64_MIN),
                    real(0.5),
                    str("text"),
                    tuple({large}),
                    list(),
                    dict(),
                    Ref(poolval_set_new(space_, nullptr)),
                    Ref(poolval_iterate(space_, list()))};
    for (Ref &value : values) {
        EXPECT_EQ(poolval_kind(space_, value), poolval_type(space_, value));
        EXPECT_EQ(poolval_kind(other, value), POOLVAL_OTHER);
    }
    EXPECT_EQ(poolval_kind(space_, large), POOLVAL_LARGE_INT);
    EXPECT_EQ(poolval_kind(space_, nullptr), POOLVAL_OTHER);
    EXPECT_EQ(poolval_kind(space_, poolval_none(space_)), POOLVAL_NONE);
    int64_t read = 1;
    EXPECT_EQ(poolval_int_peek(space_, values[1], &read), 1);
    EXPECT_EQ(read, INT64_MIN);
    for (poolobj *none : {(poolobj *)large, (poolobj *)values[2], poolval_bool(space_, 1)})
        EXPECT_EQ(poolval_int_peek(space_, none, &read), 0);
    EXPECT_EQ(poolval_int_peek(space_, nullptr, &read), 0);
    EXPECT_EQ(poolval_int_peek(other, values[0], &read), 0);
    EXPECT_EQ(read, INT64_MIN);
}

TEST_F(ValueSpaceTest, FloatsAndListsArePeekedAt) {
    poolval_space *other = poolval_space_new(heap_, nullptr);
    Ref half(real(0.5)), seven(number(7)), full(list({seven, half})), empty(list());
    double read = 1;
    EXPECT_EQ(poolval_float_peek(space_, half, &read), 1);
    EXPECT_EQ(read, 0.5);
    EXPECT_EQ(poolval_float_peek(space_, seven, &read), 0);
    EXPECT_EQ(poolval_float_peek(space_, nullptr, &read), 0);
    EXPECT_EQ(poolval_float_peek(other, half, &read), 0);
    poolobj *const *items = nullptr;
    size_t count = 9;
    EXPECT_EQ(poolval_list_peek(space_, half, &items, &count), 0);
    EXPECT_EQ(poolval_list_peek(space_, nullptr, &items, &count), 0);
    EXPECT_EQ(poolval_list_peek(other, full, &items, &count), 0);
    EXPECT_EQ(count, 9u);
    ASSERT_EQ(poolval_list_peek(space_, full, &items, &count), 1);
    ASSERT_EQ(count, 2u);
    EXPECT_EQ(items[0], (poolobj *)seven);
    EXPECT_EQ(items[1], (poolobj *)half);
    EXPECT_EQ(poolval_list_peek(space_, empty, &items, &count), 1);
    EXPECT_EQ(count, 0u);
}

} // namespace
