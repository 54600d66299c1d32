/* SPDX-License-Identifier: MIT */
#include "value/key.h"

#include "value/bytes.h"
#include "value/memo.h"
#include "value/own.h"
#include "value/range.h"

bool key_fail_depth(poolval_space *space) { return value_fail_depth(space); }

/* ---- Hashes ---- */

static bool hash_value(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash);

static bool hash_tuple(struct memo *memo, const struct value_tuple *tuple, size_t depth,
                       uint64_t *hash) {
    const struct hash_key *key = &memo->space->key;
    uint64_t all = hash_mix(key, 0, tuple->length), item;
    if (memo_find(memo, &tuple->base, NULL, hash)) return true;
    if (depth == 0) return key_fail_depth(memo->space);
    if (!memo_visit(memo, tuple->length)) return false;
    for (size_t i = 0; i < tuple->length; i++) {
        if (!hash_value(memo, tuple->item[i], depth - 1, &item)) return false;
        all = hash_mix(key, all, item);
    }
    memo_add(memo, &tuple->base, NULL, all);
    *hash = all;
    return true;
}

static bool hash_value(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash) {
    poolval_space *space = memo->space;
    switch (value_type(space, value)) {
    case POOLVAL_BOOL:
    case POOLVAL_INT:
    case POOLVAL_LARGE_INT:
    case POOLVAL_FLOAT:
        *hash = number_hash(space, value);
        return true;
    case POOLVAL_STR:
        *hash = str_hash(space, (struct value_str *)value);
        return true;
    case POOLVAL_TUPLE:
        return hash_tuple(memo, (const struct value_tuple *)value, depth, hash);
    case POOLVAL_BYTES:
        *hash = hash_bytes(&space->key, bytes_of(space, value).data, bytes_of(space, value).length);
        *hash = hash_mix(&space->key, 8, *hash); /* not that of a string of these */
        return true;
    case POOLVAL_RANGE:
        *hash = range_hash(space, (const struct value_range *)value);
        return true;
    case POOLVAL_FROZENSET:
        *hash = value_dict_version((const struct value_dict *)value);
        return true;
    case POOLVAL_BYTEARRAY:
    case POOLVAL_SLICE:
    case POOLVAL_LIST:
    case POOLVAL_DICT:
    case POOLVAL_SET:
        value_fail(space, POOLVAL_ERR_TYPE, "a %s is no key: it has no hash%s",
                   value_fail_name(space, 0, value),
                   failure_text(value_is(space, value, POOLVAL_SLICE) ? "" : ", as it can change"));
        return false;
    default:
        if (!value_require_any(space, value, "key")) return false;
        if (own_of(space, value) != NULL) return own_hash(own_of(space, value), value, depth, hash);
        *hash = hash_address(&space->key, value);
        return true;
    }
}

bool key_make_hash(poolval_space *space, poolobj *value, size_t depth, uint64_t *hash) {
    struct memo memo;
    memo_begin(&memo, space);
    bool good = hash_value(&memo, value, depth, hash);
    memo_end(&memo);
    return good;
}

/* ---- Equality: 1, 0, -1 ---- */

static int equal_keys(struct memo *memo, const poolobj *a, const poolobj *b);

static int equal_tuples(struct memo *memo, const struct value_tuple *a,
                        const struct value_tuple *b) {
    uint64_t known;
    if (a->length != b->length) return false;
    if (memo_find(memo, &a->base, &b->base, &known)) return true;
    if (!memo_enter(memo)) return -1;
    memo->visited++;
    int equal = 1;
    for (size_t i = 0; i < a->length && equal == 1; i++)
        equal = equal_keys(memo, a->item[i], b->item[i]);
    memo_leave_level(memo);
    if (equal == 1) memo_add(memo, &a->base, &b->base, 1);
    return equal;
}

static int equal_keys(struct memo *memo, const poolobj *a, const poolobj *b) {
    const poolval_space *space = memo->space;
    if (a == b) return true;
    if (own_any(space) && (own_find(space, a) != NULL || own_find(space, b) != NULL))
        return memo_equal_own(memo, a, b, space->depth_max);
    if (number_is(space, a))
        return number_is(space, b) && number_compare(space, a, b) == NUMBER_EQUAL;
    if (bytes_is(space, a))
        return bytes_is(space, b) && bytes_equal(bytes_of(space, a), bytes_of(space, b));
    unsigned type = value_type(space, a);
    if (value_type(space, b) != type) return false;
    switch (type) {
    case POOLVAL_STR:
        return str_equal((const struct value_str *)a, (const struct value_str *)b);
    case POOLVAL_TUPLE:
        return equal_tuples(memo, (const struct value_tuple *)a, (const struct value_tuple *)b);
    case POOLVAL_FROZENSET:
        return memo_equal_sets(memo, a, b);
    case POOLVAL_RANGE:
        return range_equal((const struct value_range *)a, (const struct value_range *)b);
    case POOLVAL_SLICE:
        return slice_equal((const struct value_slice *)a, (const struct value_slice *)b);
    default:
        return false;
    }
}

int key_equal(const poolval_space *space, const poolobj *a, const poolobj *b) {
    struct memo fresh, *memo = memo_join(&fresh, (poolval_space *)(uintptr_t)space);
    int equal = equal_keys(memo, a, b);
    memo_leave(memo, &fresh);
    return equal;
}

/* ---- Failures ---- */

/* Characters of a key that its message has. */
static const size_t KEY_SHOWN_MAX = 60;

/* Word by word with the zero behind, as blocks are a multiple of words: it has to be quick. */
static uint64_t copy_of_key(struct failure *failure, const struct value_str *str) {
    char *to = failure->text[0];
    const char *from = (const char *)str_data(str);
    size_t length = size_min(str_length(str), KEY_SHOWN_MAX);
    if (length == KEY_SHOWN_MAX)
        memcpy(to, from, KEY_SHOWN_MAX);
    else
        for (size_t at = 0; at <= length; at += 8) memcpy(to + at, from + at, 8);
    to[length] = '\0';
    return failure_text(to);
}
static_assert(60 < FAILURE_TEXT_SIZE && FAILURE_TEXT_SIZE % 8 == 0, "so many words fit");

void *key_fail_missing(poolval_space *space, const poolobj *key) {
    struct failure *failure = &space->failure;
    int64_t number;
    if (value_is(space, key, POOLVAL_STR) && str_is_ascii((const struct value_str *)key))
        failure_note(failure, POOLVAL_ERR_KEY, "the dict has no key '%s'",
                     copy_of_key(failure, (const struct value_str *)key), 0);
    else if (number_int_of(space, key, &number))
        failure_note(failure, POOLVAL_ERR_KEY, "the dict has no key %d", (uint64_t)number, 0);
    else
        failure_note(failure, POOLVAL_ERR_KEY, "the dict has no such key, of type %s",
                     value_fail_name(space, 0, key), 0);
    return NULL;
}
