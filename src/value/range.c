/* SPDX-License-Identifier: MIT */
#include "value/range.h"

/* ---- Ranges ---- */

/* How many steps from start lie before stop. */
static uint64_t steps_between(int64_t start, int64_t stop, int64_t step) {
    if (step > 0 ? start >= stop : start <= stop) return 0;
    uint64_t span = step > 0 ? (uint64_t)stop - (uint64_t)start : (uint64_t)start - (uint64_t)stop;
    uint64_t width = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    return (span - 1) / width + 1;
}

poolobj *poolval_range_new(poolval_space *space, int64_t start, int64_t stop, int64_t step) {
    if (step == 0)
        return (poolobj *)value_fail(space, POOLVAL_ERR_VALUE, "a range with a step of 0", 0, 0);
    uint64_t length = steps_between(start, stop, step);
    if (length > PTRDIFF_MAX)
        return (poolobj *)value_fail(space, POOLVAL_ERR_OVERFLOW, "no range has %u integers",
                                     length, 0);
    struct value_range *range =
        (struct value_range *)value_new(space, POOLVAL_RANGE, sizeof(struct value_range));
    if (range == NULL) return NULL;
    range->start = start;
    range->stop = stop;
    range->step = step;
    range->length = length;
    return &range->base;
}

bool range_equal(const struct value_range *a, const struct value_range *b) {
    if (a->length != b->length) return false;
    if (a->length == 0) return true;
    return a->start == b->start && (a->length == 1 || a->step == b->step);
}

uint64_t range_hash(const poolval_space *space, const struct value_range *range) {
    uint64_t hash = hash_mix(&space->key, 5, range->length);
    if (range->length > 0) hash = hash_mix(&space->key, hash, (uint64_t)range->start);
    return range->length > 1 ? hash_mix(&space->key, hash, (uint64_t)range->step) : hash;
}

bool range_has(const struct value_range *range, int64_t number) {
    bool up = range->step > 0;
    if (range->length == 0 || (up ? number < range->start : number > range->start)) return false;
    uint64_t from =
        up ? (uint64_t)number - (uint64_t)range->start : (uint64_t)range->start - (uint64_t)number;
    uint64_t width = up ? (uint64_t)range->step : 0 - (uint64_t)range->step;
    return from % width == 0 && from / width < range->length;
}

int poolval_range_get(poolval_space *space, const poolobj *value, int64_t *start, int64_t *stop,
                      int64_t *step) {
    if (!value_require(space, value, POOLVAL_RANGE, "a range")) return -1;
    const struct value_range *range = (const struct value_range *)value;
    *start = range->start;
    *stop = range->stop;
    *step = range->step;
    return 0;
}

/* ---- Slices ---- */

poolobj *poolval_slice_new(poolval_space *space, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t step) {
    if (step == 0)
        return (poolobj *)value_fail(space, POOLVAL_ERR_VALUE, "a slice with a step of 0", 0, 0);
    struct value_slice *slice =
        (struct value_slice *)value_new(space, POOLVAL_SLICE, sizeof(struct value_slice));
    if (slice == NULL) return NULL;
    slice->start = start;
    slice->stop = stop;
    slice->step = step;
    return &slice->base;
}

/* An end of a slice in a sequence, from -1 where steps go down, to the length where they go up. */
static ptrdiff_t end_of(ptrdiff_t given, ptrdiff_t otherwise, ptrdiff_t length, bool down) {
    if (given == POOLVAL_OMITTED) return otherwise;
    if (given < 0) given += length;
    if (given < 0) return down ? -1 : 0;
    return given < length ? given : down ? length - 1 : length;
}

struct cut range_cut_slice(const struct value_slice *slice, size_t length) {
    ptrdiff_t all = (ptrdiff_t)length;
    struct cut cut;
    cut.step = slice->step == POOLVAL_OMITTED ? 1 : slice->step;
    bool down = cut.step < 0;
    cut.start = end_of(slice->start, down ? all - 1 : 0, all, down);
    cut.stop = end_of(slice->stop, down ? -1 : all, all, down);
    cut.count = steps_between(cut.start, cut.stop, cut.step);
    return cut;
}

ptrdiff_t poolval_slice_get(poolval_space *space, const poolobj *value, size_t length,
                            ptrdiff_t *start, ptrdiff_t *step) {
    if (!value_require(space, value, POOLVAL_SLICE, "a slice")) return -1;
    if (length > PTRDIFF_MAX)
        return value_fail_int(space, POOLVAL_ERR_OVERFLOW, "no sequence has %u items", length, 0);
    struct cut cut = range_cut_slice((const struct value_slice *)value, length);
    *start = cut.start;
    *step = cut.step;
    return (ptrdiff_t)cut.count;
}
