/* SPDX-License-Identifier: MIT */
#include "value/number.h"

/* ---- Making ---- */

static poolobj *new_int(poolval_space *space, int64_t number) {
    struct value_int *value =
        (struct value_int *)value_new(space, POOLVAL_INT, sizeof(struct value_int));
    if (unlikely(value == NULL)) return NULL;
    value->number = number;
    return &value->base;
}

bool number_make_small(poolval_space *space, int64_t min, int64_t max) {
    if (min > max) return true;
    uint64_t count = (uint64_t)max - (uint64_t)min + 1;
    space->small_int = (poolobj **)value_allocate(space, count * sizeof space->small_int[0]);
    if (space->small_int == NULL) return false;
    for (uint64_t i = 0; i < count; i++) {
        poolobj *value = new_int(space, min + (int64_t)i);
        if (value == NULL) return false;
        poolobj_immortal(value);
        space->small_int[i] = value;
    }
    space->small_min = min;
    space->small_count = count;
    return true;
}

poolobj *number_new_int(poolval_space *space, int64_t number) {
    uint64_t index = (uint64_t)number - (uint64_t)space->small_min;
    if (index < space->small_count) return space->small_int[index];
    return new_int(space, number);
}

poolobj *poolval_int_new(poolval_space *space, int64_t number) {
    return number_new_int(space, number);
}

poolobj *poolval_float_new(poolval_space *space, double number) {
    struct value_float *value =
        (struct value_float *)value_new(space, POOLVAL_FLOAT, sizeof(struct value_float));
    if (unlikely(value == NULL)) return NULL;
    value->number = number;
    return &value->base;
}

static COLD int int_get_slow(poolval_space *space, const poolobj *value, int64_t *number) {
    if (!value_require_own(space, value)) return -1;
    if (number_int_of(space, value, number)) return 0;
    if (value_is(space, value, POOLVAL_LARGE_INT))
        return value_fail_int(space, POOLVAL_ERR_OVERFLOW, "an int beyond 64 bits", 0, 0);
    value_fail_type(space, "an int", value);
    return -1;
}

int poolval_int_get(poolval_space *space, const poolobj *value, int64_t *number) {
    return likely(number_passes(space, value, number)) ? 0 : int_get_slow(space, value, number);
}

int poolval_float_get(poolval_space *space, const poolobj *value, double *number) {
    if (!value_require(space, value, POOLVAL_FLOAT, "a float")) return -1;
    *number = ((const struct value_float *)value)->number;
    return 0;
}

poolobj *poolval_bool(const poolval_space *space, int truth) { return space->boolean[truth != 0]; }
