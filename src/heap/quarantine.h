/* SPDX-License-Identifier: MIT */
/*
 * quarantine.h - freed blocks of one heap that wait before their memory is used again, first in,
 * first out: who still uses one meets no other block there, and what was written to it is found
 * when it leaves, at the latest.
 *
 * They may be options.quarantine bytes together, and there is a place for each QUARANTINE_BLOCK of
 * these. The ring of places is mapped with the first block and unmapped when the heap is flushed. A
 * place without a block is zero.
 *
 * Q1 bytes = the sum of the strides of the blocks in the ring
 */
#ifndef POOLALLOC_QUARANTINE_H
#define POOLALLOC_QUARANTINE_H

#include "base/atomic.h"
#include "heap/magazine.h"

struct quarantine {
    struct round *ring;  /* NULL: there is none */
    size_t first, count; /* the place of the oldest block; blocks */
    /* These are also read by other threads, which count. */
    struct atomic_u64 places; /* of the ring; 0: there is none */
    struct atomic_u64 bytes;  /* Q1 */
};

#ifdef __cplusplus
extern "C" {
#endif

/* A block that is no longer live waits. False: there is no memory for the ring. */
bool quarantine_add(struct quarantine *quarantine, struct round block);
/* The block that has waited for longest leaves; there is one. */
struct round quarantine_take(struct quarantine *quarantine);
/* The block that came as number i of those that wait now. */
struct round quarantine_look(const struct quarantine *quarantine, size_t i);
/* The ring goes, with all that is in it. */
void quarantine_end(struct quarantine *quarantine);

/* Address space of the ring. */
size_t quarantine_ring_bytes(const struct quarantine *quarantine);

/* True if the oldest must leave, for the bytes or for the next block's place. */
static inline bool quarantine_is_over(const struct quarantine *quarantine, size_t most_bytes) {
    return quarantine->count > 0 && (quarantine->count == atomic_u64_load(&quarantine->places) ||
                                     atomic_u64_load(&quarantine->bytes) > most_bytes);
}

#ifdef __cplusplus
}
#endif

#endif
