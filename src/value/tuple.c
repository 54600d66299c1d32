/* SPDX-License-Identifier: MIT */
#include "value/tuple.h"

/* ---- Making ---- */

struct value_tuple *tuple_new_empty(poolval_space *space, size_t length) {
    struct value_tuple *tuple = (struct value_tuple *)value_new_items(space, POOLVAL_TUPLE, length);
    if (likely(tuple != NULL)) tuple->length = length;
    return tuple;
}

bool tuple_make_shared(poolval_space *space) {
    struct value_tuple *tuple = tuple_new_empty(space, 0);
    if (tuple == NULL) return false;
    poolobj_immortal(tuple);
    space->empty_tuple = &tuple->base;
    return true;
}

ALWAYS_INLINE void fill_items(poolobj **to, poolobj *const *items, size_t count) {
    for (size_t i = 0; i < count; i++) to[i] = value_ref(items[i]);
}

poolobj *poolval_tuple_new(poolval_space *space, poolobj *const *items, size_t count) {
    if (count == 0) return space->empty_tuple;
    if (count > TUPLE_LENGTH_MAX)
        return (poolobj *)value_fail(space, POOLVAL_ERR_OVERFLOW, "no tuple has %u items", count,
                                     0);
    if (!value_require_items(space, items, count)) return NULL;
    struct value_tuple *tuple = tuple_new_unset(space, count);
    if (unlikely(tuple == NULL)) return NULL;
    fill_items(tuple->item, items, count);
    return value_made(space, tuple);
}

/* ---- Parts ---- */

ptrdiff_t poolval_tuple_length(poolval_space *space, const poolobj *tuple) {
    if (!value_require(space, tuple, POOLVAL_TUPLE, "a tuple")) return -1;
    return (ptrdiff_t)((const struct value_tuple *)tuple)->length;
}

static NOINLINE poolobj *tuple_get_slow(poolval_space *space, const poolobj *value,
                                        ptrdiff_t index) {
    if (!value_require(space, value, POOLVAL_TUPLE, "a tuple")) return NULL;
    const struct value_tuple *tuple = (const struct value_tuple *)value;
    if (!value_index(space, "tuple", tuple->length, &index)) return NULL;
    return value_ref(tuple->item[index]);
}

/* Makes no call where all is well, and so saves no register. */
poolobj *poolval_tuple_get(poolval_space *space, const poolobj *value, ptrdiff_t index) {
    const struct value_tuple *tuple = (const struct value_tuple *)value;
    if (unlikely(!value_passes(space, value, POOLVAL_TUPLE) || (size_t)index >= tuple->length))
        return tuple_get_slow(space, value, index);
    poolobj *item = tuple->item[index];
    return likely(value_try_ref(item)) ? item : tuple_get_slow(space, value, index);
}

poolobj *poolval_tuple_slice(poolval_space *space, poolobj *value, ptrdiff_t start,
                             ptrdiff_t stop) {
    if (!value_require(space, value, POOLVAL_TUPLE, "a tuple")) return NULL;
    struct value_tuple *tuple = (struct value_tuple *)value;
    value_slice(tuple->length, &start, &stop);
    size_t count = (size_t)(stop - start);
    if (count == tuple->length) return value_ref(value);
    return poolval_tuple_new(space, tuple->item + start, count);
}

poolobj *poolval_tuple_concat(poolval_space *space, poolobj *a, poolobj *b) {
    if (!value_require(space, a, POOLVAL_TUPLE, "a tuple") ||
        !value_require(space, b, POOLVAL_TUPLE, "a tuple"))
        return NULL;
    struct value_tuple *x = (struct value_tuple *)a, *y = (struct value_tuple *)b;
    if (!value_admits(space, x->item, x->length) || !value_admits(space, y->item, y->length))
        return NULL;
    if (x->length == 0) return value_ref(b);
    if (y->length == 0) return value_ref(a);
    struct value_tuple *tuple = tuple_new_unset(space, x->length + y->length);
    if (tuple == NULL) return NULL;
    fill_items(tuple->item, x->item, x->length);
    fill_items(tuple->item + x->length, y->item, y->length);
    return value_made(space, tuple);
}

/* ---- Of lists, too ---- */

poolobj *const *tuple_items_of(const poolval_space *space, const poolobj *sequence, size_t *count) {
    static poolobj *const nothing[1];
    if (value_is(space, sequence, POOLVAL_TUPLE)) {
        *count = ((const struct value_tuple *)sequence)->length;
        return ((const struct value_tuple *)sequence)->item;
    }
    if (!value_is(space, sequence, POOLVAL_LIST)) return NULL;
    const struct value_list *list = (const struct value_list *)sequence;
    *count = list->length;
    return list->item != NULL ? list->item : nothing;
}

static COLD poolobj *const *items_slow(poolval_space *space, const poolobj *sequence,
                                       size_t *count) {
    if (!value_require_own(space, sequence)) return NULL;
    poolobj *const *items = tuple_items_of(space, sequence, count);
    if (items == NULL) value_fail_type(space, "a list or tuple", sequence);
    return items;
}

poolobj *const *poolval_items(poolval_space *space, const poolobj *sequence, size_t *count) {
    if (likely(value_passes(space, sequence, POOLVAL_LIST) ||
               value_passes(space, sequence, POOLVAL_TUPLE)))
        return tuple_items_of(space, sequence, count);
    return items_slow(space, sequence, count);
}
