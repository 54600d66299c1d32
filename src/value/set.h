/* SPDX-License-Identifier: MIT */
/*
 * set.h - sets and frozen sets: dictionaries inside, whose values are none, in the order of
 * insertion. A frozen set keeps its hash, which is made with it, where a dictionary counts its
 * changes.
 */
#ifndef POOLALLOC_VALUE_SET_H
#define POOLALLOC_VALUE_SET_H

#include "value/dict.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline bool set_is(const poolval_space *space, const poolobj *value) {
    unsigned type = value_type(space, value);
    return type == POOLVAL_SET || type == POOLVAL_FROZENSET;
}
/* The items of a frozen set are all there: it gets its hash. */
void set_freeze(poolval_space *space, struct value_dict *set);
/* Whether two sets of either kind have the same items: 1, 0, or -1 with the failure noted. */
int set_equal(const poolval_space *space, const poolobj *a, const poolobj *b);

#ifdef __cplusplus
}
#endif

#endif
