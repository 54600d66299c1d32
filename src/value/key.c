/* SPDX-License-Identifier: MIT */
#include "value/key.h"

bool key_fail_depth(poolval_space *space) {
    value_fail(space, POOLVAL_ERR_DEPTH, "nested deeper than %zu levels", space->depth_max, 0);
    return false;
}

static bool hash_tuple(poolval_space *space, const struct value_tuple *tuple, size_t depth,
                       uint64_t *hash) {
    uint64_t all = hash_mix(&space->key, 0, tuple->length), item;
    if (depth == 0) return key_fail_depth(space);
    for (size_t i = 0; i < tuple->length; i++) {
        if (!key_make_hash(space, tuple->item[i], depth - 1, &item)) return false;
        all = hash_mix(&space->key, all, item);
    }
    *hash = all;
    return true;
}

bool key_make_hash(poolval_space *space, poolobj *value, size_t depth, uint64_t *hash) {
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
        return hash_tuple(space, (const struct value_tuple *)value, depth, hash);
    case POOLVAL_LIST:
    case POOLVAL_DICT:
        value_fail(space, POOLVAL_ERR_TYPE, "a %s is no key: it has no hash, as it can change",
                   failure_text(value_type_name(space, value)), 0);
        return false;
    default:
        if (!value_require_any(space, value, "key")) return false;
        *hash = hash_address(&space->key, value);
        return true;
    }
}

static bool equal_tuples(const poolval_space *space, const struct value_tuple *a,
                         const struct value_tuple *b) {
    if (a->length != b->length) return false;
    for (size_t i = 0; i < a->length; i++)
        if (!key_equal(space, a->item[i], b->item[i])) return false;
    return true;
}

bool key_equal(const poolval_space *space, const poolobj *a, const poolobj *b) {
    if (a == b) return true;
    unsigned type = value_type(space, a), other = value_type(space, b);
    if (type == POOLVAL_STR && other == type)
        return str_equal((const struct value_str *)a, (const struct value_str *)b);
    if (type == POOLVAL_TUPLE && other == type)
        return equal_tuples(space, (const struct value_tuple *)a, (const struct value_tuple *)b);
    return number_is(space, a) && number_is(space, b) &&
           number_compare(space, a, b) == NUMBER_EQUAL;
}

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
