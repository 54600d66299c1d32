/* SPDX-License-Identifier: MIT */
/*
 * key.h - hashes and equality of what can be a key: everything but lists, dictionaries, sets, byte
 * arrays, slices, tuples that hold one, and objects with a hook for equality but none for hashes.
 * No code of the program runs here, but hooks of own types; the hash of a key that was made once is
 * known, so that none runs for it again.
 */
#ifndef POOLALLOC_VALUE_KEY_H
#define POOLALLOC_VALUE_KEY_H

#include "value/number.h"
#include "value/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* False: no key, or nested deeper than `depth`; the failure is noted. */
bool key_make_hash(poolval_space *space, poolobj *value, size_t depth, uint64_t *hash);
/* Whether two keys that were hashed are equal: 1, 0, or -1 with the failure noted: a hook failed,
 * or the keys are nested too deep. The same object always is equal to itself. */
int key_equal(const poolval_space *space, const poolobj *a, const poolobj *b);

ALWAYS_INLINE uint64_t key_hash_int(const poolval_space *space, const poolobj *value) {
    return hash_word(&space->key, (uint64_t)((const struct value_int *)value)->number);
}

ALWAYS_INLINE bool key_hash(poolval_space *space, poolobj *value, uint64_t *hash) {
    if (value_passes(space, value, POOLVAL_STR)) {
        *hash = str_hash(space, (struct value_str *)value);
        return true;
    }
    if (value_passes(space, value, POOLVAL_INT)) {
        *hash = key_hash_int(space, value);
        return true;
    }
    return key_make_hash(space, value, space->depth_max, hash);
}

/* What kind.h describes. */
bool key_hash_number(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash);
bool key_hash_str(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash);
bool key_hash_bytes(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash);
bool key_hash_range(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash);
bool key_hash_tuple(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash);
bool key_hash_frozenset(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash);
/* None of a shared heap is another object than that of a space. */
bool key_hash_none(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash);
int key_equal_none(struct memo *memo, const poolobj *a, const poolobj *b);
/* By a hook, or by the address. */
bool key_hash_other(struct memo *memo, poolobj *value, size_t depth, uint64_t *hash);
int key_equal_numbers(struct memo *memo, const poolobj *a, const poolobj *b);
int key_equal_strs(struct memo *memo, const poolobj *a, const poolobj *b);
int key_equal_bytes(struct memo *memo, const poolobj *a, const poolobj *b);
int key_equal_ranges(struct memo *memo, const poolobj *a, const poolobj *b);
int key_equal_slices(struct memo *memo, const poolobj *a, const poolobj *b);
int key_equal_tuples(struct memo *memo, const poolobj *a, const poolobj *b);
/* Compares two objects, neither of which is of an own type, by `equal` of the kind of the first. */
int key_equal_kinds(struct memo *memo, const struct kind *kind, const poolobj *a, const poolobj *b);

/* "nested deeper than 1000 levels"; false. */
COLD bool key_fail_depth(poolval_space *space);
/* "the dict has no key 'spam'"; NULL. */
void *key_fail_missing(poolval_space *space, const poolobj *key);

#ifdef __cplusplus
}
#endif

#endif
