/* SPDX-License-Identifier: MIT */
#include "value/key.h"

#include "value/bytes.h"
#include "value/memo.h"
#include "value/own.h"
#include "value/range.h"

bool key_fail_depth(poolval_space *space) { return value_fail_depth(space); }

/* ---- Hashes ---- */

static bool hash_value(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash);

bool key_hash_tuple(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash) {
    const struct value_tuple *tuple = (const struct value_tuple *)value;
    const struct hash_key *key = &memo->space->key;
    uint64_t all = hash_mix(key, 0, tuple->length), item;
    if (memo_find(memo, value, NULL, hash)) return true;
    if (depth == 0) return key_fail_depth(memo->space);
    if (!memo_visit(memo, tuple->length)) return false;
    for (size_t i = 0; i < tuple->length; i++) {
        if (!hash_value(memo, tuple->item[i], depth - 1, &item)) return false;
        all = hash_mix(key, all, item);
    }
    memo_add(memo, value, NULL, all);
    *hash = all;
    return true;
}

bool key_hash_number(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash) {
    (void)depth;
    *hash = number_hash(memo->space, value);
    return true;
}

bool key_hash_str(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash) {
    (void)depth;
    *hash = str_hash(memo->space, (struct value_str *)value);
    return true;
}

bool key_hash_bytes(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash) {
    const struct hash_key *key = &memo->space->key;
    struct bytes bytes = bytes_of(memo->space, value);
    (void)depth;
    *hash = hash_bytes(key, bytes.data, bytes.length);
    *hash = hash_mix(key, 8, *hash); /* not that of a string of these */
    return true;
}

bool key_hash_range(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash) {
    (void)depth;
    *hash = range_hash(memo->space, (const struct value_range *)value);
    return true;
}

bool key_hash_frozenset(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash) {
    (void)memo, (void)depth;
    *hash = value_dict_version((const struct value_dict *)value);
    return true;
}

/* Hashes as an object at no address would be hashed, which no other is. */
bool key_hash_none(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash) {
    (void)value, (void)depth;
    *hash = hash_address(&memo->space->key, NULL);
    return true;
}

bool key_hash_other(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash) {
    poolval_space *space = memo->space;
    if (!value_require_any(space, value, "key")) return false;
    const struct own *own = own_of(space, value);
    if (own != NULL) return own_hash(own, value, depth, hash);
    *hash = hash_address(&space->key, value);
    return true;
}

static bool hash_value(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash) {
    const struct kind *kind = value_kind(memo->space, value);
    if (likely(kind->hash != NULL)) return kind->hash(memo, value, depth, hash);
    value_fail(memo->space, POOLVAL_ERR_TYPE, "a %s is no key: it has no hash%s",
               value_fail_name(memo->space, 0, value),
               failure_text(kind->changes ? ", as it can change" : ""));
    return false;
}

bool key_make_hash(poolval_space *space, poolobj *value, size_t depth, uint64_t *hash) {
    struct memo memo;
    if (unlikely(space->checked) && !value_check(space, value, "key")) return false;
    memo_begin(&memo, space);
    bool good = hash_value(&memo, value, depth, hash);
    memo_end(&memo);
    return good;
}

/* ---- Equality: 1, 0, -1 ---- */

static int equal_keys(struct memo *memo, const poolobj *a, const poolobj *b);

int key_equal_tuples(struct memo *memo, const poolobj *x, const poolobj *y) {
    const struct value_tuple *a = (const struct value_tuple *)x;
    const struct value_tuple *b = (const struct value_tuple *)y;
    uint64_t known;
    if (a->length != b->length) return false;
    if (memo_find(memo, x, y, &known)) return true;
    if (!memo_descend(memo)) return -1;
    memo->visited++;
    int equal = 1;
    for (size_t i = 0; i < a->length && equal == 1; i++)
        equal = equal_keys(memo, a->item[i], b->item[i]);
    memo_ascend(memo);
    if (equal == 1) memo_add(memo, x, y, 1);
    return equal;
}

int key_equal_none(struct memo *memo, const poolobj *a, const poolobj *b) {
    (void)memo, (void)a, (void)b;
    return true;
}

int key_equal_numbers(struct memo *memo, const poolobj *a, const poolobj *b) {
    return number_compare(memo->space, a, b) == NUMBER_EQUAL;
}
int key_equal_strs(struct memo *memo, const poolobj *a, const poolobj *b) {
    (void)memo;
    return str_equal((const struct value_str *)a, (const struct value_str *)b);
}
int key_equal_bytes(struct memo *memo, const poolobj *a, const poolobj *b) {
    return bytes_equal(bytes_of(memo->space, a), bytes_of(memo->space, b));
}
int key_equal_ranges(struct memo *memo, const poolobj *a, const poolobj *b) {
    (void)memo;
    return range_equal((const struct value_range *)a, (const struct value_range *)b);
}
int key_equal_slices(struct memo *memo, const poolobj *a, const poolobj *b) {
    (void)memo;
    return range_equal_slices((const struct value_slice *)a, (const struct value_slice *)b);
}

int key_equal_kinds(struct memo *memo, const struct kind *kind, const poolobj *a,
                    const poolobj *b) {
    if (kind->equal == NULL || kind->equal != value_kind(memo->space, b)->equal) return false;
    return kind->equal(memo, a, b);
}

static int equal_keys(struct memo *memo, const poolobj *a, const poolobj *b) {
    const poolval_space *space = memo->space;
    if (a == b) return true;
    if (own_any(space) && (own_find(space, a) != NULL || own_find(space, b) != NULL))
        return memo_equal_own(memo, a, b, space->depth_max);
    return key_equal_kinds(memo, value_kind(space, a), a, b);
}

int key_equal(const poolval_space *space, const poolobj *a, const poolobj *b) {
    struct memo fresh, *memo = memo_join(&fresh, (poolval_space *)(uintptr_t)space);
    int equal = equal_keys(memo, a, b);
    memo_part(memo, &fresh);
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
