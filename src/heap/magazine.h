/* SPDX-License-Identifier: MIT */
/*
 * magazine.h - blocks of one class that a heap freed last, latest on top: an array of rounds whose
 * bottom has no block. The heap has the top of each of its magazines, and the last round that there
 * is room for.
 */
#ifndef POOLALLOC_MAGAZINE_H
#define POOLALLOC_MAGAZINE_H

#include "base/check.h"
#include "heap/block.h"

/* A free block at hand, and the word with its live bit, so that malloc need not look it up. One
   that is marked (heap_sample.c) has no block, and its place in the word beside the word's address.
 */
struct round {
    uintptr_t block;         /* 0: the bottom of the magazine, or marked */
    struct atomic_u64 *word; /* NULL: the bottom */
};
#define ROUND_MARK ((uintptr_t)1 << 63)
enum { ROUND_PLACE = 56 };

/* Bytes of the place that the block of a round has, which is not marked. */
static inline size_t magazine_stride(struct round round) {
    return size_classes[pool_class(pool_of_live(round.word))].stride;
}

/* Takes the last block that was put in, which is live then. NULL: there is none, or it is marked.
 */
ALWAYS_INLINE void *magazine_pop(struct round **top) {
    struct round *last = *top;
    uintptr_t block = last->block;
    if (unlikely(block == 0)) return NULL;
    struct atomic_u64 *word = last->word;
    *top = last - 1;
    return block_make_live(word, block);
}

/* Puts a block in, whose live bit is in `word`. False: the top is at the end of the room. */
ALWAYS_INLINE bool magazine_push(struct round **top, struct round *const *end, uintptr_t block,
                                 struct atomic_u64 *word) {
    struct round *last = *top;
    if (unlikely(last == *end)) return false;
    ASSERT(block != 0 && block % ALIGN == 0); /* 0 is the bottom */
    last[1].block = block;
    last[1].word = word;
    *top = last + 1;
    return true;
}

#endif
