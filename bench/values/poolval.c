/* SPDX-License-Identifier: MIT */
/* poolval.c - values of poolval.h, for workloads.h. */
#include <poolval.h>
#include <stdbool.h>

typedef poolobj object;
static poolval_space *space;

static inline void drop(object *v) { poolobj_decref(v); }
static inline object *make_int(long number) { return poolval_int_new(space, number); }
static inline object *make_float(double number) { return poolval_float_new(space, number); }
static inline object *make_text(const char *utf8, size_t size) {
    return poolval_str_new_size(space, utf8, size);
}
static inline object *make_interned(const char *utf8) { return poolval_str_new(space, utf8); }
static inline object *make_concat(object *a, object *b) { return poolval_str_concat(space, a, b); }
static inline object *make_slice(object *str, long start, long stop) {
    return poolval_str_slice(space, str, start, stop);
}
static inline object *make_tuple3(object *a, object *b, object *c) {
    object *items[] = {a, b, c};
    return poolval_tuple_new(space, items, 3);
}
static inline object *make_list(void) { return poolval_list_new(space); }
static inline void append(object *list, object *item) { poolval_list_append(space, list, item); }
static inline object *get_item(object *list, size_t index) {
    return poolval_list_get(space, list, (ptrdiff_t)index);
}
static inline object *make_dict(void) { return poolval_dict_new(space); }
static inline void set(object *dict, object *key, object *item) {
    poolval_dict_set(space, dict, key, item);
}
static inline object *find(object *dict, object *key) {
    object *found;
    poolval_dict_find(space, dict, key, &found);
    return found;
}

static inline object *make_sum(object *a, object *b) { return poolval_add(space, a, b); }
static inline object *make_product(object *a, object *b) { return poolval_multiply(space, a, b); }
static inline object *make_split(object *str, object *at) {
    return poolval_str_split(space, str, at, -1);
}
static inline object *make_repr(object *v) { return poolval_repr(space, v); }
static inline void sort_list(object *list) { poolval_list_sort(space, list); }
static inline object *make_set(void) { return poolval_set_new(space, NULL); }
static inline void add_to_set(object *set, object *item) { poolval_set_add(space, set, item); }
static inline object *make_iterator(object *v) { return poolval_iterate(space, v); }
static inline object *get_next(object *iterator) {
    object *item;
    poolval_next(space, iterator, &item);
    return item;
}

#include "workloads.h"

/* With the argument "pools" in front, without free lists; without it as by default. */
int main(int argc, char **argv) {
    poolval_options options = POOLVAL_DEFAULTS;
    bool pools = argc > 1 && strcmp(argv[1], "pools") == 0;
    if (pools) {
        options.keep_tuples = options.keep_lists = options.keep_dicts = 0;
        options.keep_ints = options.keep_floats = 0;
    }
    poolobj_heap *heap = poolobj_heap_new();
    poolobj_gc_disable(heap);
    space = poolval_space_new(heap, &options);
    if (space == NULL) die("out of memory");
    run(argc - pools, argv + pools);
    return 0;
}
