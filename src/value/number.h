/* SPDX-License-Identifier: MIT */
/*
 * number.h - integers, floats and booleans: making them, and comparing them exactly.
 */
#ifndef POOLALLOC_VALUE_NUMBER_H
#define POOLALLOC_VALUE_NUMBER_H

#include "value/value.h"

/* How two numbers stand to each other. */
enum number_order { NUMBER_LESS = -1, NUMBER_EQUAL, NUMBER_GREATER, NUMBER_UNORDERED };

#ifdef __cplusplus
extern "C" {
#endif

/* Makes the shared integers; false: no memory. */
bool number_make_small(poolval_space *space, int64_t min, int64_t max);

poolobj *number_new_int(poolval_space *space, int64_t number);

static inline bool number_is(const poolval_space *space, const poolobj *value) {
    unsigned type = value_type(space, value);
    return type >= POOLVAL_BOOL && type <= POOLVAL_LARGE_INT;
}
/* True, and the number of an int or bool; false for all else. */
static inline bool number_int_of(const poolval_space *space, const poolobj *value,
                                 int64_t *number) {
    if (value_is(space, value, POOLVAL_INT) || value_is(space, value, POOLVAL_BOOL)) {
        *number = ((const struct value_int *)value)->number;
        return true;
    }
    return false;
}

/* Whether a value that the program gave is an integer of 64 bits, which is *number then; false in
   any case where the heap is checked. */
static inline bool number_passes(const poolval_space *space, const poolobj *value,
                                 int64_t *number) {
    if (value_passes(space, value, POOLVAL_INT) || value_passes(space, value, POOLVAL_BOOL)) {
        *number = ((const struct value_int *)value)->number;
        return true;
    }
    return false;
}

/* Both are for values that are numbers. */
enum number_order number_compare(const poolval_space *space, const poolobj *a, const poolobj *b);
uint64_t number_hash(const poolval_space *space, const poolobj *value);

#ifdef __cplusplus
}
#endif

#endif
