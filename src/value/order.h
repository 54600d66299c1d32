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

/* Of items of containers: what is the same object is equal. 1, 0, or -1 with the failure noted. */
int order_equal(poolval_space *space, poolobj *a, poolobj *b, size_t depth);
/* The same, with both held meanwhile where hooks may drop them, and all the levels there are. */
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
