/* SPDX-License-Identifier: MIT */
/*
 * builtins.c - functions that every program has, and methods of lists, strings and dictionaries.
 * What is one call of the library stands in the table at the end.
 */
#include "language.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

/* ---- What functions of the library return, as a value; NULL: they failed ---- */

static poolobj *done(int result) { return result < 0 ? NULL : object_of(vm.none); }

static poolobj *truth(int result) { return result < 0 ? NULL : poolval_bool(vm.space, result); }

static poolobj *number(ptrdiff_t result, ptrdiff_t least) {
    return result < least ? NULL : poolval_int_new(vm.space, result);
}

static poolobj *held(poolobj *object) {
    poolobj_incref(object);
    return object;
}

/* ---- Functions ---- */

static poolobj *print(poolobj **a, int count) {
    for (int i = 0; i < count; i++) {
        size_t size;
        SCOPED text = poolval_text(vm.space, a[i]);
        const char *utf8 = text == NULL ? NULL : poolval_str_utf8(vm.space, text, &size);
        if (utf8 == NULL) return NULL;
        if (i > 0) putchar(' ');
        fwrite(utf8, 1, size, stdout);
    }
    putchar('\n');
    return object_of(vm.none);
}

static poolobj *range(poolobj **a, int count) {
    int64_t range[3] = {0, 0, 1};
    for (int i = 0; i < count; i++)
        if (poolval_int_get(vm.space, a[i], &range[count == 1 ? 1 : i]) < 0) return NULL;
    return poolval_range_new(vm.space, range[0], range[1], range[2]);
}

/* The text of a string, its size in *size; NULL: it is none, or failed. */
static const char *text_in(poolobj *object, size_t *size) {
    if (poolval_type(vm.space, object) != POOLVAL_STR) return NULL;
    return poolval_str_utf8(vm.space, object, size);
}

static poolobj *to_int(poolobj **a, int count) {
    size_t size;
    int64_t base = 10;
    const char *text = text_in(a[0], &size);
    if (count > 1 && poolval_int_get(vm.space, a[1], &base) < 0) return NULL;
    if (text == NULL) return poolval_int_of(vm.space, a[0]);
    return poolval_int_parse(vm.space, text, size, (int)base);
}

static poolobj *to_float(poolobj *object) {
    size_t size;
    const char *text = text_in(object, &size);
    if (text == NULL) return poolval_float_of(vm.space, object);
    return poolval_float_parse(vm.space, text, size);
}

static poolobj *root(poolobj *object) {
    double square;
    if (poolval_number_get(vm.space, object, &square) < 0) return NULL;
    if (square < 0) return fail(POOLVAL_ERR_VALUE, "no root of less than 0"), NULL;
    return poolval_float_new(vm.space, sqrt(square));
}

static poolobj *type_of(poolobj *object) {
    if (poolval_type(vm.space, object) == POOLVAL_INSTANCE)
        return held(poolval_class_of(vm.space, object));
    return poolval_str_new(vm.space, poolval_type_name(vm.space, object));
}

/* Numbers were in registers, where equal ones are the same. */
static int is_same(poolobj *a, poolobj *b) {
    value x = unbox(a), y = unbox(b);
    drop(x), drop(y);
    return x == y;
}

static poolobj *extreme(poolobj **a, int count, int sign) {
    int best = 0, order;
    for (int i = 1; i < count; i++) {
        if (poolval_compare(vm.space, a[i], a[best], &order) < 0) return NULL;
        if (order == sign) best = i;
    }
    return held(a[best]);
}

/* A list of what can be iterated, a generator for one. */
static poolobj *list(poolobj **a, int count) {
    poolobj *list = poolval_list_new(vm.space), *item;
    SCOPED iterator = count == 0 ? NULL : poolval_iterate(vm.space, a[0]);
    int more = iterator == NULL ? -count : 1;
    while (more > 0 && (more = poolval_next(vm.space, iterator, &item)) > 0)
        if (poolval_list_append_steal(vm.space, list, item) < 0) more = -1;
    if (more < 0) poolobj_clear(&list);
    return list;
}

static poolobj *next(poolobj **a, int count) {
    poolobj *item;
    int more = poolval_next(vm.space, a[0], &item);
    if (more == 0 && count == 2) return held(a[1]);
    if (more == 0) fail(POOLVAL_ERR_INDEX, "there is nothing more");
    return item;
}

static poolobj *character(poolobj *object) {
    int64_t number;
    if (poolval_int_get(vm.space, object, &number) < 0) return NULL;
    uint32_t code_point = number == (uint32_t)number ? (uint32_t)number : UINT32_MAX;
    return poolval_str_new_chars(vm.space, &code_point, 1);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- Methods ---- */

static poolobj *pop(poolobj **a, int count) {
    int64_t index = -1;
    if (count > 1 && poolval_int_get(vm.space, a[1], &index) < 0) return NULL;
    return poolval_list_pop(vm.space, a[0], index);
}

static int insert(poolobj **a) {
    int64_t index;
    if (poolval_int_get(vm.space, a[1], &index) < 0) return -1;
    return poolval_list_insert(vm.space, a[0], index, a[2]);
}

static poolobj *sort_key(poolval_space *space, poolobj *item, void *function) {
    (void)space;
    poolobj *key = machine_call(function, &item, 1);
    if (key == NULL) tell_library();
    return key;
}

static int sort(poolobj **a, int count) {
    poolval_sorting how = {.key = count > 1 ? sort_key : NULL, .arg = count > 1 ? a[1] : NULL};
    return poolval_list_sort_by(vm.space, a[0], &how);
}

static poolobj *format(poolobj **a, int count) {
    SCOPED values = poolval_list_new_items(vm.space, a + 1, (size_t)count - 1);
    return values == NULL ? NULL : poolval_format(vm.space, a[0], values, NULL);
}

static poolobj *get(poolobj **a, int count) {
    poolobj *found;
    int is_there = poolval_dict_find(vm.space, a[0], a[1], &found);
    if (is_there < 0) return NULL;
    return held(is_there ? found : count > 2 ? a[2] : object_of(vm.none));
}

/* ---- All of them: whose method it is, or OTHER; name; least and most arguments, of which a[0] is
 * the value itself in methods; what a call returns ---- */

/* clang-format off */
#define FUNCTIONS(X) \
    X(OTHER, print, 0, 100, print(a, count)) \
    X(OTHER, str, 1, 1, poolval_text(vm.space, a[0])) \
    X(OTHER, repr, 1, 1, poolval_repr(vm.space, a[0])) \
    X(OTHER, len, 1, 1, number(poolval_length(vm.space, a[0]), 0)) \
    X(OTHER, range, 1, 3, range(a, count)) \
    X(OTHER, int, 1, 2, to_int(a, count)) \
    X(OTHER, float, 1, 1, to_float(a[0])) \
    X(OTHER, abs, 1, 1, poolval_absolute(vm.space, a[0])) \
    X(OTHER, sqrt, 1, 1, root(a[0])) \
    X(OTHER, type, 1, 1, type_of(a[0])) \
    X(OTHER, is_instance, 2, 2, truth(poolval_is_instance(vm.space, a[0], a[1]))) \
    X(OTHER, same, 2, 2, truth(is_same(a[0], a[1]))) \
    X(OTHER, min, 1, 100, extreme(a, count, -1)) \
    X(OTHER, max, 1, 100, extreme(a, count, 1)) \
    X(OTHER, list, 0, 1, list(a, count)) \
    X(OTHER, next, 1, 2, next(a, count)) \
    X(OTHER, iter, 1, 1, poolval_iterate(vm.space, a[0])) \
    X(OTHER, ord, 1, 1, number(poolval_str_at(vm.space, a[0], 0), 0)) \
    X(OTHER, chr, 1, 1, character(a[0])) \
    X(OTHER, error, 2, 2, error_new(a[0], a[1])) \
    X(OTHER, clock, 0, 0, poolval_float_new(vm.space, seconds())) \
    X(OTHER, why, 1, 1, done(look_why(a))) \
    X(OTHER, graph, 1, 2, done(look_graph(0, a, count))) \
    X(OTHER, holders, 1, 2, done(look_graph(1, a, count))) \
    X(OTHER, counts, 0, 1, done(look_counts(a, count))) \
    X(OTHER, references, 1, 1, number(look_references(a[0]), 0)) \
    X(OTHER, collect, 0, 0, number((ptrdiff_t)poolobj_gc_collect(vm.heap, 2), 0)) \
    X(OTHER, alive, 1, 1, number(look_alive(a[0]), 0)) \
    X(LIST, append, 2, 2, done(poolval_list_append(vm.space, a[0], a[1]))) \
    X(LIST, pop, 1, 2, pop(a, count)) \
    X(LIST, insert, 3, 3, done(insert(a))) \
    X(LIST, extend, 2, 2, done(poolval_list_extend(vm.space, a[0], a[1]))) \
    X(LIST, reverse, 1, 1, done(poolval_list_reverse(vm.space, a[0]))) \
    X(LIST, copy, 1, 1, poolval_copy(vm.space, a[0])) \
    X(LIST, index, 2, 2, number(poolval_list_find(vm.space, a[0], a[1], 0, PTRDIFF_MAX), -1)) \
    X(LIST, sort, 1, 2, done(sort(a, count))) \
    X(STR, split, 1, 2, poolval_str_split(vm.space, a[0], count > 1 ? a[1] : NULL, -1)) \
    X(STR, join, 2, 2, poolval_str_join(vm.space, a[0], a[1])) \
    X(STR, upper, 1, 1, poolval_str_upper(vm.space, a[0])) \
    X(STR, lower, 1, 1, poolval_str_lower(vm.space, a[0])) \
    X(STR, strip, 1, 1, poolval_str_strip(vm.space, a[0], NULL, POOLVAL_BOTH)) \
    X(STR, replace, 3, 3, poolval_str_replace(vm.space, a[0], a[1], a[2], -1)) \
    X(STR, find, 2, 2, number(poolval_str_find(vm.space, a[0], a[1], 0, PTRDIFF_MAX), -1)) \
    X(STR, format, 1, 100, format(a, count)) \
    X(DICT, get, 2, 3, get(a, count)) \
    X(DICT, remove, 2, 2, poolval_dict_pop(vm.space, a[0], a[1])) \
    X(DICT, keys, 1, 1, poolval_dict_keys(vm.space, a[0])) \
    X(DICT, values, 1, 1, poolval_dict_values(vm.space, a[0])) \
    X(DICT, items, 1, 1, poolval_dict_items(vm.space, a[0]))
/* clang-format on */

#define DEFINITION(whose, name, least, most, call)                                                 \
    static poolobj *whose##_##name(__attribute__((unused)) poolobj **a,                            \
                                   __attribute__((unused)) int count) {                            \
        return call;                                                                               \
    }
FUNCTIONS(DEFINITION)

#define DEFINE(whose, name, least, most, call)                                                     \
    define(POOLVAL_##whose, #name, whose##_##name, least, most);

void builtins_begin(void) { FUNCTIONS(DEFINE) }
