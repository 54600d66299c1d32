/* SPDX-License-Identifier: MIT */
/*
 * remote.h - frees by threads that do not own the block. The freeing thread notes them in a
 * message, one for each destination: those that come in a row and lie side by side by the bits of
 * their word, others by their addresses. A full message is posted with one exchange of the owner's
 * inbox, and the owner looks there in slow paths. Until then the block stays marked as live. What
 * lies side by side comes in together, and is spare; the rest is freed as by the owner. Nobody
 * touches the memory of the blocks: one thread just wrote it, the other has no need of it.
 *
 * What no message carries becomes pending (pending.h): of a thread without a heap, or without
 * memory for a message; of owners who have not looked into their inbox for long; and few blocks of
 * one owner among those of many.
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

/* Does the rest of remote_free, for the first block of a message or the last. `heap` is NULL if the
   caller has none. True if it is the moment for allocate_poll. */
bool remote_free_slow(struct heap *heap, struct heap *to, uintptr_t address, size_t usable);
/* From now on `free` is asked in the slow path of each block that goes to the heap, to which no
   message is open: true if it has freed it. One heap is watched at a time; NULL: none. */
void remote_watch(struct heap *heap, bool (*free)(uintptr_t address));
/* Posts all messages. */
void remote_post(struct heap *heap);
/* Frees blocks that came in, about `limit` at the most. For the owner. */
void remote_drain(struct heap *heap, unsigned limit);
/* The heap is BUSY by the caller, who lets go of it: takes in what came for it, and parks it. One
   that is not warm keeps nothing at hand, and no pool with a spare block but the commons. */
void remote_park(struct heap *heap);
/* What waits for a heap in use goes to its pools, and those that are free then to the arenas. Empty
   messages stay with the sweeper. */
void remote_sweep(struct heap *sweeper, struct heap *heap);
/* Messages for heaps whose owner is gone, since the last fork. */
unsigned remote_orphan_messages(void);

/* The commons: a heap of nobody that has the pools with spare blocks of threads that ended. It is
   PARKED or BUSY; NULL: there is none. */
struct heap *remote_commons(void);
void remote_set_commons(struct heap *heap);
/* Moves a pool of the class from the commons to this heap; false if there is none. */
bool remote_borrow(struct heap *heap, unsigned class_index);

/* The open message for a heap has one place; heaps that are neighbours have different ones. */
static inline struct batch *remote_batch(struct heap *heap, const struct heap *to) {
    return &heap->batches[((uintptr_t)to >> POOL_SHIFT) % HEAP_BATCHES];
}

/* A free adds a block or closes a word, and the post closes one. */
enum { BATCH_ROOM = 4 };

/* What waits by its bits goes into the message, which has so many entries, and room. In the child
   of a fork in between it stays live. */
ALWAYS_INLINE void remote_batch_close_word(struct batch *batch, uint64_t count) {
    uint64_t bits = batch->bits;
    batch->bits = 0;
    atomic_in_sequence();
    if (unlikely(bits & (bits - 1)))
        message_add_word(batch->message, count, align_down(batch->first, WORD_SPAN), bits);
    else if (likely(bits != 0))
        message_add(batch->message, count, batch->first);
}

/* Adds a block of another word than the last block's to a batch whose message has BATCH_ROOM. */
ALWAYS_INLINE void remote_batch_add(struct batch *batch, uint64_t count, uintptr_t address,
                                    size_t usable) {
    if (usable > SMALL_MAX) {
        message_add(batch->message, count, address);
        return;
    }
    remote_batch_close_word(batch, count);
    batch->first = address;
    atomic_in_sequence();
    batch->bits = (uint64_t)1 << (address >> ALIGN_SHIFT & 63);
}

/* Adds a block that lies in the same word as the last block. False, and nothing done, if it does
   not, or was added before. */
ALWAYS_INLINE bool remote_batch_add_to_word(struct batch *batch, uintptr_t address) {
    uint64_t bit = (uint64_t)1 << (address >> ALIGN_SHIFT & 63);
    if ((batch->first ^ address) >= WORD_SPAN || (batch->bits & bit)) return false;
    batch->bits |= bit;
    return true;
}

/* Adds a block with so many usable bytes to an open message. False, and nothing done: it is full
   then, or may be. */
ALWAYS_INLINE bool remote_batch_put(struct batch *batch, uintptr_t address, size_t usable) {
    if (unlikely(batch->bytes <= usable)) return false;
    if (!remote_batch_add_to_word(batch, address)) {
        uint64_t count = atomic_u64_load(&batch->message->count);
        if (unlikely(count + BATCH_ROOM + 2 > MESSAGE_ENTRIES)) return false;
        remote_batch_add(batch, count, address, usable);
    }
    batch->bytes -= usable;
    return true;
}

/* Frees a live block of the heap `to`, with so many usable bytes, by the caller's heap. True if
   something was posted: the moment for allocate_poll. */
static inline bool remote_free(struct heap *heap, struct heap *to, uintptr_t address,
                               size_t usable) {
    struct batch *batch = remote_batch(heap, to);
    if (batch->to == to && remote_batch_put(batch, address, usable)) return false;
    return remote_free_slow(heap, to, address, usable);
}

/* Frees a block for which a message of this heap is open; `pool` is what window_look_up says of its
   address. False, and nothing done, for every other address, and where the message is full. A heap
   that a message is open to is another than this one, and the tag of none but its pools leads to
   it. */
ALWAYS_INLINE bool remote_free_fast(struct heap *heap, struct pool *pool, uintptr_t address) {
    uint64_t tag = atomic_u64_load(&pool->tag);
    struct heap *to = (struct heap *)(tag ^ align_down(address, POOL_SIZE));
    struct batch *batch = remote_batch(heap, to);
    if (unlikely(tag == 0 || batch->to != to || address % ALIGN != 0)) return false;
    uint64_t bit = (uint64_t)1 << (address >> ALIGN_SHIFT & 63);
    if (POOLALLOC_LIVE_BITS && unlikely(!(atomic_u64_load(pool_live(pool, address)) & bit)))
        return false;
    return remote_batch_put(batch, address,
                            size_classes[atomic_u8_load(&pool->class_index)].stride);
}

/* True if the heap has freed so much for others that it should see to it that it goes back. */
bool remote_has_sent_much(const struct heap *heap);

static inline bool remote_is_waiting(const struct heap *heap) { return inbox_calls(heap); }

#ifdef __cplusplus
}
#endif

#endif
