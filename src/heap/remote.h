/* SPDX-License-Identifier: MIT */
/*
 * remote.h - frees by threads that do not own the block. The freeing thread notes the addresses in
 * a message, one for each destination; a full message is posted with one exchange on the owner's
 * inbox, and the owner looks there in slow paths. Until then the block stays marked as live. What
 * lies side by side comes in together, and is spare; the rest is freed as by the owner. Nobody
 * touches the memory of the blocks: one thread just wrote it, the other has no need of it.
 *
 * A thread without a heap, or without memory for a message, marks the block by itself (pending.h).
 *
 * Nothing read here is believed: every address is looked up like one that a program passed to free.
 */
#ifndef POOLALLOC_REMOTE_H
#define POOLALLOC_REMOTE_H

#include "heap/heap.h"
#include "heap/message.h"
#include "heap/pending.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The rest of remote_free: the first block of a message, or the last. */
bool remote_free_slow(struct heap *heap, struct heap *to, uintptr_t address, size_t usable);
/* Posts all messages. */
void remote_post(struct heap *heap);
/* Takes in what came for a parked heap, unless another thread is just at it. */
void remote_help(struct heap *heap);
/* Messages sent to heaps whose owner is gone, since the last fork. */
unsigned remote_orphan_messages(void);
/* Frees blocks that came in, about `limit` at the most. */
void remote_drain(struct heap *heap, unsigned limit);
/* The open message for a heap has one place; heaps that are neighbours have different ones. */
static inline struct batch *remote_batch(struct heap *heap, const struct heap *to) {
    return &heap->batches[((uintptr_t)to >> POOL_SHIFT) % HEAP_BATCHES];
}

/* Frees a live block of the heap `to`, with so many usable bytes. `heap` is the caller's, or NULL
   if it has none. True if something was posted: the moment for allocate_poll. */
ALWAYS_INLINE bool remote_free(struct heap *heap, struct heap *to, uintptr_t address,
                               size_t usable) {
    struct batch *batch = heap != NULL ? remote_batch(heap, to) : NULL;
    if (unlikely(batch == NULL || batch->to != to || batch->bytes < usable ||
                 atomic_u64_load(&batch->message->count) == MESSAGE_BLOCKS - 1))
        return remote_free_slow(heap, to, address, usable);
    message_add(batch->message, address);
    batch->bytes -= usable;
    return false;
}

static inline bool remote_is_waiting(const struct heap *heap) {
    return atomic_u64_load(&heap->inbox) != 0 || heap->drained != NULL || pending_any(heap);
}

#ifdef __cplusplus
}
#endif

#endif
