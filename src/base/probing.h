/* SPDX-License-Identifier: MIT */
/*
 * probing.h - hash tables with open addressing and linear probing. A table is an array of slots, as
 * many as a power of two. What is in it lies in the slot that its hash chooses, its home, or behind
 * it, with no free slot between the two.
 *
 * A kind of table says what a slot is; its functions are inlined wherever the kind is a constant.
 * Whoever has a table keeps at least one slot free, as a search ends there.
 */
#ifndef POOLALLOC_PROBING_H
#define POOLALLOC_PROBING_H

#include "base/check.h"

struct probing {
    size_t slot_bytes;
    bool (*is_free)(const void *slot);
    /* The hash of what is in a slot that is not free; `owner` is as the caller passed it. */
    uint64_t (*hash_of)(const void *slot, const void *owner);
    /* Whether a slot that is not free has the key that is looked for. */
    bool (*has)(const void *slot, const void *key);
};

#ifdef __cplusplus
extern "C" {
#endif

/* The lowest bits of addresses are the same for all that are aligned, and so are left out. */
static inline uint64_t probing_hash_address(uintptr_t address, unsigned shift) {
    return ((address >> shift) * UINT64_C(0x9e3779b97f4a7c15)) >> 32;
}

ALWAYS_INLINE size_t probing_next(size_t i, size_t size) { return (i + 1) & (size - 1); }

ALWAYS_INLINE char *probing_slot(const struct probing *kind, void *slots, size_t i) {
    return (char *)slots + i * kind->slot_bytes;
}

/* The slot that has the key, or else the free one in which it is to be put. */
ALWAYS_INLINE void *probing_find(const struct probing *kind, void *slots, size_t size,
                                 uint64_t hash, const void *key) {
    size_t i = hash & (size - 1);
    while (!kind->is_free(probing_slot(kind, slots, i)) &&
           !kind->has(probing_slot(kind, slots, i), key))
        i = probing_next(i, size);
    return probing_slot(kind, slots, i);
}

/* The slot in which something of this hash is to be put that is known not to be in the table. */
ALWAYS_INLINE void *probing_find_free(const struct probing *kind, void *slots, size_t size,
                                      uint64_t hash) {
    size_t i = hash & (size - 1);
    while (!kind->is_free(probing_slot(kind, slots, i))) i = probing_next(i, size);
    return probing_slot(kind, slots, i);
}

/* Copies all from one array into another, whose slots are free. */
ALWAYS_INLINE void probing_copy(const struct probing *kind, void *from, size_t from_size, void *to,
                                size_t to_size, const void *owner) {
    for (size_t i = 0; i < from_size; i++) {
        const char *slot = probing_slot(kind, from, i);
        if (kind->is_free(slot)) continue;
        memcpy(probing_find_free(kind, to, to_size, kind->hash_of(slot, owner)), slot,
               kind->slot_bytes);
    }
}

/* Frees a slot, whose bytes are 0 then, and moves up what would no longer be found behind it. */
ALWAYS_INLINE void probing_vacate(const struct probing *kind, void *slots, size_t size, void *slot,
                                  const void *owner) {
    ASSERT(!kind->is_free(slot));
    size_t mask = size - 1, hole = (size_t)((char *)slot - (char *)slots) / kind->slot_bytes;
    for (size_t i = (hole + 1) & mask; !kind->is_free(probing_slot(kind, slots, i));
         i = (i + 1) & mask) {
        size_t home = kind->hash_of(probing_slot(kind, slots, i), owner) & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        memcpy(probing_slot(kind, slots, hole), probing_slot(kind, slots, i), kind->slot_bytes);
        hole = i;
    }
    memset(probing_slot(kind, slots, hole), 0, kind->slot_bytes);
}

#ifdef __cplusplus
}
#endif

#endif
