/* SPDX-License-Identifier: MIT */
/*
 * hash.h - hashes with a key, so that nobody who does not know it can choose keys of dictionaries
 * that collide. SipHash-1-3 for bytes, as CPython has it; a folded multiplication for words.
 */
#ifndef POOLALLOC_VALUE_HASH_H
#define POOLALLOC_VALUE_HASH_H

#include "base/base.h"

struct hash_key {
    uint64_t word[2];
};

#ifdef __cplusplus
extern "C" {
#endif

/* A key from one word. */
struct hash_key hash_key_from(uint64_t secret);
/* Never 0, which stands for "not yet known". */
uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t size);

/* Every bit of the product of two words depends on both; its halves are folded together. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
static inline uint64_t hash_word(const struct hash_key *key, uint64_t word) {
    return hash_fold(word ^ key->word[0], key->word[1] | 1);
}
/* The hash of a sequence: begin with any word, put in hash by hash. */
static inline uint64_t hash_mix(const struct hash_key *key, uint64_t hash, uint64_t next) {
    return hash_fold(hash ^ key->word[1], (next ^ key->word[0]) + UINT64_C(0x9e3779b97f4a7c15));
}
static inline uint64_t hash_address(const struct hash_key *key, const void *address) {
    return hash_mix(key, 2, (uintptr_t)address);
}

#ifdef __cplusplus
}
#endif

#endif
