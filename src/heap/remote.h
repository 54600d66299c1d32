/* SPDX-License-Identifier: MIT */
/*
 * remote.h - frees by threads that do not own the block. The freeing thread collects blocks by
 * destination and posts each batch with one exchange on the owner's inbox; the owner looks there in
 * slow paths. A block on its way stays marked as live; it is linked through its first word, and
 * blocks of 16 bytes and more carry a key in the second.
 *
 * Nothing read from such a block is believed: links are encoded with a secret, the drain looks every
 * address up like one that a program passed to free, and a key that changed or a bit that is clear
 * ends the process with a line.
 */
#ifndef POOLALLOC_REMOTE_H
#define POOLALLOC_REMOTE_H

#include "heap/heap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Once, before the first remote free. */
void remote_init(void);
/* Frees a live block of another heap. `heap` is the caller's, or NULL if it has none: then the
   block is posted at once. */
void remote_free(struct heap *heap, const struct block *block);
/* Posts all batches. */
void remote_post(struct heap *heap);
/* Frees blocks that came in, about `limit` at the most. */
void remote_drain(struct heap *heap, unsigned limit);
static inline bool remote_is_waiting(const struct heap *heap) {
    return atomic_u64_load(&heap->inbox) != 0 || heap->drained != 0;
}

#ifdef __cplusplus
}
#endif

#endif
