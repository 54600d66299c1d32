/* SPDX-License-Identifier: MIT */
#include "value/order.h"

#include "value/dict.h"
#include "value/key.h"

/* ---- Equal ---- */

static int equal_sequences(poolval_space *space, const poolobj *a, const poolobj *b, size_t depth) {
    size_t count, other;
    poolobj *const *x = sequence_items(space, a, &count), *const *y =
                                                              sequence_items(space, b, &other);
    if (count != other) return 0;
    for (size_t i = 0; i < count; i++) {
        int equal = order_equal(space, x[i], y[i], depth);
        if (equal != 1) return equal;
    }
    return 1;
}

static int equal_dicts(poolval_space *space, const struct value_dict *a, const struct value_dict *b,
                       size_t depth) {
    size_t index = 0;
    uint64_t hash;
    if (a->length != b->length) return 0;
    for (poolobj **entry; (entry = dict_step(a, &index)) != NULL;) {
        if (!key_hash(space, entry[0], &hash)) return -1;
        poolobj **found = dict_find(space, b, entry[0], hash);
        int equal = found != NULL ? order_equal(space, entry[1], found[1], depth) : 0;
        if (equal != 1) return equal;
    }
    return 1;
}

int order_equal(poolval_space *space, poolobj *a, poolobj *b, size_t depth) {
    if (a == b) return 1;
    unsigned type = value_type(space, a), other = value_type(space, b);
    if (type < POOLVAL_TUPLE || other != type) return key_equal(space, a, b);
    if (depth == 0) return key_fail_depth(space) ? 1 : -1;
    if (type != POOLVAL_DICT) return equal_sequences(space, a, b, depth - 1);
    return equal_dicts(space, (const struct value_dict *)a, (const struct value_dict *)b,
                       depth - 1);
}

int poolval_equal(poolval_space *space, poolobj *a, poolobj *b) {
    if (!value_require_any(space, a, "value") || !value_require_any(space, b, "value")) return -1;
    if (a == b && value_is(space, a, POOLVAL_FLOAT))
        return number_compare(space, a, b) == NUMBER_EQUAL; /* nan is not */
    return order_equal(space, a, b, space->depth_max);
}

int poolval_hash(poolval_space *space, poolobj *value, uint64_t *hash) {
    return key_hash(space, value, hash) ? 0 : -1;
}

/* ---- Order ---- */

static bool fail_order(poolval_space *space, const poolobj *a, const poolobj *b) {
    value_fail(space, POOLVAL_ERR_TYPE, "%s and %s have no order", value_fail_name(space, 0, a),
               value_fail_name(space, 1, b));
    return false;
}

static bool compare_numbers(poolval_space *space, const poolobj *a, const poolobj *b, int *order) {
    enum number_order found = number_compare(space, a, b);
    *order = (int)found;
    if (likely(found != NUMBER_UNORDERED)) return true;
    value_fail(space, POOLVAL_ERR_VALUE, "nan has no order", 0, 0);
    return false;
}

/* By the first items that differ; where there are none, the shorter is first. */
static bool compare_sequences(poolval_space *space, const poolobj *a, const poolobj *b,
                              size_t depth, int *order) {
    size_t count, other;
    poolobj *const *x = sequence_items(space, a, &count), *const *y =
                                                              sequence_items(space, b, &other);
    for (size_t i = 0; i < size_min(count, other); i++) {
        int equal = order_equal(space, x[i], y[i], depth);
        if (equal < 0) return false;
        if (equal == 0) return order_compare(space, x[i], y[i], depth, order);
    }
    *order = (count > other) - (count < other);
    return true;
}

bool order_compare(poolval_space *space, poolobj *a, poolobj *b, size_t depth, int *order) {
    unsigned type = value_type(space, a);
    if (number_is(space, a) && number_is(space, b)) return compare_numbers(space, a, b, order);
    if (value_type(space, b) != type) return fail_order(space, a, b);
    if (type == POOLVAL_STR) {
        *order = str_compare((const struct value_str *)a, (const struct value_str *)b);
        return true;
    }
    if (type != POOLVAL_TUPLE && type != POOLVAL_LIST) return fail_order(space, a, b);
    if (depth == 0) return key_fail_depth(space);
    return compare_sequences(space, a, b, depth - 1, order);
}

int poolval_compare(poolval_space *space, poolobj *a, poolobj *b, int *order) {
    if (!value_require_any(space, a, "value") || !value_require_any(space, b, "value")) return -1;
    return order_compare(space, a, b, space->depth_max, order) ? 0 : -1;
}
