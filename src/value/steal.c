/* SPDX-License-Identifier: MIT */
/* The functions of poolval.h that take over references: those of values that were just made. */
#include "value/list.h"

/* Whether there is a value. NULL is what a call gave that failed: its failure stays. */
static bool is_there(poolval_space *space, const poolobj *value) {
    if (likely(value != NULL)) return true;
    if (space->failure.code == POOLVAL_OK) value_fail_null(space, "item");
    return false;
}

static void unref_given(poolobj *value) {
    if (value != NULL) value_unref(value);
}

int poolval_list_append_steal(poolval_space *space, poolobj *value, poolobj *item) {
    struct value_list *list = (struct value_list *)value;
    if (likely(value_passes(space, value, POOLVAL_LIST) && item != NULL &&
               list->length < list->room)) {
        list->item[list->length++] = item;
        return 0;
    }
    int result = is_there(space, item) ? poolval_list_append(space, value, item) : -1;
    unref_given(item);
    return result;
}

static NOINLINE int set_slow(poolval_space *space, poolobj *list, ptrdiff_t index, poolobj *item) {
    int result = is_there(space, item) ? poolval_list_set(space, list, index, item) : -1;
    unref_given(item);
    return result;
}

/* Makes no call but the last where all is well, and so saves no register. */
int poolval_list_set_steal(poolval_space *space, poolobj *value, ptrdiff_t index, poolobj *item) {
    struct value_list *list = (struct value_list *)value;
    if (unlikely(!value_passes(space, value, POOLVAL_LIST) || item == NULL ||
                 (size_t)index >= list->length))
        return set_slow(space, value, index, item);
    poolobj *old = list->item[index];
    list->item[index] = item;
    value_unref(old);
    return 0;
}

int poolval_list_insert_steal(poolval_space *space, poolobj *list, ptrdiff_t index, poolobj *item) {
    int result = is_there(space, item) ? poolval_list_insert(space, list, index, item) : -1;
    unref_given(item);
    return result;
}

int poolval_dict_set_steal(poolval_space *space, poolobj *dict, poolobj *key, poolobj *item) {
    bool there = is_there(space, key) && is_there(space, item);
    int result = there ? poolval_dict_set(space, dict, key, item) : -1;
    unref_given(key);
    unref_given(item);
    return result;
}

static bool all_items_given(poolval_space *space, poolobj *const *items, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!is_there(space, items[i])) return false;
    return value_admits(space, items, count);
}

static poolobj *drop_all(poolobj *const *items, size_t count) {
    for (size_t i = 0; i < count; i++) unref_given(items[i]);
    return NULL;
}

poolobj *poolval_tuple_new_steal(poolval_space *space, poolobj *const *items, size_t count) {
    if (count == 0) return space->empty_tuple;
    if (count > TUPLE_LENGTH_MAX) return poolval_tuple_new(space, items, count);
    struct value_tuple *tuple =
        all_items_given(space, items, count) ? tuple_new_unset(space, count) : NULL;
    if (unlikely(tuple == NULL)) return drop_all(items, count);
    memcpy(tuple->item, items, count * sizeof items[0]);
    return value_made(space, tuple);
}

poolobj *poolval_list_new_steal(poolval_space *space, poolobj *const *items, size_t count) {
    if (count > TUPLE_LENGTH_MAX) return poolval_list_new_items(space, items, count);
    struct value_list *list = all_items_given(space, items, count) ? list_new(space, count) : NULL;
    if (unlikely(list == NULL)) return drop_all(items, count);
    if (count > 0) memcpy(list->item, items, count * sizeof items[0]);
    list->length = count;
    return value_made(space, list);
}
