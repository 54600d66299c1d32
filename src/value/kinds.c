/* SPDX-License-Identifier: MIT */
/* The table of kind.h: what each type of value does. */
#include "value/bytes.h"
#include "value/copy.h"
#include "value/instance.h"
#include "value/integer.h"
#include "value/intern.h"
#include "value/iterator.h"
#include "value/key.h"
#include "value/memo.h"
#include "value/order.h"
#include "value/own.h"
#include "value/range.h"
#include "value/repr.h"
#include "value/sequence.h"
#include "value/set.h"
#include "value/space.h"
#include "value/transfer.h"

enum { TUPLE_LIST_ITEMS = 19 };

/* For graphs. */
static const char *const class_fields[] = {"name", "base", "attributes", "names"};
static const char *const instance_fields[] = {"class", "more"};
static const char *const iterator_fields[] = {"over"};

/* The heap ends, and drops all objects in any order. The space is needed by the interned strings,
   which take themselves out: the last of them frees it, or the object that stands for the space. */
static void drop_str(poolobj *value) {
    struct value_str *str = (struct value_str *)value;
    if (likely((str->shape & (STR_ASCII | STR_INTERNED)) == STR_ASCII)) return;
    str_drop_utf8(str);
    if (likely(!(str->shape & STR_INTERNED))) return;
    poolval_space *space = (poolval_space *)object_type(value)->data;
    intern_forget(space, str);
    if (unlikely(space->closing && space->interned.used == 0)) space_free(space);
}

/* ---- Tables ---- */

static size_t table_of_str(const poolobj *value) {
    return str_utf8_bytes((const struct value_str *)value);
}
static size_t table_of_list(const poolobj *value) {
    return list_table_bytes((const struct value_list *)value);
}
static size_t table_of_bytearray(const poolobj *value) {
    return ((const struct value_bytearray *)value)->room;
}
static size_t table_of_dict(const poolobj *value) {
    return dict_table_bytes((const struct value_dict *)value);
}

/* ---- Truth ---- */

static bool truth_of_none(const poolval_space *space, const poolobj *value) {
    (void)space, (void)value;
    return false;
}
static bool truth_of_float(const poolval_space *space, const poolobj *value) {
    (void)space;
    return ((const struct value_float *)value)->number != 0;
}
/* What can't tell its length is true. */
static bool truth_of_other(const poolval_space *space, const poolobj *value) {
    const struct own *own = own_of(space, value);
    if (value == NULL || own == NULL || own->hooks.length == NULL) return value != NULL;
    return own_length(own, (poolobj *)(uintptr_t)value) != 0;
}

/* ---- Invariants ---- */

static void check_large(poolval_space *space, poolobj *value) {
    (void)space;
    integer_check((const struct value_large *)value);
}
static void check_str(poolval_space *space, poolobj *value) {
    str_check(space, (struct value_str *)value);
}
static void check_bytearray(poolval_space *space, poolobj *value) {
    (void)space;
    bytes_check((const struct value_bytearray *)value);
}
static void check_list(poolval_space *space, poolobj *value) {
    (void)space;
    list_check((const struct value_list *)value);
}
static void check_dict(poolval_space *space, poolobj *value) {
    dict_check(space, (const struct value_dict *)value);
}
static void check_instance(poolval_space *space, poolobj *value) {
    instance_check(space, (const struct value_instance *)value);
}

/* ---- The table ---- */

const struct kind kind_table[] = {
    [POOLVAL_OTHER] = {.name = "poolval_space",
                       .spec = {.size = sizeof(struct space_object), .drop = space_drop},
                       .hash = key_hash_other,
                       .copy = copy_other,
                       .deepcopy = copy_deep_other,
                       .transfer_whole = transfer_own,
                       .clear = copy_clear_other,
                       .truth = truth_of_other,
                       .contains = sequence_other_has},
    [POOLVAL_NONE] = {.name = "none",
                      .spec = {.size = sizeof(poolobj)},
                      .hash = key_hash_none,
                      .equal = key_equal_none,
                      .repr = repr_none,
                      .transfer = transfer_none,
                      .truth = truth_of_none},
    [POOLVAL_BOOL] = {.name = "bool",
                      .spec = {.size = sizeof(struct value_int)},
                      .hash = key_hash_number,
                      .equal = key_equal_numbers,
                      .order = order_numbers,
                      .repr = repr_bool,
                      .transfer = transfer_bool},
    [POOLVAL_INT] = {.name = "int",
                     .spec = {.size = sizeof(struct value_int)},
                     .kept = offsetof(poolval_options, keep_ints),
                     .hash = key_hash_number,
                     .equal = key_equal_numbers,
                     .order = order_numbers,
                     .repr = repr_number,
                     .transfer = transfer_int},
    [POOLVAL_FLOAT] = {.name = "float",
                       .spec = {.size = sizeof(struct value_float)},
                       .kept = offsetof(poolval_options, keep_floats),
                       .hash = key_hash_number,
                       .equal = key_equal_numbers,
                       .order = order_numbers,
                       .repr = repr_number,
                       .transfer = transfer_float,
                       .truth = truth_of_float},
    [POOLVAL_LARGE_INT] = {.name = "int",
                           .spec = {.name = "int beyond 64 bits",
                                    .size = sizeof(struct value_large),
                                    .item_size = sizeof(uint64_t)},
                           .hash = key_hash_number,
                           .equal = key_equal_numbers,
                           .order = order_numbers,
                           .repr = repr_number,
                           .transfer = transfer_large,
                           .check = check_large},
    [POOLVAL_STR] = {.name = "str",
                     .spec = {.size = sizeof(struct value_str), .item_size = 1, .drop = drop_str},
                     .hash = key_hash_str,
                     .equal = key_equal_strs,
                     .order = order_strs,
                     .repr = repr_str,
                     .transfer = transfer_str,
                     .table = table_of_str,
                     .length = sequence_length_of_str,
                     .contains = sequence_str_has,
                     .at = iterator_at_str,
                     .slice = sequence_cut_str,
                     .check = check_str},
    [POOLVAL_BYTES] = {.name = "bytes",
                       .spec = {.size = sizeof(struct value_bytes), .item_size = 1},
                       .of = "byte",
                       .hash = key_hash_bytes,
                       .equal = key_equal_bytes,
                       .order = order_bytes,
                       .repr = repr_bytes,
                       .transfer = transfer_bytes,
                       .length = sequence_length_of_bytes,
                       .contains = sequence_bytes_have,
                       .at = iterator_at_bytes,
                       .slice = sequence_cut_bytes},
    [POOLVAL_BYTEARRAY] = {.name = "bytearray",
                           .spec = {.size = sizeof(struct value_bytearray), .drop = bytes_drop},
                           .changes = true,
                           .extended = true,
                           .of = "byte",
                           .equal = key_equal_bytes,
                           .order = order_bytes,
                           .repr = repr_bytes,
                           .copy = copy_bytearray,
                           .deepcopy = copy_deep_bytearray,
                           .transfer = transfer_bytearray,
                           .table = table_of_bytearray,
                           .length = sequence_length_of_bytes,
                           .contains = sequence_bytes_have,
                           .at = iterator_at_bytes,
                           .slice = sequence_cut_bytes,
                           .check = check_bytearray},
    [POOLVAL_RANGE] = {.name = "range",
                       .spec = {.size = sizeof(struct value_range)},
                       .hash = key_hash_range,
                       .equal = key_equal_ranges,
                       .repr = repr_range,
                       .transfer = transfer_range,
                       .length = sequence_length_of_range,
                       .contains = sequence_range_has,
                       .at = iterator_at_range,
                       .slice = sequence_cut_range},
    [POOLVAL_SLICE] = {.name = "slice",
                       .spec = {.size = sizeof(struct value_slice)},
                       .equal = key_equal_slices,
                       .repr = repr_slice,
                       .transfer = transfer_slice},
    [POOLVAL_TUPLE] = {.name = "tuple",
                       .spec = {.size = sizeof(struct value_tuple),
                                .flags = POOLOBJ_ITEMS_ARE_REFS},
                       .kept = offsetof(poolval_options, keep_tuples),
                       .listed = TUPLE_LIST_ITEMS,
                       .tracked = true,
                       .of = "item",
                       .hash = key_hash_tuple,
                       .equal = key_equal_tuples,
                       .equal_parts = order_equal_sequences,
                       .order = order_sequences,
                       .repr = repr_tuple,
                       .deepcopy = copy_deep_tuple,
                       .transfer = transfer_tuple,
                       .transfer_parts = transfer_tuple_parts,
                       .length = sequence_length_of_tuple,
                       .contains = sequence_items_have,
                       .at = iterator_at_items,
                       .slice = sequence_cut_items},
    [POOLVAL_LIST] = {.name = "list",
                      .spec = {.size = sizeof(struct value_list),
                               .traverse = list_traverse,
                               .drop = list_drop},
                      .kept = offsetof(poolval_options, keep_lists),
                      .changes = true,
                      .tracked = true,
                      .extended = true,
                      .of = "item",
                      .equal_parts = order_equal_sequences,
                      .order = order_sequences,
                      .repr = repr_list,
                      .copy = copy_list,
                      .deepcopy = copy_deep_list,
                      .transfer = transfer_list,
                      .transfer_parts = transfer_list_parts,
                      .clear = poolval_list_clear,
                      .table = table_of_list,
                      .length = sequence_length_of_list,
                      .contains = sequence_items_have,
                      .at = iterator_at_items,
                      .slice = sequence_cut_items,
                      .check = check_list},
    [POOLVAL_DICT] = {.name = "dict",
                      .spec = {.size = sizeof(struct value_dict),
                               .traverse = dict_traverse,
                               .drop = dict_drop},
                      .kept = offsetof(poolval_options, keep_dicts),
                      .changes = true,
                      .tracked = true,
                      .entries = true,
                      .extended = true,
                      .of = "item",
                      .equal_parts = order_equal_dicts,
                      .repr = repr_dict,
                      .copy = copy_dict,
                      .deepcopy = copy_deep_dict,
                      .transfer = transfer_dict,
                      .transfer_parts = transfer_dict_parts,
                      .clear = poolval_dict_clear,
                      .table = table_of_dict,
                      .length = sequence_length_of_dict,
                      .contains = sequence_dict_has,
                      .check = check_dict},
    [POOLVAL_SET] = {.name = "set",
                     .spec = {.size = sizeof(struct value_dict),
                              .traverse = dict_traverse,
                              .drop = dict_drop},
                     .changes = true,
                     .tracked = true,
                     .entries = true,
                     .extended = true,
                     .of = "item",
                     .equal = memo_equal_sets,
                     .repr = repr_set,
                     .copy = copy_dict,
                     .deepcopy = copy_deep_dict,
                     .transfer = transfer_dict,
                     .transfer_parts = transfer_dict_parts,
                     .clear = poolval_set_clear,
                     .table = table_of_dict,
                     .length = sequence_length_of_dict,
                     .contains = sequence_set_has,
                     .check = check_dict},
    [POOLVAL_FROZENSET] = {.name = "frozenset",
                           .spec = {.size = sizeof(struct value_dict),
                                    .traverse = dict_traverse,
                                    .drop = dict_drop},
                           .tracked = true,
                           .entries = true,
                           .of = "item",
                           .hash = key_hash_frozenset,
                           .equal = memo_equal_sets,
                           .repr = repr_set,
                           .transfer = transfer_dict,
                           .transfer_parts = transfer_dict_parts,
                           .table = table_of_dict,
                           .length = sequence_length_of_dict,
                           .contains = sequence_set_has,
                           .check = check_dict},
    [POOLVAL_ITERATOR] = {.name = "iterator",
                          .spec = {.size = sizeof(struct value_iterator),
                                   .refs = iterator_refs,
                                   .fields = iterator_fields},
                          .changes = true,
                          .tracked = true,
                          .hash = key_hash_other},
    [POOLVAL_CLASS] = {.name = "class",
                       .spec = {.size = sizeof(struct value_class),
                                .refs = class_refs,
                                .fields = class_fields},
                       .changes = true,
                       .tracked = true,
                       .hash = key_hash_other,
                       .repr = repr_class,
                       .transfer_whole = transfer_class,
                       .clear = instance_clear_class},
    [POOLVAL_INSTANCE] = {.name = "instance",
                          .spec = {.size = sizeof(struct value_instance),
                                   .flags = POOLOBJ_ITEMS_ARE_REFS,
                                   .refs = instance_refs,
                                   .fields = instance_fields,
                                   .finalize = instance_finalize},
                          .changes = true,
                          .tracked = true,
                          .hash = key_hash_other,
                          .copy = copy_other,
                          .deepcopy = copy_deep_other,
                          .transfer_whole = transfer_instance,
                          .clear = instance_clear,
                          .truth = truth_of_other,
                          .contains = sequence_other_has,
                          .check = check_instance}};
static_assert(sizeof kind_table / sizeof kind_table[0] == POOLVAL_TYPES, "a row for each type");
