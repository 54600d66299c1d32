/* SPDX-License-Identifier: MIT */
/*
 * iterator.h - iterators: a place in a container, and a reference to it until the end is reached. A
 * list or byte array may change meanwhile: the place is an index. Of dictionaries and sets keys may
 * not come or go: their version says so.
 */
#ifndef POOLALLOC_VALUE_ITERATOR_H
#define POOLALLOC_VALUE_ITERATOR_H

#include "value/value.h"

struct value_iterator {
    poolobj base;
    poolobj *over; /* NULL: at the end */
    poolval_place place;
    int part; /* POOLVAL_KEYS, _VALUES or _ITEMS */
};

#ifdef __cplusplus
extern "C" {
#endif

extern const size_t iterator_refs[];

/* What kind.h describes; of lists and tuples the last. */
poolobj *iterator_at_str(poolval_space *space, const poolobj *over, size_t index, size_t *length);
poolobj *iterator_at_range(poolval_space *space, const poolobj *over, size_t index, size_t *length);
poolobj *iterator_at_bytes(poolval_space *space, const poolobj *over, size_t index, size_t *length);
poolobj *iterator_at_items(poolval_space *space, const poolobj *over, size_t index, size_t *length);

#ifdef __cplusplus
}
#endif

#endif
