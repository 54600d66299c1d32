/* SPDX-License-Identifier: MIT */
/* poolval_list_sort: merges, on a copy of the items, so that a list whose items have no order stays
   as it is. No code of the program runs meanwhile. */
#include "value/key.h"
#include "value/list.h"
#include "value/order.h"

enum { RUN = 8 }; /* items that are put in order by insertion */

/* 1: b belongs before a; 0: not; -1: failed. */
static int is_less(poolval_space *space, poolobj *b, poolobj *a) {
    int order;
    if (value_is(space, a, POOLVAL_INT) && value_is(space, b, POOLVAL_INT))
        return ((struct value_int *)b)->number < ((struct value_int *)a)->number;
    return order_compare(space, b, a, space->depth_max, &order) ? order < 0 : -1;
}

/* 1: the items are in order; 0: not; -1: failed. */
static int is_sorted(poolval_space *space, poolobj *const *item, size_t count) {
    for (size_t i = 1; i < count; i++) {
        int less = is_less(space, item[i], item[i - 1]);
        if (less != 0) return less < 0 ? -1 : 0;
    }
    return 1;
}

static bool insert_all(poolval_space *space, poolobj **item, size_t count) {
    for (size_t i = 1; i < count; i++) {
        poolobj *moving = item[i];
        size_t at = i;
        int less = 0;
        for (; at > 0 && (less = is_less(space, moving, item[at - 1])) == 1; at--)
            item[at] = item[at - 1];
        item[at] = moving;
        if (less < 0) return false;
    }
    return true;
}

static bool merge(poolval_space *space, poolobj *const *from, size_t left, size_t count,
                  poolobj **to) {
    size_t a = 0, b = left;
    while (a < left && b < count) {
        int less = is_less(space, from[b], from[a]);
        if (less < 0) return false;
        *to++ = from[less ? b++ : a++];
    }
    memcpy(to, from + a, (left - a) * sizeof *to);
    memcpy(to + (left - a), from + b, (count - b) * sizeof *to);
    return true;
}

/* Sorts `item`, with as much memory at `spare`; returns which of the two holds the result. */
static poolobj **sort(poolval_space *space, poolobj **item, poolobj **spare, size_t count) {
    for (size_t i = 0; i < count; i += RUN)
        if (!insert_all(space, item + i, size_min(RUN, count - i))) return NULL;
    for (size_t run = RUN; run < count; run *= 2) {
        for (size_t i = 0; i < count; i += 2 * run) {
            size_t both = size_min(2 * run, count - i);
            if (!merge(space, item + i, size_min(run, both), both, spare + i)) return NULL;
        }
        poolobj **done = spare;
        spare = item;
        item = done;
    }
    return item;
}

int poolval_list_sort(poolval_space *space, poolobj *value) {
    if (!value_require(space, value, POOLVAL_LIST, "a list")) return -1;
    struct value_list *list = (struct value_list *)value;
    int sorted = is_sorted(space, list->item, list->length);
    if (sorted != 0) return sorted < 0 ? -1 : 0;
    size_t size = list->length * sizeof list->item[0];
    poolobj **copy = (poolobj **)value_allocate(space, 2 * size);
    if (copy == NULL) return -1;
    memcpy(copy, list->item, size);
    poolobj **result = sort(space, copy, copy + list->length, list->length);
    if (result != NULL) memcpy(list->item, result, size);
    value_free(copy);
    return result != NULL ? 0 : -1;
}

ptrdiff_t poolval_list_find(poolval_space *space, poolobj *value, poolobj *item, ptrdiff_t start,
                            ptrdiff_t stop) {
    if (!value_require(space, value, POOLVAL_LIST, "a list") ||
        !value_require_any(space, item, "item"))
        return -2;
    const struct value_list *list = (const struct value_list *)value;
    value_slice(list->length, &start, &stop);
    for (ptrdiff_t i = start; i < stop; i++) {
        int equal = order_equal(space, list->item[i], item, space->depth_max);
        if (equal != 0) return equal < 0 ? -2 : i;
    }
    return -1;
}
