/* SPDX-License-Identifier: MIT */
/*
 * siphash.h - the steps of SipHash, a keyed hash whose key nobody can tell from its results:
 * Aumasson and Bernstein, "SipHash: a fast short-input PRF". `rounds` are 1 and 3 for SipHash-1-3,
 * 2 and 4 for SipHash-2-4.
 */
#ifndef POOLALLOC_SIPHASH_H
#define POOLALLOC_SIPHASH_H

#include "base/base.h"

static inline void siphash_begin(uint64_t v[4], const uint64_t key[2]) {
    v[0] = key[0] ^ UINT64_C(0x736f6d6570736575);
    v[1] = key[1] ^ UINT64_C(0x646f72616e646f6d);
    v[2] = key[0] ^ UINT64_C(0x6c7967656e657261);
    v[3] = key[1] ^ UINT64_C(0x7465646279746573);
}

ALWAYS_INLINE void siphash_mix(uint64_t v[4], unsigned rounds) {
#pragma GCC unroll 4
    for (unsigned i = 0; i < rounds; i++) {
        v[0] += v[1], v[2] += v[3];
        v[1] = rotate_left(v[1], 13) ^ v[0];
        v[3] = rotate_left(v[3], 16) ^ v[2];
        v[0] = rotate_left(v[0], 32);
        v[2] += v[1], v[0] += v[3];
        v[1] = rotate_left(v[1], 17) ^ v[2];
        v[3] = rotate_left(v[3], 21) ^ v[0];
        v[2] = rotate_left(v[2], 32);
    }
}

ALWAYS_INLINE void siphash_add(uint64_t v[4], uint64_t word, unsigned rounds) {
    v[3] ^= word;
    siphash_mix(v, rounds);
    v[0] ^= word;
}

ALWAYS_INLINE uint64_t siphash_end(uint64_t v[4], unsigned rounds) {
    v[2] ^= 0xff;
    siphash_mix(v, rounds);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
