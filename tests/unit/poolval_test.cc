// SPDX-License-Identifier: MIT
// What can be asked of any value, and of a space.
#include "support/value_fixture.h"

namespace {

using PoolvalTest = ValueTest;

TEST_F(PoolvalTest, OptionsOutOfRangeAreRefused) {
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

// Every function that takes values, with NULL and with a value of the wrong type.
TEST_F(PoolvalTest, NullAndWrongTypesAreErrorsEverywhere) {
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

TEST_F(PoolvalTest, TruthOfValues) {
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

} // namespace
