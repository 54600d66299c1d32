/* SPDX-License-Identifier: MIT */
/*
 * pending.h - blocks that were freed by a thread which can't send a message: it has no heap, or
 * there is no memory. A bit for each place where a block may start waits beside the records until
 * the owner takes it in; nothing is written into the block. Needs no memory, no lock, and works for
 * any number of blocks.
 *
 * From a heap to its blocks there are three steps, marked in this order and taken back in the
 * reverse one, so that no block is lost whenever the owner looks:
 *   the block's bit;
 *   the bit of its arena in the window, which any heap with blocks there may take back, and then
 *   marks again for the others;
 *   heap->pending
 */
#ifndef POOLALLOC_PENDING_H
#define POOLALLOC_PENDING_H

#include "heap/heap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Marks a live block, which the heap is taken to own. False, and nothing done: it is marked. */
bool pending_mark(struct heap *heap, uintptr_t address);
/* Frees the blocks of the heap that are marked; returns their number. For the heap's owner. */
unsigned pending_take(struct heap *heap);

/* For a pool of the heap whose former owner may have been about to take its blocks. */
void pending_announce(struct heap *heap, uintptr_t pool);

static inline bool pending_any(const struct heap *heap) {
    return atomic_u64_load(&heap->pending) != 0;
}

#ifdef __cplusplus
}
#endif

#endif
