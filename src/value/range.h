/* SPDX-License-Identifier: MIT */
/* range.h - ranges of integers, and slices: what is cut out of a sequence. Both are immutable. */
#ifndef POOLALLOC_VALUE_RANGE_H
#define POOLALLOC_VALUE_RANGE_H

#include "value/number.h"

struct value_range {
    poolobj base;
    int64_t start, stop, step;
    size_t length;
};

/* Members may be POOLVAL_OMITTED. */
struct value_slice {
    poolobj base;
    ptrdiff_t start, stop, step;
};

/* What a slice is of a sequence: so many indices from a first one on. */
struct cut {
    ptrdiff_t start, stop, step;
    size_t count;
};

#ifdef __cplusplus
extern "C" {
#endif

struct cut range_cut_slice(const struct value_slice *slice, size_t length);
static inline size_t range_cut_at(const struct cut *cut, size_t i) {
    return (size_t)(cut->start + (ptrdiff_t)i * cut->step);
}

/* The integer at an index below the length. */
static inline int64_t range_at(const struct value_range *range, size_t index) {
    return (int64_t)((uint64_t)range->start + (uint64_t)range->step * (uint64_t)index);
}
/* Whether two ranges have the same integers in the same order. */
bool range_equal(const struct value_range *a, const struct value_range *b);
uint64_t range_hash(const poolval_space *space, const struct value_range *range);
bool range_has(const struct value_range *range, int64_t number);
static inline bool range_equal_slices(const struct value_slice *a, const struct value_slice *b) {
    return a->start == b->start && a->stop == b->stop && a->step == b->step;
}

#ifdef __cplusplus
}
#endif

#endif
