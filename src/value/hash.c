/* SPDX-License-Identifier: MIT */
#include "value/hash.h"

/* splitmix64: a bijection that leaves no bit where it was. */
static uint64_t scramble(uint64_t word) {
    word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
    return word ^ word >> 31;
}

struct hash_key hash_key_from(uint64_t secret) {
    const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
    struct hash_key key = {{scramble(secret + step), scramble(secret + 2 * step)}};
    return key;
}

/* ---- SipHash-1-3: Aumasson and Bernstein, "SipHash: a fast short-input PRF" ---- */

static inline uint64_t rotate_left(uint64_t word, unsigned bits) {
    return word << bits | word >> (64 - bits);
}

static inline void sip_round(uint64_t v[4]) {
    v[0] += v[1], v[2] += v[3];
    v[1] = rotate_left(v[1], 13) ^ v[0];
    v[3] = rotate_left(v[3], 16) ^ v[2];
    v[0] = rotate_left(v[0], 32);
    v[2] += v[1], v[0] += v[3];
    v[1] = rotate_left(v[1], 17) ^ v[2];
    v[3] = rotate_left(v[3], 21) ^ v[0];
    v[2] = rotate_left(v[2], 32);
}

static inline void sip_word(uint64_t v[4], uint64_t word) {
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

/* The last 0 to 7 bytes, and the size above them. */
static inline uint64_t last_word(const unsigned char *bytes, size_t left, size_t size) {
    uint64_t word = (uint64_t)size << 56;
    for (size_t i = 0; i < left; i++) word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

uint64_t hash_bytes(const struct hash_key *key, const void *start, size_t size) {
    const unsigned char *bytes = (const unsigned char *)start;
    uint64_t v[4] = {
        key->word[0] ^ UINT64_C(0x736f6d6570736575), key->word[1] ^ UINT64_C(0x646f72616e646f6d),
        key->word[0] ^ UINT64_C(0x6c7967656e657261), key->word[1] ^ UINT64_C(0x7465646279746573)};
    size_t left = size;
    for (uint64_t word; left >= sizeof word; bytes += sizeof word, left -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        sip_word(v, word);
    }
    sip_word(v, last_word(bytes, left, size));
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++) sip_round(v);
    uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
    return hash != 0 ? hash : 1;
}
