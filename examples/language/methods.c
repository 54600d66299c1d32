/* SPDX-License-Identifier: MIT */
/*
 * methods.c - methods of lists, strings and dictionaries. The value itself is the first argument.
 */
#include "language.h"

#define SELF object_of(arguments[0])

static value done(int result) { return result < 0 ? NOTHING : vm.none; }

/* A method that is a function of the library: what it takes beside the value are objects. */
#define FORWARD(name, more, call)                                                                  \
    NATIVE(name) {                                                                                 \
        poolobj *self = SELF, *a = more > 0 ? box(arguments[1]) : NULL;                            \
        poolobj *b = more > 1 ? box(arguments[2]) : NULL;                                          \
        value made = (call);                                                                       \
        if (a != NULL) poolobj_decref(a);                                                          \
        if (b != NULL) poolobj_decref(b);                                                          \
        return made;                                                                               \
    }
FORWARD(list_extend, 1, done(poolval_list_extend(vm.space, self, a)))
FORWARD(list_reverse, 0, done(poolval_list_reverse(vm.space, self)))
FORWARD(list_copy, 0, unbox_new(poolval_copy(vm.space, self)))
FORWARD(str_join, 1, unbox_new(poolval_str_join(vm.space, self, a)))
FORWARD(str_upper, 0, unbox_new(poolval_str_upper(vm.space, self)))
FORWARD(str_lower, 0, unbox_new(poolval_str_lower(vm.space, self)))
FORWARD(str_strip, 0, unbox_new(poolval_str_strip(vm.space, self, NULL, POOLVAL_BOTH)))
FORWARD(str_replace, 2, unbox_new(poolval_str_replace(vm.space, self, a, b, -1)))
FORWARD(dict_remove, 1, unbox_new(poolval_dict_pop(vm.space, self, a)))
FORWARD(dict_keys, 0, unbox_new(poolval_dict_keys(vm.space, self)))
FORWARD(dict_values, 0, unbox_new(poolval_dict_values(vm.space, self)))
FORWARD(dict_items, 0, unbox_new(poolval_dict_items(vm.space, self)))

/* An argument as an object, borrowed. NULL: it is a number. */
static poolobj *need_object(value v) {
    if (is_object(v)) return object_of(v);
    fail(POOLVAL_ERR_TYPE, "a number does not go here");
    return NULL;
}

NATIVE(list_append) { return done(poolval_list_append_steal(vm.space, SELF, box(arguments[1]))); }

NATIVE(list_pop) {
    int index = count > 1 && is_int(arguments[1]) ? int_of(arguments[1]) : -1;
    return unbox_new(poolval_list_pop(vm.space, SELF, index));
}

NATIVE(list_insert) {
    if (!is_int(arguments[1])) return fail(POOLVAL_ERR_TYPE, "an index is an int");
    return done(poolval_list_insert_steal(vm.space, SELF, int_of(arguments[1]), box(arguments[2])));
}

NATIVE(list_index) {
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

NATIVE(list_sort) {
    poolval_sorting how = {.key = count > 1 ? sort_key : NULL, .arg = &arguments[1]};
    return done(poolval_list_sort_by(vm.space, SELF, &how));
}

/* ---- Strings ---- */

NATIVE(str_split) {
    poolobj *by = count > 1 ? need_object(arguments[1]) : NULL;
    if (count > 1 && by == NULL) return NOTHING;
    return unbox_new(poolval_str_split(vm.space, SELF, by, -1));
}

NATIVE(str_find) {
    poolobj *part = need_object(arguments[1]);
    ptrdiff_t at = part == NULL ? -2 : poolval_str_find(vm.space, SELF, part, 0, PTRDIFF_MAX);
    return at < -1 ? NOTHING : unbox_new(poolval_int_new(vm.space, at));
}

NATIVE(str_format) {
    poolobj *values = poolval_list_new(vm.space), *text = NULL;
    int failed = values == NULL;
    for (int i = 1; i < count && !failed; i++)
        failed = poolval_list_append_steal(vm.space, values, box(arguments[i])) < 0;
    if (!failed) text = poolval_format(vm.space, SELF, values, NULL);
    if (values != NULL) poolobj_decref(values);
    return unbox_new(text);
}

/* ---- Dictionaries ---- */

NATIVE(dict_get) {
    poolobj *key = box(arguments[1]), *found;
    int is_there = poolval_dict_find(vm.space, SELF, key, &found);
    value v = is_there > 0 ? unbox(found) : copy_of(count > 2 ? arguments[2] : vm.none);
    if (key != NULL) poolobj_decref(key);
    if (is_there >= 0) return v;
    drop(v);
    return NOTHING;
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
