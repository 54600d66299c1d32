/* SPDX-License-Identifier: MIT */
#include "value/hash.h"

#include "base/siphash.h"

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

/* The last 0 to 7 bytes, and the size above them. */
static inline uint64_t last_word(const unsigned char *bytes, size_t left, size_t size) {
    uint64_t word = (uint64_t)size << 56;
    for (size_t i = 0; i < left; i++) word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

/* SipHash-1-3. */
uint64_t hash_bytes(const struct hash_key *key, const void *start, size_t size) {
    const unsigned char *bytes = (const unsigned char *)start;
    uint64_t v[4];
    siphash_begin(v, key->word);
    size_t left = size;
    for (uint64_t word; left >= sizeof word; bytes += sizeof word, left -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        siphash_add(v, word, 1);
    }
    siphash_add(v, last_word(bytes, left, size), 1);
    uint64_t hash = siphash_end(v, 3);
    return hash != 0 ? hash : 1;
}
