/* SPDX-License-Identifier: MIT */
/*
 * methods.c - methods of lists, strings and dictionaries. The value itself is the first argument.
 */
#include "language.h"

#define SELF object_of(arguments[0])

static value done(int result) { return result < 0 ? NOTHING : vm.none; }

/* -1: there is none. */
static value position(ptrdiff_t at) {
    return at < -1 ? NOTHING : unbox_new(poolval_int_new(vm.space, at));
}

/* A method that is a function of the library: what it takes beside the value are objects. */
#define FORWARD(name, more, call)                                                                  \
    NATIVE(name) {                                                                                 \
        poolobj *self = SELF;                                                                      \
        SCOPED a = more > 0 ? box(arguments[1]) : NULL;                                            \
        SCOPED b = more > 1 ? box(arguments[2]) : NULL;                                            \
        (void)a, (void)b;                                                                          \
        return (call);                                                                             \
    }
FORWARD(list_extend, 1, done(poolval_list_extend(vm.space, self, a)))
FORWARD(list_index, 1, position(poolval_list_find(vm.space, self, a, 0, PTRDIFF_MAX)))
FORWARD(list_reverse, 0, done(poolval_list_reverse(vm.space, self)))
FORWARD(list_copy, 0, unbox_new(poolval_copy(vm.space, self)))
FORWARD(str_join, 1, unbox_new(poolval_str_join(vm.space, self, a)))
FORWARD(str_find, 1, position(poolval_str_find(vm.space, self, a, 0, PTRDIFF_MAX)))
FORWARD(str_split_by, 1, unbox_new(poolval_str_split(vm.space, self, a, -1)))
FORWARD(str_split_all, 0, unbox_new(poolval_str_split(vm.space, self, NULL, -1)))
FORWARD(str_upper, 0, unbox_new(poolval_str_upper(vm.space, self)))
FORWARD(str_lower, 0, unbox_new(poolval_str_lower(vm.space, self)))
FORWARD(str_strip, 0, unbox_new(poolval_str_strip(vm.space, self, NULL, POOLVAL_BOTH)))
FORWARD(str_replace, 2, unbox_new(poolval_str_replace(vm.space, self, a, b, -1)))
FORWARD(dict_remove, 1, unbox_new(poolval_dict_pop(vm.space, self, a)))
FORWARD(dict_keys, 0, unbox_new(poolval_dict_keys(vm.space, self)))
FORWARD(dict_values, 0, unbox_new(poolval_dict_values(vm.space, self)))
FORWARD(dict_items, 0, unbox_new(poolval_dict_items(vm.space, self)))

NATIVE(list_append) { return done(poolval_list_append_steal(vm.space, SELF, box(arguments[1]))); }

NATIVE(list_pop) {
    int index = count > 1 && is_int(arguments[1]) ? int_of(arguments[1]) : -1;
    return unbox_new(poolval_list_pop(vm.space, SELF, index));
}

NATIVE(list_insert) {
    if (!is_int(arguments[1])) return fail(POOLVAL_ERR_TYPE, "an index is an int");
    return done(poolval_list_insert_steal(vm.space, SELF, int_of(arguments[1]), box(arguments[2])));
}

static poolobj *sort_key(poolval_space *space, poolobj *item, void *arg) {
    (void)space;
    value argument = unbox(item);
    poolobj *key = box_new(machine_call(*(value *)arg, &argument, 1));
    drop(argument);
    if (key == NULL) tell_library();
    return key;
}

NATIVE(list_sort) {
    poolval_sorting how = {.key = count > 1 ? sort_key : NULL, .arg = &arguments[1]};
    return done(poolval_list_sort_by(vm.space, SELF, &how));
}

/* ---- Strings ---- */

NATIVE(str_split) { return (count > 1 ? str_split_by : str_split_all)(arguments, count); }

NATIVE(str_format) {
    SCOPED values = poolval_list_new(vm.space);
    for (int i = 1; i < count; i++)
        if (poolval_list_append_steal(vm.space, values, box(arguments[i])) < 0) return NOTHING;
    return unbox_new(poolval_format(vm.space, SELF, values, NULL));
}

/* ---- Dictionaries ---- */

NATIVE(dict_get) {
    SCOPED key = box(arguments[1]);
    poolobj *found;
    int is_there = poolval_dict_find(vm.space, SELF, key, &found);
    if (is_there < 0) return NOTHING;
    return is_there > 0 ? unbox(found) : copy_of(count > 2 ? arguments[2] : vm.none);
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
