/* SPDX-License-Identifier: MIT */
/*
 * tuple.h - tuples: their items follow the length. The empty one is shared.
 */
#ifndef POOLALLOC_VALUE_TUPLE_H
#define POOLALLOC_VALUE_TUPLE_H

#include "value/value.h"

/* Items that no memory has room for, of lists too: what a program hands in as a count is compared
   with it before an item is read. */
static const size_t TUPLE_LENGTH_MAX = (size_t)1 << 44;

#ifdef __cplusplus
extern "C" {
#endif

/* A tuple of `length` items, which are still NULL: nobody else may see it before they are set. Of
   length 0 only the shared one is made. NULL: no memory. */
struct value_tuple *tuple_new_empty(poolval_space *space, size_t length);
/* A tuple whose items are not known yet: who asks for it sets all of them at once. NULL: no memory.
 */
ALWAYS_INLINE struct value_tuple *tuple_new_unset(poolval_space *space, size_t length) {
    struct value_tuple *tuple =
        (struct value_tuple *)value_new_items_of(space, POOLVAL_TUPLE, length, false);
    if (likely(tuple != NULL)) tuple->length = length;
    return tuple;
}
bool tuple_make_shared(poolval_space *space);

/* Items of a list or tuple; NULL: it is neither, and nothing is noted. An array without items has
   an address too. */
poolobj *const *tuple_items_of(const poolval_space *space, const poolobj *sequence, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
