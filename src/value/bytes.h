/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - bytes, immutable and inline, and byte arrays, in a table that grows.
 *
 * Invariants: bytes end with a zero that their length does not count; of a byte array
 *   A1 length <= room, data is NULL if and only if room is 0
 */
#ifndef POOLALLOC_VALUE_BYTES_H
#define POOLALLOC_VALUE_BYTES_H

#include "value/value.h"

struct value_bytes {
    poolobj base;
    size_t length;
    uint8_t data[];
};

struct value_bytearray {
    poolobj base;
    size_t length, room;
    uint8_t *data;
};

/* The bytes of either kind. */
struct bytes {
    const uint8_t *data;
    size_t length;
};

#ifdef __cplusplus
extern "C" {
#endif

static inline bool bytes_is(const poolval_space *space, const poolobj *value) {
    unsigned type = value_type(space, value);
    return type == POOLVAL_BYTES || type == POOLVAL_BYTEARRAY;
}
/* The bytes of a value that is a bytes or a bytearray. */
struct bytes bytes_of(const poolval_space *space, const poolobj *value);
/* -1, 0, 1. */
int bytes_compare(struct bytes a, struct bytes b);
static inline bool bytes_equal(struct bytes a, struct bytes b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}
void bytes_drop(poolobj *bytearray);
void bytes_check(const struct value_bytearray *array);

#ifdef __cplusplus
}
#endif

#endif
