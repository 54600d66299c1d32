/* SPDX-License-Identifier: MIT */
/*
 * note.h - who asked for memory, as far as it is known in every process: the address that a call of
 * malloc returns to is kept of each large block, and of about one small block in NOTE_MEAN bytes of
 * the pools that a heap takes. Fast paths know nothing of it.
 *
 * The note of a large block is in its record. The note of a small one is a word of the arena where
 * its pool, or its span, begins. It holds if
 *   N1 `noted` of the pool is set: no other pool was made there since
 *   N2 the word names that pool: an arena has room for one note, the last
 *   N3 the block that it names is live
 * A noted pool whose block is free is noted anew when blocks of it are handed out again, so that a
 * note is about memory that is held now. What the magazines hand out again keeps an old note.
 *
 * Pools are chosen by a Poisson process over their bytes, so of two lines of code the one that
 * holds twice the pools has twice the notes.
 */
#ifndef POOLALLOC_NOTE_H
#define POOLALLOC_NOTE_H

#include "base/chance.h"
#include "heap/block.h"
#include "heap/pool.h"

#define NOTE_MEAN MIB

/* A word: from the lowest bit the address, the block's place in the pool in units of ALIGN, of a
   span its index, and the number of the pool in its arena. */
enum { NOTE_CALLER_BITS = 48, NOTE_PLACE_BITS = 9, NOTE_POOL_BITS = 6 };

struct notes {      /* of a heap */
    uintptr_t due;  /* the pool, span or large block in which the next block is noted; 0: none */
    int pools_left; /* to be taken before that is due again */
    struct chance chance;
};

#ifdef __cplusplus
extern "C" {
#endif

/* Any seed will do. */
void note_begin(struct notes *notes, uint64_t seed);
/* The number of pools to be taken before the next is noted. */
int note_distance(struct notes *notes);
/* Notes that a block, which malloc hands out now and the heap has, was asked for by the code at
   `caller`. Nothing is due afterwards; nor is anything noted if the block does not lie in what was.
 */
void note_caller(struct notes *notes, const struct heap *heap, const void *block,
                 const void *caller);
/* A noted pool has blocks for its owner again. */
void note_renew(struct notes *notes, struct pool *pool);
/* The address that is noted for a live block, 0: none. For tests and messages: the block must stay
   live meanwhile. */
uintptr_t note_find(const struct block *block);

/* A heap has taken memory for a pool, or for a span of so many. */
static inline void note_pools(struct notes *notes, uintptr_t base, int pools) {
    notes->pools_left -= pools;
    if (likely(notes->pools_left >= 0)) return;
    notes->pools_left = note_distance(notes);
    notes->due = base;
}

/* True if the next block that malloc hands out is to be noted. */
static inline bool note_is_due(const struct notes *notes) { return notes->due != 0; }

/* What malloc and its family do with each block that a slow path has given them. */
ALWAYS_INLINE void note_if_due(struct notes *notes, const struct heap *heap, const void *block,
                               const void *caller) {
    if (unlikely(note_is_due(notes))) note_caller(notes, heap, block, caller);
}

#ifdef __cplusplus
}
#endif

#endif
