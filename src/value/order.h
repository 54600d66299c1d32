/* SPDX-License-Identifier: MIT */
/*
 * order.h - which values are equal and which comes first, as in Python. No code of the program runs
 * here, but hooks of own types. `depth` is how many levels of containers may still be entered.
 */
#ifndef POOLALLOC_VALUE_ORDER_H
#define POOLALLOC_VALUE_ORDER_H

#include "value/value.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether two items of containers are equal: 1, 0, or -1 with the failure noted. An object is equal
   to itself, without a question. */
int order_equal(poolval_space *space, poolobj *a, poolobj *b, size_t depth);
/* Does what order_equal does, with all the levels there are, and holds both items meanwhile where
   hooks may drop them. */
int order_equal_held(poolval_space *space, poolobj *a, poolobj *b);
/* Sets *order to -1, 0 or 1. False: the failure is noted. */
bool order_compare(poolval_space *space, poolobj *a, poolobj *b, size_t depth, int *order);

/* What kind.h describes. */
int order_equal_sequences(struct memo *memo, poolobj *a, poolobj *b, size_t depth);
int order_equal_dicts(struct memo *memo, poolobj *a, poolobj *b, size_t depth);
bool order_numbers(struct memo *memo, poolobj *a, poolobj *b, size_t depth, int *order);
bool order_strs(struct memo *memo, poolobj *a, poolobj *b, size_t depth, int *order);
bool order_bytes(struct memo *memo, poolobj *a, poolobj *b, size_t depth, int *order);
bool order_sequences(struct memo *memo, poolobj *a, poolobj *b, size_t depth, int *order);

#ifdef __cplusplus
}
#endif

#endif
