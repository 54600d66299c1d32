/* SPDX-License-Identifier: MIT */
/*
 * methods.c - methods of lists, strings and dictionaries. The value itself is the first argument.
 */
#include "language.h"

#define SELF object_of(arguments[0])

static value done(int result) { return result < 0 ? NOTHING : vm.none; }

/* An argument as an object, borrowed: it is boxed here if it has to be, and dropped by `with_end`.
 */
static poolobj *need_object(value v) {
    if (is_object(v)) return object_of(v);
    fail(POOLVAL_ERR_TYPE, "a number does not go here");
    return NULL;
}

static value list_append(value *arguments, int count) {
    (void)count;
    return done(poolval_list_append_steal(vm.space, SELF, box(arguments[1])));
}

static value list_pop(value *arguments, int count) {
    int index = count > 1 && is_int(arguments[1]) ? int_of(arguments[1]) : -1;
    return unbox_new(poolval_list_pop(vm.space, SELF, index));
}

static value list_insert(value *arguments, int count) {
    (void)count;
    if (!is_int(arguments[1])) return fail(POOLVAL_ERR_TYPE, "an index is an int");
    return done(poolval_list_insert_steal(vm.space, SELF, int_of(arguments[1]), box(arguments[2])));
}

static value list_extend(value *arguments, int count) {
    (void)count;
    poolobj *from = need_object(arguments[1]);
    return from == NULL ? NOTHING : done(poolval_list_extend(vm.space, SELF, from));
}

static value list_reverse(value *arguments, int count) {
    (void)count;
    return done(poolval_list_reverse(vm.space, SELF));
}

static value list_copy(value *arguments, int count) {
    (void)count;
    return unbox_new(poolval_copy(vm.space, SELF));
}

static value list_index(value *arguments, int count) {
    (void)count;
    poolobj *item = box(arguments[1]);
    ptrdiff_t at = poolval_list_find(vm.space, SELF, item, 0, PTRDIFF_MAX);
    if (item != NULL) poolobj_decref(item);
    return at < -1 ? NOTHING : unbox_new(poolval_int_new(vm.space, at));
}

static poolobj *sort_key(poolval_space *space, poolobj *item, void *arg) {
    (void)space;
    value argument = unbox(item), v = machine_call(*(value *)arg, &argument, 1);
    drop(argument);
    poolobj *key = v == NOTHING ? NULL : box(v);
    drop(v);
    if (key == NULL && vm.exception != NOTHING)
        poolval_error_set(vm.space, POOLVAL_ERR_PROGRAM, "an exception");
    return key;
}

static value list_sort(value *arguments, int count) {
    poolval_sorting how = {.key = count > 1 ? sort_key : NULL, .arg = &arguments[1]};
    return done(poolval_list_sort_by(vm.space, SELF, &how));
}

/* ---- Strings ---- */

static value str_split(value *arguments, int count) {
    poolobj *by = count > 1 ? need_object(arguments[1]) : NULL;
    if (count > 1 && by == NULL) return NOTHING;
    return unbox_new(poolval_str_split(vm.space, SELF, by, -1));
}

static value str_join(value *arguments, int count) {
    (void)count;
    poolobj *items = need_object(arguments[1]);
    return items == NULL ? NOTHING : unbox_new(poolval_str_join(vm.space, SELF, items));
}

static value str_upper(value *arguments, int count) {
    (void)count;
    return unbox_new(poolval_str_upper(vm.space, SELF));
}

static value str_lower(value *arguments, int count) {
    (void)count;
    return unbox_new(poolval_str_lower(vm.space, SELF));
}

static value str_strip(value *arguments, int count) {
    (void)count;
    return unbox_new(poolval_str_strip(vm.space, SELF, NULL, POOLVAL_BOTH));
}

static value str_replace(value *arguments, int count) {
    (void)count;
    poolobj *part = need_object(arguments[1]), *by = need_object(arguments[2]);
    if (part == NULL || by == NULL) return NOTHING;
    return unbox_new(poolval_str_replace(vm.space, SELF, part, by, -1));
}

static value str_find(value *arguments, int count) {
    (void)count;
    poolobj *part = need_object(arguments[1]);
    ptrdiff_t at = part == NULL ? -2 : poolval_str_find(vm.space, SELF, part, 0, PTRDIFF_MAX);
    return at < -1 ? NOTHING : unbox_new(poolval_int_new(vm.space, at));
}

static value str_format(value *arguments, int count) {
    poolobj *values = poolval_list_new(vm.space), *text = NULL;
    int failed = values == NULL;
    for (int i = 1; i < count && !failed; i++)
        failed = poolval_list_append_steal(vm.space, values, box(arguments[i])) < 0;
    if (!failed) text = poolval_format(vm.space, SELF, values, NULL);
    if (values != NULL) poolobj_decref(values);
    return unbox_new(text);
}

/* ---- Dictionaries ---- */

static value dict_get(value *arguments, int count) {
    poolobj *key = box(arguments[1]), *found;
    int is_there = poolval_dict_find(vm.space, SELF, key, &found);
    value v = is_there > 0 ? unbox(found) : copy_of(count > 2 ? arguments[2] : vm.none);
    if (key != NULL) poolobj_decref(key);
    if (is_there >= 0) return v;
    drop(v);
    return NOTHING;
}

static value dict_remove(value *arguments, int count) {
    (void)count;
    poolobj *key = box(arguments[1]), *found = poolval_dict_pop(vm.space, SELF, key);
    if (key != NULL) poolobj_decref(key);
    return unbox_new(found);
}

static value dict_keys(value *arguments, int count) {
    (void)count;
    return unbox_new(poolval_dict_keys(vm.space, SELF));
}

static value dict_values(value *arguments, int count) {
    (void)count;
    return unbox_new(poolval_dict_values(vm.space, SELF));
}

static value dict_items(value *arguments, int count) {
    (void)count;
    return unbox_new(poolval_dict_items(vm.space, SELF));
}

void methods_begin(void) {
    define_method(POOLVAL_LIST, "append", list_append, 2, 2);
    define_method(POOLVAL_LIST, "pop", list_pop, 1, 2);
    define_method(POOLVAL_LIST, "insert", list_insert, 3, 3);
    define_method(POOLVAL_LIST, "extend", list_extend, 2, 2);
    define_method(POOLVAL_LIST, "reverse", list_reverse, 1, 1);
    define_method(POOLVAL_LIST, "copy", list_copy, 1, 1);
    define_method(POOLVAL_LIST, "index", list_index, 2, 2);
    define_method(POOLVAL_LIST, "sort", list_sort, 1, 2);
    define_method(POOLVAL_STR, "split", str_split, 1, 2);
    define_method(POOLVAL_STR, "join", str_join, 2, 2);
    define_method(POOLVAL_STR, "upper", str_upper, 1, 1);
    define_method(POOLVAL_STR, "lower", str_lower, 1, 1);
    define_method(POOLVAL_STR, "strip", str_strip, 1, 1);
    define_method(POOLVAL_STR, "replace", str_replace, 3, 3);
    define_method(POOLVAL_STR, "find", str_find, 2, 2);
    define_method(POOLVAL_STR, "format", str_format, 1, 100);
    define_method(POOLVAL_DICT, "get", dict_get, 2, 3);
    define_method(POOLVAL_DICT, "remove", dict_remove, 2, 2);
    define_method(POOLVAL_DICT, "keys", dict_keys, 1, 1);
    define_method(POOLVAL_DICT, "values", dict_values, 1, 1);
    define_method(POOLVAL_DICT, "items", dict_items, 1, 1);
}
