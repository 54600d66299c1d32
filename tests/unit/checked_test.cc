// SPDX-License-Identifier: MIT
// Heaps that are checked: a table of the functions of poolobj.h and poolval.h that take an object
// or a heap, each called by a thread that does not own the heap, and with an object of another
// heap.
#include <csetjmp>

#include "base/check.h"
#include "support/value_fixture.h"

namespace {

// What ends the process is caught on its way, as nothing was changed by then: a fork for each row
// would take most of the time.
jmp_buf caught;
std::string complaint;

void catch_complaint(struct text *text, uintptr_t) {
    complaint.assign(text->buffer, text->used);
    longjmp(caught, 1);
}

// One object of each type of values, of a space.
struct Things {
    poolobj *of[POOLVAL_TYPES] = {};
    poolobj *operator[](int type) const { return of[type]; }
};

Things make_things(poolval_space *space) {
    Things all;
    poolobj **of = all.of;
    of[POOLVAL_INT] = poolval_int_new(space, 5000);
    of[POOLVAL_FLOAT] = poolval_float_new(space, 0.5);
    of[POOLVAL_STR] = poolval_str_new(space, "two words");
    of[POOLVAL_BYTES] = poolval_bytes_new(space, "abc", 3);
    of[POOLVAL_BYTEARRAY] = poolval_bytearray_new(space, "abc", 3);
    of[POOLVAL_RANGE] = poolval_range_new(space, 0, 9, 1);
    of[POOLVAL_SLICE] = poolval_slice_new(space, 0, 4, 2);
    of[POOLVAL_TUPLE] = poolval_tuple_new(space, &of[POOLVAL_INT], 2);
    of[POOLVAL_LIST] = poolval_list_new_items(space, &of[POOLVAL_INT], 2);
    of[POOLVAL_DICT] = poolval_dict_new(space);
    poolval_dict_set(space, of[POOLVAL_DICT], of[POOLVAL_STR], of[POOLVAL_INT]);
    of[POOLVAL_SET] = poolval_set_new(space, of[POOLVAL_TUPLE]);
    of[POOLVAL_FROZENSET] = poolval_frozenset_new(space, of[POOLVAL_TUPLE]);
    of[POOLVAL_ITERATOR] = poolval_iterate(space, of[POOLVAL_LIST]);
    of[POOLVAL_CLASS] = poolval_class_new(space, of[POOLVAL_STR], nullptr);
    of[POOLVAL_INSTANCE] = poolval_instance_new(space, of[POOLVAL_CLASS]);
    return all;
}

void drop_things(const Things &all) {
    for (poolobj *each : all.of)
        if (each != nullptr) poolobj_decref(each);
}

// What a row is called with: a space, an own object of each type, and the object in question.
struct Scene {
    poolval_space *space;
    const Things &own;
    poolobj *x;
    uint64_t word[4] = {};
    poolobj *a = nullptr, *b = nullptr;
};

struct Row {
    const char *name;
    int type; // of the object
    void (*call)(Scene &);
};

#define ROW(type, call)                                                                            \
    {                                                                                              \
#call, POOLVAL_##type, [](Scene & s) { (void)call; }                                       \
    }
#define INT_OUT ((int64_t *)s.word)
#define REAL_OUT ((double *)s.word)
#define SIZE_OUT ((size_t *)s.word)
#define ORDER_OUT ((int *)s.word)
#define SPACE s.space
#define OWN(type) s.own[POOLVAL_##type]

// Functions that refuse objects of other heaps.
const Row refusing[] = {
    // Any value.
    ROW(LIST, poolval_repr(SPACE, s.x)),
    ROW(INT, poolval_repr(SPACE, s.x)),
    ROW(LIST, poolval_equal(SPACE, s.x, OWN(LIST))),
    ROW(INT, poolval_equal(SPACE, OWN(INT), s.x)),
    ROW(STR, poolval_equal(SPACE, OWN(STR), s.x)),
    ROW(TUPLE, poolval_hash(SPACE, s.x, s.word)),
    ROW(STR, poolval_hash(SPACE, s.x, s.word)),
    ROW(INT, poolval_hash(SPACE, s.x, s.word)),
    ROW(INT, poolval_compare(SPACE, s.x, OWN(INT), ORDER_OUT)),
    ROW(STR, poolval_compare(SPACE, OWN(STR), s.x, ORDER_OUT)),
    ROW(LIST, poolval_compare(SPACE, OWN(LIST), s.x, ORDER_OUT)),
    ROW(LIST, poolval_copy(SPACE, s.x)),
    ROW(STR, poolval_copy(SPACE, s.x)),
    ROW(INSTANCE, poolval_copy(SPACE, s.x)),
    ROW(LIST, poolval_deepcopy(SPACE, s.x)),
    ROW(STR, poolval_deepcopy(SPACE, s.x)),
    ROW(INSTANCE, poolval_deepcopy(SPACE, s.x)),
    // Numbers.
    ROW(INT, poolval_int_get(SPACE, s.x, INT_OUT)),
    ROW(INT, poolval_int_add(SPACE, s.x, OWN(INT))),
    ROW(INT, poolval_int_subtract(SPACE, OWN(INT), s.x)),
    ROW(INT, poolval_int_multiply(SPACE, s.x, OWN(INT))),
    ROW(INT, poolval_int_divide(SPACE, s.x, OWN(INT))),
    ROW(INT, poolval_int_modulo(SPACE, OWN(INT), s.x)),
    ROW(INT, poolval_int_and(SPACE, s.x, OWN(INT))),
    ROW(INT, poolval_int_or(SPACE, OWN(INT), s.x)),
    ROW(INT, poolval_int_xor(SPACE, s.x, OWN(INT))),
    ROW(INT, poolval_int_invert(SPACE, s.x)),
    ROW(INT, poolval_int_shift_left(SPACE, s.x, OWN(INT))),
    ROW(INT, poolval_int_shift_right(SPACE, OWN(INT), s.x)),
    ROW(INT, poolval_int_bits(SPACE, s.x)),
    ROW(INT, poolval_int_text(SPACE, s.x, 10)),
    ROW(FLOAT, poolval_float_get(SPACE, s.x, REAL_OUT)),
    ROW(INT, poolval_add(SPACE, s.x, OWN(INT))),
    ROW(FLOAT, poolval_add(SPACE, OWN(FLOAT), s.x)),
    ROW(FLOAT, poolval_subtract(SPACE, s.x, OWN(FLOAT))),
    ROW(INT, poolval_subtract(SPACE, OWN(INT), s.x)),
    ROW(FLOAT, poolval_multiply(SPACE, s.x, OWN(INT))),
    ROW(FLOAT, poolval_divide(SPACE, s.x, OWN(FLOAT))),
    ROW(INT, poolval_divide(SPACE, OWN(INT), s.x)),
    ROW(FLOAT, poolval_floor_divide(SPACE, s.x, OWN(FLOAT))),
    ROW(FLOAT, poolval_modulo(SPACE, s.x, OWN(FLOAT))),
    ROW(INT, poolval_power(SPACE, s.x, OWN(INT))),
    ROW(INT, poolval_negate(SPACE, s.x)),
    ROW(FLOAT, poolval_negate(SPACE, s.x)),
    ROW(INT, poolval_absolute(SPACE, s.x)),
    ROW(INT, poolval_float_of(SPACE, s.x)),
    ROW(INT, poolval_int_of(SPACE, s.x)),
    ROW(FLOAT, poolval_number_get(SPACE, s.x, REAL_OUT)),
    // Strings.
    ROW(STR, poolval_str_intern(SPACE, s.x)),
    ROW(STR, poolval_str_length(SPACE, s.x)),
    ROW(STR, poolval_str_width(SPACE, s.x)),
    ROW(STR, poolval_str_at(SPACE, s.x, 0)),
    ROW(STR, poolval_str_data(SPACE, s.x)),
    ROW(STR, poolval_str_utf8(SPACE, s.x, nullptr)),
    ROW(STR, poolval_str_concat(SPACE, OWN(STR), s.x)),
    ROW(STR, poolval_str_repeat(SPACE, s.x, 1)),
    ROW(STR, poolval_str_join(SPACE, s.x, OWN(LIST))),
    ROW(LIST, poolval_str_join(SPACE, OWN(STR), s.x)),
    ROW(STR, poolval_str_slice(SPACE, s.x, 0, PTRDIFF_MAX)),
    ROW(STR, poolval_str_find(SPACE, s.x, OWN(STR), 0, 9)),
    ROW(STR, poolval_str_find_last(SPACE, OWN(STR), s.x, 0, 9)),
    ROW(STR, poolval_str_count(SPACE, s.x, OWN(STR), 0, 9)),
    ROW(STR, poolval_str_starts(SPACE, OWN(STR), s.x)),
    ROW(STR, poolval_str_ends(SPACE, s.x, OWN(STR))),
    ROW(STR, poolval_str_split(SPACE, s.x, nullptr, -1)),
    ROW(STR, poolval_str_split(SPACE, OWN(STR), s.x, -1)),
    ROW(STR, poolval_str_replace(SPACE, OWN(STR), OWN(STR), s.x, -1)),
    ROW(STR, poolval_str_strip(SPACE, s.x, nullptr, POOLVAL_BOTH)),
    ROW(STR, poolval_str_strip(SPACE, OWN(STR), s.x, POOLVAL_BOTH)),
    ROW(STR, poolval_str_upper(SPACE, s.x)),
    ROW(STR, poolval_str_lower(SPACE, s.x)),
    ROW(STR, poolval_text(SPACE, s.x)),
    ROW(LIST, poolval_text(SPACE, s.x)),
    ROW(STR, poolval_format(SPACE, s.x, nullptr, nullptr)),
    ROW(LIST, poolval_format(SPACE, OWN(STR), s.x, nullptr)),
    ROW(DICT, poolval_format(SPACE, OWN(STR), nullptr, s.x)),
    ROW(INT, poolval_format_value(SPACE, s.x, poolval_str_new(SPACE, ""))),
    ROW(STR, poolval_format_value(SPACE, OWN(INT), s.x)),
    // Tuples and lists.
    ROW(STR, poolval_tuple_new(SPACE, &s.x, 1)),
    ROW(TUPLE, poolval_tuple_length(SPACE, s.x)),
    ROW(TUPLE, poolval_tuple_get(SPACE, s.x, 0)),
    ROW(TUPLE, poolval_tuple_concat(SPACE, OWN(TUPLE), s.x)),
    ROW(TUPLE, poolval_tuple_slice(SPACE, s.x, 0, 9)),
    ROW(TUPLE, poolval_tuple_slice(SPACE, s.x, 0, 0)),
    ROW(TUPLE, poolval_tuple_repeat(SPACE, s.x, 1)),
    ROW(STR, poolval_list_new_items(SPACE, &s.x, 1)),
    ROW(LIST, poolval_list_length(SPACE, s.x)),
    ROW(LIST, poolval_list_room(SPACE, s.x)),
    ROW(LIST, poolval_list_get(SPACE, s.x, 0)),
    ROW(LIST, poolval_list_set(SPACE, s.x, 0, OWN(STR))),
    ROW(STR, poolval_list_set(SPACE, OWN(LIST), 0, s.x)),
    ROW(LIST, poolval_list_append(SPACE, s.x, OWN(STR))),
    ROW(STR, poolval_list_append(SPACE, OWN(LIST), s.x)),
    ROW(LIST, poolval_list_insert(SPACE, s.x, 0, OWN(STR))),
    ROW(STR, poolval_list_insert(SPACE, OWN(LIST), 0, s.x)),
    ROW(LIST, poolval_list_extend(SPACE, s.x, OWN(LIST))),
    ROW(TUPLE, poolval_list_extend(SPACE, OWN(LIST), s.x)),
    ROW(LIST, poolval_list_remove(SPACE, s.x, 0)),
    ROW(LIST, poolval_list_pop(SPACE, s.x, -1)),
    ROW(LIST, poolval_list_clear(SPACE, s.x)),
    ROW(LIST, poolval_list_reverse(SPACE, s.x)),
    ROW(LIST, poolval_list_sort(SPACE, s.x)),
    ROW(LIST, poolval_list_sort_by(SPACE, s.x, nullptr)),
    ROW(LIST, poolval_list_find(SPACE, s.x, OWN(INT), 0, 9)),
    ROW(INT, poolval_list_find(SPACE, OWN(LIST), s.x, 0, 9)),
    ROW(LIST, poolval_list_concat(SPACE, s.x, OWN(LIST))),
    ROW(LIST, poolval_list_slice(SPACE, s.x, 0, 0)),
    ROW(LIST, poolval_list_set_slice(SPACE, s.x, 0, 1, OWN(LIST))),
    ROW(LIST, poolval_list_set_slice(SPACE, OWN(LIST), 0, 1, s.x)),
    ROW(LIST, poolval_list_remove_slice(SPACE, s.x, 0, 1)),
    ROW(LIST, poolval_list_repeat(SPACE, s.x, 2)),
    ROW(LIST, poolval_items(SPACE, s.x, SIZE_OUT)),
    ROW(TUPLE, poolval_items(SPACE, s.x, SIZE_OUT)),
    // Dictionaries.
    ROW(DICT, poolval_dict_length(SPACE, s.x)),
    ROW(DICT, poolval_dict_get(SPACE, s.x, OWN(STR))),
    ROW(STR, poolval_dict_get(SPACE, OWN(DICT), s.x)),
    ROW(DICT, poolval_dict_find(SPACE, s.x, OWN(STR), &s.a)),
    ROW(INT, poolval_dict_find(SPACE, OWN(DICT), s.x, &s.a)),
    ROW(DICT, poolval_dict_set(SPACE, s.x, OWN(STR), OWN(INT))),
    ROW(STR, poolval_dict_set(SPACE, OWN(DICT), s.x, OWN(INT))),
    ROW(INT, poolval_dict_set(SPACE, OWN(DICT), OWN(STR), s.x)),
    ROW(DICT, poolval_dict_remove(SPACE, s.x, OWN(STR))),
    ROW(STR, poolval_dict_remove(SPACE, OWN(DICT), s.x)),
    ROW(DICT, poolval_dict_pop(SPACE, s.x, OWN(STR))),
    ROW(TUPLE, poolval_dict_pop(SPACE, OWN(DICT), s.x)),
    ROW(DICT, poolval_dict_get_or_set(SPACE, s.x, OWN(STR), OWN(INT))),
    ROW(STR, poolval_dict_get_or_set(SPACE, OWN(DICT), s.x, OWN(INT))),
    ROW(INT, poolval_dict_get_or_set(SPACE, OWN(DICT), OWN(STR), s.x)),
    ROW(DICT, poolval_dict_clear(SPACE, s.x)),
    ROW(DICT, poolval_dict_update(SPACE, s.x, OWN(DICT))),
    ROW(DICT, poolval_dict_update(SPACE, OWN(DICT), s.x)),
    ROW(DICT, poolval_dict_first(SPACE, s.x, &s.a, &s.b)),
    ROW(DICT, poolval_dict_last(SPACE, s.x, &s.a, &s.b)),
    ROW(DICT, poolval_dict_pop_first(SPACE, s.x, &s.a, &s.b)),
    ROW(DICT, poolval_dict_pop_last(SPACE, s.x, &s.a, &s.b)),
    ROW(DICT, poolval_dict_keys(SPACE, s.x)),
    ROW(DICT, poolval_dict_values(SPACE, s.x)),
    ROW(DICT, poolval_dict_items(SPACE, s.x)),
    ROW(DICT, poolval_dict_next(SPACE, s.x, (poolval_place *)s.word, &s.a, &s.b)),
    // Bytes, byte arrays, ranges and slices.
    ROW(BYTES, poolval_bytes_data(SPACE, s.x, nullptr)),
    ROW(BYTEARRAY, poolval_bytes_length(SPACE, s.x)),
    ROW(BYTES, poolval_bytes_at(SPACE, s.x, 0)),
    ROW(BYTES, poolval_bytes_find(SPACE, OWN(BYTES), s.x, 0, 9)),
    ROW(BYTES, poolval_bytes_concat(SPACE, OWN(BYTES), s.x)),
    ROW(BYTES, poolval_bytes_repeat(SPACE, s.x, 1)),
    ROW(BYTES, poolval_bytes_slice(SPACE, s.x, 0, 9)),
    ROW(STR, poolval_str_encode(SPACE, s.x)),
    ROW(BYTES, poolval_bytes_decode(SPACE, s.x)),
    ROW(BYTEARRAY, poolval_bytearray_data(SPACE, s.x)),
    ROW(BYTEARRAY, poolval_bytearray_set(SPACE, s.x, 0, 1)),
    ROW(BYTEARRAY, poolval_bytearray_append(SPACE, s.x, 1)),
    ROW(BYTEARRAY, poolval_bytearray_extend(SPACE, s.x, OWN(BYTES))),
    ROW(BYTES, poolval_bytearray_extend(SPACE, OWN(BYTEARRAY), s.x)),
    ROW(BYTEARRAY, poolval_bytearray_set_slice(SPACE, s.x, 0, 1, nullptr)),
    ROW(RANGE, poolval_range_get(SPACE, s.x, INT_OUT, INT_OUT + 1, INT_OUT + 2)),
    ROW(SLICE, poolval_slice_get(SPACE, s.x, 9, (ptrdiff_t *)s.word, (ptrdiff_t *)s.word + 1)),
    ROW(LIST, poolval_get_slice(SPACE, s.x, OWN(SLICE))),
    ROW(TUPLE, poolval_get_slice(SPACE, s.x, OWN(SLICE))),
    ROW(STR, poolval_get_slice(SPACE, s.x, OWN(SLICE))),
    ROW(SLICE, poolval_get_slice(SPACE, OWN(LIST), s.x)),
    ROW(LIST, poolval_set_slice(SPACE, s.x, OWN(SLICE), OWN(LIST))),
    ROW(LIST, poolval_remove_slice(SPACE, s.x, OWN(SLICE))),
    // Sets, iterators, any container.
    ROW(LIST, poolval_set_new(SPACE, s.x)),
    ROW(SET, poolval_frozenset_new(SPACE, s.x)),
    ROW(SET, poolval_set_length(SPACE, s.x)),
    ROW(SET, poolval_set_has(SPACE, s.x, OWN(INT))),
    ROW(INT, poolval_set_has(SPACE, OWN(SET), s.x)),
    ROW(SET, poolval_set_add(SPACE, s.x, OWN(STR))),
    ROW(STR, poolval_set_add(SPACE, OWN(SET), s.x)),
    ROW(SET, poolval_set_remove(SPACE, s.x, OWN(INT))),
    ROW(INT, poolval_set_remove(SPACE, OWN(SET), s.x)),
    ROW(SET, poolval_set_clear(SPACE, s.x)),
    ROW(SET, poolval_set_union(SPACE, OWN(SET), s.x)),
    ROW(SET, poolval_set_intersection(SPACE, s.x, OWN(SET))),
    ROW(FROZENSET, poolval_set_difference(SPACE, OWN(SET), s.x)),
    ROW(SET, poolval_set_symmetric(SPACE, s.x, OWN(SET))),
    ROW(SET, poolval_set_is_subset(SPACE, OWN(SET), s.x)),
    ROW(LIST, poolval_iterate(SPACE, s.x)),
    ROW(ITERATOR, poolval_iterate(SPACE, s.x)),
    ROW(DICT, poolval_dict_iterate(SPACE, s.x, POOLVAL_ITEMS)),
    ROW(ITERATOR, poolval_next(SPACE, s.x, &s.a)),
    ROW(LIST, poolval_length(SPACE, s.x)),
    ROW(STR, poolval_length(SPACE, s.x)),
    ROW(LIST, poolval_contains(SPACE, s.x, OWN(INT))),
    ROW(INT, poolval_contains(SPACE, OWN(LIST), s.x)),
    // Classes and instances.
    ROW(STR, poolval_class_new(SPACE, s.x, nullptr)),
    ROW(CLASS, poolval_class_new(SPACE, OWN(STR), s.x)),
    ROW(CLASS, poolval_class_name(SPACE, s.x)),
    ROW(CLASS, poolval_class_base(SPACE, s.x)),
    ROW(CLASS, poolval_instance_new(SPACE, s.x)),
    ROW(INSTANCE, poolval_class_of(SPACE, s.x)),
    ROW(INSTANCE, poolval_is_instance(SPACE, s.x, OWN(CLASS))),
    ROW(CLASS, poolval_is_instance(SPACE, OWN(INSTANCE), s.x)),
    ROW(INSTANCE, poolval_attr_get(SPACE, s.x, OWN(STR))),
    ROW(STR, poolval_attr_get(SPACE, OWN(INSTANCE), s.x)),
    ROW(INSTANCE, poolval_attr_find(SPACE, s.x, OWN(STR), &s.a)),
    ROW(CLASS, poolval_method_find(SPACE, s.x, OWN(STR), &s.a)),
    ROW(INSTANCE, poolval_attr_set(SPACE, s.x, OWN(STR), OWN(INT))),
    ROW(INT, poolval_attr_set(SPACE, OWN(INSTANCE), OWN(STR), s.x)),
    ROW(STR, poolval_attr_set(SPACE, OWN(CLASS), s.x, OWN(INT))),
    ROW(CLASS, poolval_attr_remove(SPACE, s.x, OWN(STR))),
    ROW(INSTANCE, poolval_attr_dict(SPACE, s.x)),
    ROW(CLASS, poolval_attr_dict(SPACE, s.x)),
    ROW(CLASS, poolval_class_finalize(SPACE, s.x, 1)),
};

// Functions that do not fail, that take no object, or one of any heap; without those that give a
// constant of the space and look at nothing else.
const Row others[] = {
    ROW(LIST, poolval_space_of(s.x)),
    ROW(LIST, poolval_space_heap(SPACE)),
    ROW(LIST, poolval_set_list_growth(SPACE, 0)),
    ROW(LIST, poolval_space_check(SPACE)),
    ROW(LIST, poolval_error(SPACE)),
    ROW(LIST, poolval_error_message(SPACE)),
    ROW(LIST, poolval_error_clear(SPACE)),
    ROW(LIST, poolval_error_set(SPACE, POOLVAL_ERR_PROGRAM, "spam")),
    ROW(LIST, poolval_type(SPACE, s.x)),
    ROW(LIST, poolval_type_name(SPACE, s.x)),
    ROW(LIST, poolval_object_type(SPACE, POOLVAL_LIST)),
    ROW(LIST, poolval_refcount(s.x)),
    ROW(LIST, poolval_sizeof(SPACE, s.x)),
    ROW(INT, poolval_truth(SPACE, s.x)),
    ROW(LIST, poolval_truth(SPACE, s.x)),
    ROW(LIST, poolval_copy_to(SPACE, s.x)),
    ROW(STR, poolval_copy_to(SPACE, s.x)),
    ROW(LIST, poolval_int_new(SPACE, 5000)),
    ROW(LIST, poolval_int_parse(SPACE, "5000", 4, 10)),
    ROW(LIST, poolval_float_new(SPACE, 1)),
    ROW(LIST, poolval_float_parse(SPACE, "1", 1)),
    ROW(LIST, poolval_str_new(SPACE, "spam and eggs")),
    ROW(STR, poolval_str_is_interned(SPACE, s.x)),
    ROW(LIST, poolval_interned_count(SPACE)),
    ROW(LIST, poolval_writer_new(SPACE)),
    ROW(LIST, poolval_list_new(SPACE)),
    ROW(LIST, poolval_dict_new(SPACE)),
    ROW(LIST, poolval_bytearray_new(SPACE, "", 0)),
    ROW(LIST, poolval_range_new(SPACE, 0, 1, 1)),
    ROW(LIST, poolval_slice_new(SPACE, 0, 1, 1)),
    ROW(LIST, poolval_set_new(SPACE, nullptr)),
    ROW(LIST, poolval_set_instance_hooks(SPACE, nullptr, nullptr)),
    ROW(LIST, poolval_share(SPACE)),
    ROW(LIST, poolval_str_new_size(SPACE, "spam", 4)),
    ROW(LIST, poolval_type_new(SPACE, POOLVAL_LIST, nullptr, nullptr)),
    ROW(LIST, poolval_type_like(SPACE, SPACE->type[POOLVAL_LIST])),
    ROW(LIST, poolval_new(SPACE, SPACE->type[POOLVAL_LIST])),
    ROW(LIST, poolval_channel_send(nullptr, SPACE, s.x)),
    // Heaps.
    ROW(LIST, poolobj_heap_share(SPACE->heap)),
    ROW(LIST, poolobj_heap_close(SPACE->heap)),
    ROW(LIST, poolobj_heap_set_close_callback(SPACE->heap, nullptr, nullptr)),
    ROW(LIST, poolobj_heap_held(SPACE->heap, s.x)),
    ROW(LIST, poolobj_heap_check(SPACE->heap)),
    ROW(LIST, poolobj_gc_collect(SPACE->heap, 0)),
    ROW(LIST, poolobj_gc_step(SPACE->heap, 1000)),
    ROW(LIST, poolobj_gc_step_stats(SPACE->heap, nullptr)),
    ROW(LIST, poolobj_gc_due(SPACE->heap)),
    ROW(LIST, poolobj_gc_poll(SPACE->heap)),
    ROW(LIST, poolobj_gc_pressure(SPACE->heap, 1)),
    ROW(LIST, poolobj_gc_set_options(SPACE->heap, 0)),
    ROW(LIST, poolobj_gc_get_options(SPACE->heap)),
    ROW(LIST, poolobj_gc_enable(SPACE->heap)),
    ROW(LIST, poolobj_gc_disable(SPACE->heap)),
    ROW(LIST, poolobj_gc_is_enabled(SPACE->heap)),
    ROW(LIST, poolobj_gc_set_threshold(SPACE->heap, 1, 1, 1)),
    ROW(LIST, poolobj_gc_get_threshold(SPACE->heap, nullptr)),
    ROW(LIST, poolobj_gc_get_count(SPACE->heap, nullptr)),
    ROW(LIST, poolobj_gc_stats(SPACE->heap, 0, nullptr)),
    ROW(LIST, poolobj_gc_freeze(SPACE->heap)),
    ROW(LIST, poolobj_gc_unfreeze(SPACE->heap)),
    ROW(LIST, poolobj_gc_freeze_count(SPACE->heap)),
    ROW(LIST, poolobj_gc_set_callback(SPACE->heap, nullptr, nullptr)),
    ROW(LIST, poolobj_gc_set_debug(SPACE->heap, 0)),
    ROW(LIST, poolobj_gc_get_debug(SPACE->heap)),
    ROW(LIST, poolobj_gc_garbage(SPACE->heap, nullptr, nullptr)),
    ROW(LIST, poolobj_gc_garbage_release(SPACE->heap)),
    ROW(LIST, poolobj_gc_root_add(SPACE->heap, &s.x)),
    ROW(LIST, poolobj_gc_root_remove(SPACE->heap, &s.x)),
    ROW(LIST, poolobj_gc_set_roots(SPACE->heap, nullptr, nullptr)),
    ROW(LIST, poolobj_types(SPACE->heap, nullptr, nullptr)),
    ROW(LIST, poolobj_walk(SPACE->heap, nullptr, nullptr, nullptr)),
    // Types.
    ROW(LIST, poolobj_type_new(SPACE->heap, nullptr)),
    ROW(LIST, poolobj_type_free(SPACE->type[POOLVAL_LIST])),
    ROW(LIST, poolobj_type_data(SPACE->type[POOLVAL_LIST])),
    ROW(LIST, poolobj_type_heap(SPACE->type[POOLVAL_LIST])),
    ROW(LIST, poolobj_type_name(SPACE->type[POOLVAL_LIST])),
    ROW(LIST, poolobj_type_field(SPACE->type[POOLVAL_LIST], 0)),
    ROW(LIST, poolobj_type_refs(SPACE->type[POOLVAL_LIST])),
    ROW(LIST, poolobj_type_size(SPACE->type[POOLVAL_LIST])),
    ROW(LIST, poolobj_new(SPACE->type[POOLVAL_LIST])),
    ROW(LIST, poolobj_new_items(SPACE->type[POOLVAL_TUPLE], 1)),
    ROW(LIST, poolobj_count(SPACE->type[POOLVAL_LIST])),
    // Objects.
    ROW(RANGE, poolobj_decref(s.x)),
    ROW(BYTES, poolobj_decref(s.x)),
    ROW(DICT, poolobj_decref(s.x)),
    ROW(ITERATOR, poolobj_clear(&s.x)),
    ROW(LIST, poolobj_refcount(s.x)),
    ROW(LIST, poolobj_typeof(s.x)),
    ROW(LIST, poolobj_sizeof(s.x)),
    ROW(LIST, poolobj_immortal(s.x)),
    ROW(LIST, poolobj_weakref_new(s.x, nullptr, nullptr)),
    ROW(LIST, poolobj_references(
                  s.x, [](poolobj *const *, size_t, void *) {}, nullptr)),
};

class CheckedTest : public ValueTest {
  protected:
    void SetUp() override {
        ValueTest::SetUp();
        checked_ = poolobj_heap_new_checked();
        checked_space_ = poolval_space_new(checked_, nullptr);
        own_ = make_things(checked_space_);
    }
    void TearDown() override {
        poolval_space_check(checked_space_);
        drop_things(own_);
        poolobj_heap_close(checked_);
        ValueTest::TearDown();
    }
    // The line with which a call by another thread would have ended the process; "": it returned.
    static std::string elsewhere(const std::function<void()> &call) {
        complaint.clear();
        fail_context = catch_complaint;
        in_thread([&call] {
            if (setjmp(caught) == 0) call();
        });
        fail_context = nullptr;
        return complaint;
    }
    poolobj_heap *checked_ = nullptr;
    poolval_space *checked_space_ = nullptr;
    Things own_;
};

TEST_F(CheckedTest, ObjectsOfOtherHeapsAreRefused) {
    Things strangers = make_things(space_);
    for (const Row &row : refusing) {
        Scene scene = {checked_space_, own_, strangers[row.type]};
        int32_t count = poolobj_refcount(scene.x);
        poolval_error_clear(checked_space_);
        row.call(scene);
        EXPECT_EQ(poolval_error(checked_space_), POOLVAL_ERR_TYPE) << row.name;
        EXPECT_NE(std::string(poolval_error_message(checked_space_)).find("of another heap"),
                  std::string::npos)
            << row.name << ": " << poolval_error_message(checked_space_);
        EXPECT_EQ(poolobj_refcount(scene.x), count) << row.name;
    }
    drop_things(strangers);
}

template <size_t N>
void call_elsewhere(std::string (*elsewhere)(const std::function<void()> &), const Row (&rows)[N],
                    poolval_space *space, const Things &own) {
    for (const Row &row : rows) {
        Scene scene = {space, own, own[row.type]};
        EXPECT_NE(elsewhere([&] { row.call(scene); }).find("by a thread that does not own heap 0x"),
                  std::string::npos)
            << row.name;
    }
}

TEST_F(CheckedTest, FunctionsOfAnObjectNameTheWrongThread) {
    call_elsewhere(elsewhere, refusing, checked_space_, own_);
}

TEST_F(CheckedTest, FunctionsOfASpaceNameTheWrongThread) {
    call_elsewhere(elsewhere, others, checked_space_, own_);
}

// What is looked at goes other ways than where it is not.
TEST_F(CheckedTest, AHeapsOwnObjectsAreWhatTheyAre) {
    poolval_space *space = checked_space_;
    poolobj *zero = poolval_int_new(space, 0), *word = own_[POOLVAL_STR];
    EXPECT_EQ(poolval_truth(space, zero), 0);
    EXPECT_EQ(poolval_truth(space, own_[POOLVAL_INT]), 1);
    EXPECT_EQ(poolval_equal(space, word, word), 1);
    EXPECT_EQ(poolval_contains(space, own_[POOLVAL_TUPLE], own_[POOLVAL_FLOAT]), 1);
    EXPECT_EQ(poolval_attr_set(space, own_[POOLVAL_INSTANCE], word, zero), 0);
    EXPECT_EQ(poolval_attr_get(space, own_[POOLVAL_INSTANCE], word), zero);
    poolobj *value;
    EXPECT_EQ(poolval_dict_find(space, own_[POOLVAL_DICT], word, &value), 1);
    EXPECT_EQ(value, own_[POOLVAL_INT]);
    poolobj *sum = poolval_add(space, value, value), *list = poolval_list_new(space);
    EXPECT_EQ(poolval_list_append_steal(space, list, sum), 0);
    EXPECT_EQ(poolval_list_get(space, own_[POOLVAL_LIST], -1), own_[POOLVAL_FLOAT]);
    poolobj_decref(own_[POOLVAL_FLOAT]), poolobj_decref(list);
}

TEST_F(CheckedTest, FunctionsThatTakeOverRefuseToo) {
    poolval_space *space = checked_space_;
    poolobj *list = own_[POOLVAL_LIST], *dict = own_[POOLVAL_DICT], *word = own_[POOLVAL_STR];
    auto stranger = [this] { return poolval_int_new(space_, 5000); };
    EXPECT_EQ(poolval_list_append_steal(space, list, stranger()), -1);
    EXPECT_EQ(poolval_list_set_steal(space, list, 0, stranger()), -1);
    EXPECT_EQ(poolval_list_insert_steal(space, list, 0, stranger()), -1);
    poolobj_incref(word);
    EXPECT_EQ(poolval_dict_set_steal(space, dict, word, stranger()), -1);
    EXPECT_EQ(poolval_dict_set_steal(space, dict, stranger(), poolval_int_new(space, 1)), -1);
    EXPECT_EQ(poolval_set_add_steal(space, own_[POOLVAL_SET], stranger()), -1);
    EXPECT_STREQ(poolval_error_message(space), "the key is a int of another heap");
    EXPECT_EQ(count(POOLVAL_INT), 262u) << "small ones alone: the others went";
}

TEST_F(CheckedTest, WeakReferencesAndWritersToo) {
    poolobj_weakref *weak = poolobj_weakref_new(own_[POOLVAL_LIST], nullptr, nullptr);
    poolval_writer *writer = poolval_writer_new(checked_space_);
    const std::function<void()> calls[] = {
        [weak] { poolobj_weakref_get(weak); },
        [weak] { poolobj_weakref_free(weak); },
        [writer] { poolval_writer_char(writer, 'a'); },
        [writer] { poolval_writer_utf8(writer, "a", 1); },
        [writer, this] { poolval_writer_str(writer, own_[POOLVAL_STR]); },
        [writer, this] { poolval_writer_text(writer, own_[POOLVAL_LIST]); },
        [writer, this] { poolval_writer_repr(writer, own_[POOLVAL_INT]); },
        [writer] { poolval_writer_end(writer); },
        [writer] { poolval_writer_free(writer); },
    };
    for (const auto &call : calls) EXPECT_NE(elsewhere(call), "") << &call - calls;
    poolobj_weakref_free(weak);
    poolval_writer_free(writer);
}

// Any thread may look at what is shared, and no one is stopped at it.
TEST_F(CheckedTest, SharedHeapsAreForAllThreads) {
    poolobj_heap *heap = poolobj_heap_new_checked();
    poolval_space *space = poolval_space_new(heap, nullptr);
    poolobj *word = poolval_str_new(space, "two words"), *pair[] = {word, word};
    poolobj *tuple = poolval_tuple_new(space, pair, 2);
    ASSERT_EQ(poolval_share(space), 0);
    EXPECT_EQ(elsewhere([=] {
                  poolobj_typeof(word), poolobj_sizeof(tuple), poolobj_refcount(word);
                  poolobj_incref(word), poolobj_decref(word);
                  EXPECT_EQ(poolval_tuple_length(space, tuple), 2);
                  EXPECT_EQ(poolval_str_length(space, word), 9);
              }),
              "");
    EXPECT_EQ(poolval_list_append(checked_space_, own_[POOLVAL_LIST], tuple), 0);
    EXPECT_EQ(poolval_dict_set(checked_space_, own_[POOLVAL_DICT], word, tuple), 0);
    drop_things(own_);
    own_ = Things();
    poolobj_heap_close(heap);
}

} // namespace
