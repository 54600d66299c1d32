/* SPDX-License-Identifier: MIT */
#include "value/order.h"

#include "value/bytes.h"
#include "value/key.h"
#include "value/memo.h"
#include "value/own.h"
#include "value/set.h"

/* What programs compare most, without the memo that other values need: two integers of 64 bits,
   other numbers, two strings. */
ALWAYS_INLINE bool both_small(const poolval_space *space, const poolobj *a, const poolobj *b) {
    return value_passes(space, a, POOLVAL_INT) && value_passes(space, b, POOLVAL_INT);
}
static_assert(POOLVAL_LARGE_INT - POOLVAL_BOOL == 3,
              "bool, int, float and large int, nothing else");
ALWAYS_INLINE bool is_number(const poolval_space *space, const poolobj *value) {
    return value_type(space, value) - POOLVAL_BOOL <= POOLVAL_LARGE_INT - POOLVAL_BOOL;
}
ALWAYS_INLINE bool both_numbers(const poolval_space *space, const poolobj *a, const poolobj *b) {
    return is_number(space, a) && is_number(space, b);
}
ALWAYS_INLINE bool both_strs(const poolval_space *space, const poolobj *a, const poolobj *b) {
    return value_passes(space, a, POOLVAL_STR) && value_passes(space, b, POOLVAL_STR);
}
ALWAYS_INLINE int64_t small(const poolobj *value) {
    return ((const struct value_int *)value)->number;
}

/* ---- Equal ---- */

static int equal_items(struct memo *memo, poolobj *a, poolobj *b, size_t depth);

/* Compares two items, and holds both meanwhile where hooks may drop them. */
static int equal_held(struct memo *memo, poolobj *a, poolobj *b, size_t depth) {
    if (likely(!memo->holds)) return equal_items(memo, a, b, depth);
    value_ref(a), value_ref(b);
    int equal = equal_items(memo, a, b, depth);
    value_unref(a), value_unref(b);
    return equal;
}

static int equal_items_of(struct memo *memo, const poolobj *a, const poolobj *b, size_t depth) {
    size_t count, other;
    poolobj *const *x = tuple_items_of(memo->space, a, &count);
    poolobj *const *y = tuple_items_of(memo->space, b, &other);
    if (count != other) return 0;
    if (!memo_visit(memo, count)) return -1;
    for (size_t i = 0; i < count && count == other; i++) {
        int equal = equal_held(memo, x[i], y[i], depth);
        if (equal != 1) return equal;
        if (unlikely(memo->holds)) { /* hooks may have changed the lists */
            x = tuple_items_of(memo->space, a, &count);
            y = tuple_items_of(memo->space, b, &other);
        }
    }
    return count == other;
}

/* Whether `b` has an equal value for the key, 1, 0, -1; `entry` may be gone afterwards. */
static int equal_entry(struct memo *memo, poolobj *const *entry, const struct value_dict *b,
                       size_t depth) {
    uint64_t hash;
    poolval_space *space = memo->space;
    poolobj *key = entry[0], *value = entry[1];
    if (!key_hash(space, key, &hash)) return -1;
    poolobj **found = dict_find(space, b, key, hash);
    if (found == NULL) return dict_find_failed(space) ? -1 : 0;
    return equal_held(memo, value, found[1], depth);
}
static int equal_entry_held(struct memo *memo, poolobj *const *entry, const struct value_dict *b,
                            size_t depth) {
    poolobj *held[] = {value_ref(entry[0]), value_ref(entry[1])};
    int equal = equal_entry(memo, held, b, depth);
    value_unref_all(held, 2);
    return equal;
}

static int equal_entries(struct memo *memo, const struct value_dict *a, const struct value_dict *b,
                         size_t depth) {
    size_t index = 0;
    if (a->length != b->length) return 0;
    if (!memo_visit(memo, a->length)) return -1;
    for (poolobj **entry; (entry = dict_step(a, &index)) != NULL;) {
        int equal = memo->holds ? equal_entry_held(memo, entry, b, depth)
                                : equal_entry(memo, entry, b, depth);
        if (equal != 1) return equal;
    }
    return 1;
}

int order_equal_dicts(struct memo *memo, poolobj *a, poolobj *b, size_t depth) {
    uint64_t known;
    if (memo_find(memo, a, b, &known)) return 1;
    if (depth == 0) return key_fail_depth(memo->space) ? 1 : -1;
    int equal =
        equal_entries(memo, (const struct value_dict *)a, (const struct value_dict *)b, depth - 1);
    if (equal == 1) memo_add(memo, a, b, 1);
    return equal;
}

int order_equal_sequences(struct memo *memo, poolobj *a, poolobj *b, size_t depth) {
    uint64_t known;
    if (value_type(memo->space, a) != value_type(memo->space, b)) return 0;
    if (memo_find(memo, a, b, &known)) return 1;
    if (depth == 0) return key_fail_depth(memo->space) ? 1 : -1;
    int equal = equal_items_of(memo, a, b, depth - 1);
    if (equal == 1) memo_add(memo, a, b, 1);
    return equal;
}

static int equal_items(struct memo *memo, poolobj *a, poolobj *b, size_t depth) {
    poolval_space *space = memo->space;
    if (a == b) return 1;
    if (own_any(space) && (own_find(space, a) != NULL || own_find(space, b) != NULL))
        return memo_equal_own(memo, a, b, depth);
    const struct kind *kind = value_kind(space, a);
    if (kind->equal_parts == NULL) return key_equal_kinds(memo, kind, a, b);
    if (kind->equal_parts != value_kind(space, b)->equal_parts) return 0;
    return kind->equal_parts(memo, a, b, depth);
}

static NOINLINE int equal_by_memo(poolval_space *space, poolobj *a, poolobj *b, size_t depth) {
    struct memo fresh, *memo = memo_join(&fresh, space);
    int equal = equal_items(memo, a, b, depth);
    memo_part(memo, &fresh);
    return equal;
}

int order_equal(poolval_space *space, poolobj *a, poolobj *b, size_t depth) {
    if (both_small(space, a, b)) return small(a) == small(b);
    if (both_numbers(space, a, b)) return a == b || number_compare(space, a, b) == NUMBER_EQUAL;
    return equal_by_memo(space, a, b, depth);
}

int order_equal_held(poolval_space *space, poolobj *a, poolobj *b) {
    struct memo fresh, *memo = memo_join(&fresh, space);
    int equal = equal_held(memo, a, b, space->depth_max);
    memo_part(memo, &fresh);
    return equal;
}

static bool check_both(poolval_space *space, const poolobj *a, const poolobj *b) {
    return value_check(space, a, "value") && value_check(space, b, "value");
}

ALWAYS_INLINE int equal_any(poolval_space *space, poolobj *a, poolobj *b) {
    if (!value_require_any(space, a, "value") || !value_require_any(space, b, "value")) return -1;
    if (a == b && value_is(space, a, POOLVAL_FLOAT))
        return number_compare(space, a, b) == NUMBER_EQUAL; /* nan is not */
    return order_equal(space, a, b, space->depth_max);
}
static COLD int equal_checked(poolval_space *space, poolobj *a, poolobj *b) {
    return check_both(space, a, b) ? equal_any(space, a, b) : -1;
}
int poolval_equal(poolval_space *space, poolobj *a, poolobj *b) {
    if (both_small(space, a, b)) return small(a) == small(b);
    return likely(!space->checked) ? equal_any(space, a, b) : equal_checked(space, a, b);
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

static NOINLINE bool compare_numbers(poolval_space *space, const poolobj *a, const poolobj *b,
                                     int *order) {
    enum number_order found = number_compare(space, a, b);
    *order = (int)found;
    if (likely(found != NUMBER_UNORDERED)) return true;
    value_fail(space, POOLVAL_ERR_VALUE, "nan has no order", 0, 0);
    return false;
}

bool order_numbers(struct memo *memo, poolobj *a, poolobj *b, size_t depth, int *order) {
    (void)depth;
    return compare_numbers(memo->space, a, b, order);
}

bool order_strs(struct memo *memo, poolobj *a, poolobj *b, size_t depth, int *order) {
    (void)memo, (void)depth;
    *order = str_compare((const struct value_str *)a, (const struct value_str *)b);
    return true;
}

bool order_bytes(struct memo *memo, poolobj *a, poolobj *b, size_t depth, int *order) {
    (void)depth;
    *order = bytes_compare(bytes_of(memo->space, a), bytes_of(memo->space, b));
    return true;
}

static bool compare_items(struct memo *memo, poolobj *a, poolobj *b, size_t depth, int *order);

/* By the first items that differ; where there are none, the shorter is first. */
static bool compare_sequences(struct memo *memo, const poolobj *a, const poolobj *b, size_t depth,
                              int *order) {
    size_t count, other;
    poolobj *const *x = tuple_items_of(memo->space, a, &count);
    poolobj *const *y = tuple_items_of(memo->space, b, &other);
    for (size_t i = 0; i < size_min(count, other); i++) {
        poolobj *p = x[i], *q = y[i];
        if (unlikely(memo->holds)) value_ref(p), value_ref(q);
        int equal = equal_items(memo, p, q, depth);
        bool good = equal > 0 || (equal == 0 && compare_items(memo, p, q, depth, order));
        if (unlikely(memo->holds)) {
            value_unref(p), value_unref(q);
            x = tuple_items_of(memo->space, a, &count);
            y = tuple_items_of(memo->space, b, &other);
        }
        if (equal != 1) return good;
    }
    *order = (count > other) - (count < other);
    return true;
}

static bool compare_own(poolval_space *space, poolobj *a, poolobj *b, size_t depth, int *order) {
    int result = own_compare(space, a, b, depth, order);
    return result == 1 || (result == 0 && fail_order(space, a, b));
}

bool order_sequences(struct memo *memo, poolobj *a, poolobj *b, size_t depth, int *order) {
    poolval_space *space = memo->space;
    if (value_type(space, a) != value_type(space, b)) return fail_order(space, a, b);
    if (depth == 0) return key_fail_depth(space);
    return compare_sequences(memo, a, b, depth - 1, order);
}

static bool compare_items(struct memo *memo, poolobj *a, poolobj *b, size_t depth, int *order) {
    poolval_space *space = memo->space;
    if (own_any(space) && (own_find(space, a) != NULL || own_find(space, b) != NULL))
        return compare_own(space, a, b, depth, order);
    const struct kind *kind = value_kind(space, a);
    if (kind->order == NULL || kind->order != value_kind(space, b)->order)
        return fail_order(space, a, b);
    return kind->order(memo, a, b, depth, order);
}

static NOINLINE bool compare_by_memo(poolval_space *space, poolobj *a, poolobj *b, size_t depth,
                                     int *order) {
    struct memo memo;
    memo_begin(&memo, space);
    bool good = compare_items(&memo, a, b, depth, order);
    memo_end(&memo);
    return good;
}

bool order_compare(poolval_space *space, poolobj *a, poolobj *b, size_t depth, int *order) {
    if (both_small(space, a, b)) {
        *order = (small(a) > small(b)) - (small(a) < small(b));
        return true;
    }
    if (both_strs(space, a, b)) {
        *order = str_compare((const struct value_str *)a, (const struct value_str *)b);
        return true;
    }
    if (both_numbers(space, a, b)) return compare_numbers(space, a, b, order);
    return compare_by_memo(space, a, b, depth, order);
}

ALWAYS_INLINE int compare_any(poolval_space *space, poolobj *a, poolobj *b, int *order) {
    if (!value_require_any(space, a, "value") || !value_require_any(space, b, "value")) return -1;
    return order_compare(space, a, b, space->depth_max, order) ? 0 : -1;
}
static COLD int compare_checked(poolval_space *space, poolobj *a, poolobj *b, int *order) {
    return check_both(space, a, b) ? compare_any(space, a, b, order) : -1;
}
int poolval_compare(poolval_space *space, poolobj *a, poolobj *b, int *order) {
    if (both_small(space, a, b)) {
        *order = (small(a) > small(b)) - (small(a) < small(b));
        return 0;
    }
    if (unlikely(space->checked)) return compare_checked(space, a, b, order);
    return compare_any(space, a, b, order);
}
