/* SPDX-License-Identifier: MIT */
/* Sorting lists: merges, on copies of the items, so that a list whose items have no order stays as
   it is. Where code of the program decides, the list is empty meanwhile, so that nothing that it
   does to the list reaches the items. */
#include "value/key.h"
#include "value/list.h"
#include "value/order.h"

enum { RUN = 8 }; /* items that are put in order by insertion */

/* Elements are an item, or a key and its item: `stride` pointers, of which the first is compared.
   Where all items are integers, the keys are these themselves, and no item is looked at. Where all
   are strings of bytes, the keys are their beginnings, and few items are. */
enum key_kind { KEY_OBJECT, KEY_NUMBER, KEY_BEGINNING };

struct sorter {
    poolval_space *space;
    const poolval_sorting *how;
    bool plain; /* by poolval_compare, upwards */
};

/* 1: b belongs before a; 0: not; -1: failed. */
static int is_less_by(const struct sorter *sorter, poolobj *b, poolobj *a) {
    const poolval_sorting *how = sorter->how;
    poolobj *x = how->reverse ? a : b, *y = how->reverse ? b : a;
    int order;
    if (how->compare == NULL)
        return order_compare(sorter->space, x, y, sorter->space->depth_max, &order) ? order < 0
                                                                                    : -1;
    return how->compare(sorter->space, x, y, &order, how->arg) < 0 ? -1 : order < 0;
}

ALWAYS_INLINE int is_less(const struct sorter *sorter, poolobj *const *y, poolobj *const *x,
                          enum key_kind kind) {
    poolobj *b = y[0], *a = x[0];
    if (kind == KEY_NUMBER) return (intptr_t)b < (intptr_t)a;
    if (kind == KEY_BEGINNING) {
        if (likely(b != a)) return (uintptr_t)b < (uintptr_t)a;
        return str_compare((struct value_str *)y[1], (struct value_str *)x[1]) < 0;
    }
    if (unlikely(!sorter->plain)) return is_less_by(sorter, b, a);
    if (value_is(sorter->space, a, POOLVAL_INT) && value_is(sorter->space, b, POOLVAL_INT))
        return ((struct value_int *)b)->number < ((struct value_int *)a)->number;
    if (value_is(sorter->space, a, POOLVAL_STR) && value_is(sorter->space, b, POOLVAL_STR))
        return str_compare((struct value_str *)b, (struct value_str *)a) < 0;
    return is_less_by(sorter, b, a);
}

/* 1: the elements are in order; 0: not; -1: failed. */
ALWAYS_INLINE int is_sorted(const struct sorter *sorter, poolobj *const *item, size_t count,
                            size_t stride) {
    for (size_t i = 1; i < count; i++) {
        int less = is_less(sorter, item + i * stride, item + (i - 1) * stride, KEY_OBJECT);
        if (less != 0) return less < 0 ? -1 : 0;
    }
    return 1;
}

ALWAYS_INLINE void put_strided(poolobj **to, poolobj *const *from, size_t stride) {
    for (size_t i = 0; i < stride; i++) to[i] = from[i];
}

ALWAYS_INLINE bool insert_all(const struct sorter *sorter, poolobj **item, size_t count,
                              size_t stride, enum key_kind kind) {
    for (size_t i = 1; i < count; i++) {
        poolobj *moving[2];
        size_t at = i;
        int less = 0;
        put_strided(moving, item + i * stride, stride);
        for (; at > 0; at--) {
            less = is_less(sorter, moving, item + (at - 1) * stride, kind);
            if (less != 1) break;
            put_strided(item + at * stride, item + (at - 1) * stride, stride);
        }
        put_strided(item + at * stride, moving, stride);
        if (less < 0) return false;
    }
    return true;
}

ALWAYS_INLINE bool merge(const struct sorter *sorter, poolobj *const *from, size_t left,
                         size_t count, poolobj **to, size_t stride, enum key_kind kind) {
    size_t a = 0, b = left;
    while (a < left && b < count) {
        int less = is_less(sorter, from + b * stride, from + a * stride, kind);
        if (less < 0) return false;
        put_strided(to, from + (less ? b++ : a++) * stride, stride);
        to += stride;
    }
    memcpy(to, from + a * stride, (left - a) * stride * sizeof *to);
    memcpy(to + (left - a) * stride, from + b * stride, (count - b) * stride * sizeof *to);
    return true;
}

/* Sorts the elements at *all, with as much memory at `spare`; *all is where they are afterwards. If
   it fails they are all there, in any order. */
ALWAYS_INLINE bool sort_by(const struct sorter *sorter, poolobj ***all, poolobj **spare,
                           size_t count, size_t stride, enum key_kind kind) {
    for (size_t i = 0; i < count; i += RUN)
        if (!insert_all(sorter, *all + i * stride, size_min(RUN, count - i), stride, kind))
            return false;
    for (size_t run = RUN; run < count; run *= 2) {
        for (size_t i = 0; i < count; i += 2 * run) {
            size_t both = size_min(2 * run, count - i), at = i * stride;
            if (!merge(sorter, *all + at, size_min(run, both), both, spare + at, stride, kind))
                return false;
        }
        poolobj **done = spare;
        spare = *all;
        *all = done;
    }
    return true;
}

/* False: an item is no small integer, and nothing happened. */
static bool number_items(const poolval_space *space, poolobj *const *item, size_t count,
                         poolobj **pair) {
    for (size_t i = 0; i < count; i++) {
        if (!value_is(space, item[i], POOLVAL_INT)) return false;
        pair[2 * i] = (poolobj *)(intptr_t)((const struct value_int *)item[i])->number;
        pair[2 * i + 1] = item[i];
    }
    return true;
}

/* The first bytes as a number that has their order; zeros for those that a string lacks, in whose
   block there is a word at least. */
static uintptr_t beginning(const struct value_str *str) {
    uint64_t bytes;
    memcpy(&bytes, str_data(str), sizeof bytes);
    size_t lacks = 8 - size_min(str_length(str), 8);
    bytes = __builtin_bswap64(bytes);
    return lacks == 8 ? 0 : bytes >> 8 * lacks << 8 * lacks;
}

/* False: an item is no string of bytes, and nothing happened. */
static bool sort_begin_items(const poolval_space *space, poolobj *const *item, size_t count,
                             poolobj **pair) {
    for (size_t i = 0; i < count; i++) {
        const struct value_str *str = (const struct value_str *)item[i];
        if (!value_is(space, item[i], POOLVAL_STR) || str_width_log(str) != 0) return false;
        pair[2 * i] = (poolobj *)beginning(str);
        pair[2 * i + 1] = item[i];
    }
    return true;
}

/* Sorts items that all have numbers for keys. False: they have not, or there is no memory; nothing
   is noted. */
static bool sort_numbers(const struct sorter *sorter, poolobj **item, size_t count) {
    const poolval_space *space = sorter->space;
    bool numbers = value_is(space, item[0], POOLVAL_INT);
    if (!sorter->plain || (!numbers && !value_is(space, item[0], POOLVAL_STR))) return false;
    poolobj **memory = (poolobj **)value_try_allocate(count * 4 * sizeof item[0]), **all = memory;
    if (memory == NULL) return false;
    poolobj **spare = memory + 2 * count;
    bool good = numbers ? number_items(space, item, count, all) &&
                              sort_by(sorter, &all, spare, count, 2, KEY_NUMBER)
                        : sort_begin_items(space, item, count, all) &&
                              sort_by(sorter, &all, spare, count, 2, KEY_BEGINNING);
    for (size_t i = 0; good && i < count; i++) item[i] = all[2 * i + 1];
    value_free(memory);
    return good;
}

/* Sorts items in place; if that fails, they are as they were. */
static bool sort_items(const struct sorter *sorter, poolobj **item, size_t count) {
    int sorted = is_sorted(sorter, item, count, 1);
    if (sorted != 0) return sorted > 0;
    if (sort_numbers(sorter, item, count)) return true;
    size_t size = count * sizeof item[0];
    poolobj **memory = (poolobj **)value_allocate(sorter->space, 2 * size), **all = memory;
    if (memory == NULL) return false;
    memcpy(all, item, size);
    bool good = sort_by(sorter, &all, memory + count, count, 1, KEY_OBJECT);
    if (good) memcpy(item, all, size);
    value_free(memory);
    return good;
}

/* Puts a key before each item; returns how many it could make. */
static size_t make_keys(const struct sorter *sorter, poolobj *const *item, size_t count,
                        poolobj **pair) {
    size_t made = 0;
    for (; made < count; made++) {
        poolobj *key = sorter->how->key(sorter->space, item[made], sorter->how->arg);
        if (key == NULL) break;
        pair[2 * made] = key;
        pair[2 * made + 1] = item[made];
    }
    return made;
}

/* Sorts by keys, which are made once and dropped at the end. */
static bool sort_keyed(const struct sorter *sorter, poolobj **item, size_t count) {
    size_t size = size_max(count, 1) * 4 * sizeof item[0];
    poolobj **memory = (poolobj **)value_allocate(sorter->space, size), **all = memory;
    if (memory == NULL) return false;
    size_t made = make_keys(sorter, item, count, all);
    bool good = made == count && sort_by(sorter, &all, memory + 2 * count, count, 2, KEY_OBJECT);
    for (size_t i = 0; good && i < count; i++) item[i] = all[2 * i + 1];
    for (size_t i = 0; i < made; i++) value_unref(all[2 * i]);
    value_free(memory);
    return good;
}

/* The list has its items again; what it got meanwhile goes. */
static bool put_items_back(poolval_space *space, struct value_list *list, struct value_list old) {
    struct value_list got = *list;
    list->length = old.length;
    list->room = old.room;
    list->item = old.item;
    list->base.unused = old.base.unused;
    if (got.item == NULL) return true;
    value_fail(space, POOLVAL_ERR_CHANGED, "the list was changed while it was sorted", 0, 0);
    value_press(&list->base, got.room * sizeof got.item[0], 0);
    value_unref_all(got.item, got.length);
    value_free(got.item);
    return false;
}

int poolval_list_sort_by(poolval_space *space, poolobj *value, const poolval_sorting *how) {
    if (!value_require(space, value, POOLVAL_LIST, "a list")) return -1;
    static const poolval_sorting plainly;
    if (how == NULL) how = &plainly;
    struct sorter sorter = {space, how, how->compare == NULL && !how->reverse};
    struct value_list *list = (struct value_list *)value, old = *list;
    value_ref(value);
    list->length = list->room = 0;
    list->item = NULL;
    list->base.unused = 0;
    bool good = how->key != NULL ? sort_keyed(&sorter, old.item, old.length)
                                 : sort_items(&sorter, old.item, old.length);
    good &= put_items_back(space, list, old);
    value_unref(value);
    return good ? 0 : -1;
}

int poolval_list_sort(poolval_space *space, poolobj *list) {
    return poolval_list_sort_by(space, list, NULL);
}

ptrdiff_t poolval_list_find(poolval_space *space, poolobj *value, poolobj *item, ptrdiff_t start,
                            ptrdiff_t stop) {
    if (!value_require(space, value, POOLVAL_LIST, "a list") ||
        !value_require_item(space, item, "item"))
        return -2;
    const struct value_list *list = (const struct value_list *)value;
    value_slice(list->length, &start, &stop);
    for (ptrdiff_t i = start; i < stop && (size_t)i < list->length; i++) {
        int equal = order_equal_held(space, list->item[i], item);
        if (equal != 0) return equal < 0 ? -2 : i;
    }
    return -1;
}
