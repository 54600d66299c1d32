/* SPDX-License-Identifier: MIT */
/*
 * cursor.h - blocks of one word of a pool, which malloc hands out when the magazine is empty. Of
 * spans there is none: their blocks go from the pool to the program.
 */
#ifndef POOLALLOC_CURSOR_H
#define POOLALLOC_CURSOR_H

#include "base/check.h"
#include "heap/window.h"

struct cursor {
    uint64_t bits;           /* of the places where they start */
    struct atomic_u64 *word; /* of their live bits */
    uintptr_t base;          /* of the word's first place */
};

/* Takes the lowest block, which is live then; NULL: there is none. */
ALWAYS_INLINE void *cursor_pop(struct cursor *cursor) {
    uint64_t bits = cursor->bits;
    if (unlikely(bits == 0)) return NULL;
    struct atomic_u64 *word = cursor->word;
    ASSERT(word != NULL && cursor->base % WORD_SPAN == 0);
    uint64_t place = bit_lowest(bits);
    cursor->bits = bits & (bits - 1);
    if (POOLALLOC_LIVE_BITS) atomic_u64_store(word, atomic_u64_load(word) | (uint64_t)1 << place);
    return (void *)(cursor->base + (place << ALIGN_SHIFT));
}

#endif
