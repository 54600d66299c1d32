/* SPDX-License-Identifier: MIT */
/*
 * heap.h - what one thread owns: its pools and spans by size class, and the fast paths of malloc
 * and free. A heap is used by one thread at a time, its owner, and needs no lock or atomic; other
 * threads' frees come in through the inbox (remote.h).
 *
 * States of a pool (or span), and what moves it on:
 *   ACTIVE   the pool of its class that malloc takes blocks from, a word of bitmap at a time.
 *            No word with a free block left -> FULL.
 *   FULL     on no list. `needed` frees -> PARTIAL: a few at a time, so that a pool which is full
 *            but for one block does not come back for every free.
 *   PARTIAL  on the list of its class. Taken by malloc -> ACTIVE; last block freed -> EMPTY.
 *   EMPTY    no live block. Kept for the next pool of any class, or given back to its arena.
 *
 * Invariants, which heap_check checks:
 *   H1 a bit is set if and only if a live block starts there, and only where one can start
 *   H2 PARTIAL: needed = number of live blocks > 0;  FULL: 1 <= needed <= number of live blocks
 *   H3 bins[c].word points into the ACTIVE pool of c, and to `all_taken` when there is none
 */
#ifndef POOLALLOC_HEAP_H
#define POOLALLOC_HEAP_H

#include "heap/arena.h"
#include "heap/block.h"
#include "heap/size_class.h"
#include "heap/window.h"

enum pool_state { POOL_EMPTY, POOL_ACTIVE, POOL_PARTIAL, POOL_FULL };

/* Where malloc finds the next block of a class: 32 bytes, two to a cache line. */
struct bin {
    struct atomic_u64 *word; /* of the bitmap of the active pool */
    uintptr_t base;          /* address of the block of bit 0 */
    uint64_t starts;         /* bits of the word at which blocks start; 0: every malloc is slow */
    uint64_t unit;           /* bytes per bit */
};

struct class_pools {
    struct pool *active;
    struct link partial; /* of struct pool */
};

/* Blocks of one other heap, linked through their first word, on their way there. */
struct batch {
    struct heap *to; /* NULL: unused */
    uintptr_t first, last;
    size_t bytes;
};

enum {
    HEAP_EMPTY_POOLS = 16, /* kept for reuse: 64 KiB */
    HEAP_BATCHES = 8,
};

enum heap_state { HEAP_IN_USE, HEAP_PARKED, HEAP_BUSY, HEAP_ORPHAN };

struct heap {
    struct bin bins[CLASS_COUNT];
    struct class_pools classes[CLASS_COUNT];

    struct arena_pools reserve; /* taken from an arena, unused so far */
    uintptr_t empty[HEAP_EMPTY_POOLS];
    unsigned empty_count;

    unsigned polls;      /* counts slow paths, to look at clocks only now and then */
    uint32_t trim_seen;  /* the last trim (allocate.h) that this heap took part in */
    bool counting;       /* bins are kept empty, so that every malloc is counted in `served` */
    uint64_t served;     /* blocks handed out, if counting */

    struct batch batches[HEAP_BATCHES];
    size_t batched_bytes;
    uintptr_t drained; /* blocks taken from the inbox and not looked at yet */

    struct heap *next;        /* all heaps there are */
    struct heap *next_parked; /* under the space lock */

    /* Written by other threads: a line of its own. */
    CACHE_ALIGNED struct atomic_u64 inbox; /* first of a list of blocks freed by other threads */
    struct atomic_u32 state;               /* enum heap_state */
};

#ifdef __cplusplus
extern "C" {
#endif

/* A word without a free block. */
extern struct atomic_u64 all_taken;

void heap_init(struct heap *heap);

/* Takes a block of the class from the pools that the heap has, or else from a new one. NULL: no
   memory. */
void *heap_take(struct heap *heap, unsigned class_index);
/* The same, without taking pools from the arenas. */
void *heap_take_own(struct heap *heap, unsigned class_index);
/* Frees a live block of this heap. */
void heap_free(struct heap *heap, const struct block *block);
/* The pool's `needed` has come down to 0: moves it to its next state. True if it stays active,
   which is the moment for what should happen now and then. */
bool heap_pool_turn(struct heap *heap, struct pool *pool);
/* Gives all pools without a live block back to the arenas. */
void heap_release(struct heap *heap);
/* No pool is ACTIVE any more: what has free blocks is PARTIAL, for heap_move_pool. */
void heap_close_bins(struct heap *heap);
/* Hands a PARTIAL pool of the class over to another heap; false if there is none. */
bool heap_move_pool(struct heap *from, struct heap *to, unsigned class_index);
/* Ends the process if an invariant does not hold. */
void heap_check(struct heap *heap);

/* A block that was never freed before in memory that was zero: calloc need not clear it. */
bool heap_block_is_zero(const struct block *block);

static inline uint16_t *pool_needed(const struct pool *pool) {
    return &window_of(pool)->needed[window_pool_index(pool->base)];
}
static inline struct atomic_u64 *pool_words(const struct pool *pool) {
    return &window_of(pool)->front.bits[window_word_index(pool->base)];
}

/* ---- Fast paths ---- */

/* Relaxed atomics, because threads that free blocks of this heap read the word; nothing else is
   ordered by it. */
ALWAYS_INLINE uint64_t bin_free_starts(const struct bin *bin) {
    return ~atomic_u64_load(bin->word) & bin->starts;
}

/* The block of the lowest of the free starts, which are not 0. */
ALWAYS_INLINE void *bin_take(struct bin *bin, uint64_t free_starts) {
    uint64_t bit = bit_lowest(free_starts);
    atomic_u64_store(bin->word, atomic_u64_load(bin->word) | (uint64_t)1 << bit);
    return (void *)(bin->base + bit * bin->unit);
}

/* The bin of a small request: 32 bytes of bins to ALIGN bytes of size, rounded up. */
ALWAYS_INLINE struct bin *heap_small_bin(struct heap *heap, size_t rounded) {
    return (struct bin *)((char *)heap->bins + rounded * (sizeof(struct bin) / ALIGN));
}

/* A block for a small request, or NULL: for the slow path to say why. Rounding wraps to bin 0,
   which is always empty, for sizes near SIZE_MAX. */
ALWAYS_INLINE void *heap_take_fast(struct heap *heap, size_t size) {
    size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (unlikely(rounded > SMALL_MAX)) return NULL;
    struct bin *bin = heap_small_bin(heap, rounded);
    uint64_t free_starts = bin_free_starts(bin);
    if (unlikely(free_starts == 0)) return NULL;
    void *block = bin_take(bin, free_starts);
    if (block == NULL) __builtin_unreachable();
    return block;
}

/* Frees a live small block of this heap at once. False, and nothing done, for every other address:
   one comparison finds owner, kind and alignment, the bit whether a live block starts there. A
   pool that is due to change state is left to *turn. */
ALWAYS_INLINE bool heap_free_fast(struct heap *heap, uintptr_t address, struct pool **turn) {
    uint64_t word = window_word_index(address), pool = window_pool_index(address);
    struct window_front *front = window_front_at((address >> WINDOW_SHIFT) & (WINDOW_SLOTS - 1));
    uint64_t offset = atomic_u64_load(&front->tag[pool]) ^ address ^ (uintptr_t)heap;
    uint64_t granule = rotate_right(offset, ALIGN_SHIFT);
    if (unlikely(granule >= POOL_SIZE / ALIGN)) return false;
    uint64_t bits = atomic_u64_load(&front->bits[word]);
    if (unlikely(!(bits >> (granule & 63) & 1))) return false;
    atomic_u64_store(&front->bits[word], bits & ~((uint64_t)1 << (granule & 63)));
    struct window *window = (struct window *)front;
    if (unlikely(--window->needed[pool] == 0)) *turn = &window->record[pool].pool;
    return true;
}

/* The same for blocks of this heap's spans. */
ALWAYS_INLINE bool heap_free_span_fast(struct heap *heap, uintptr_t address, struct pool **turn) {
    struct window_front *front = window_front_at((address >> WINDOW_SHIFT) & (WINDOW_SLOTS - 1));
    uintptr_t page = align_down(address, POOL_SIZE);
    uint64_t tag = atomic_u64_load(&front->tag[window_pool_index(address)]) ^ page ^ (uintptr_t)heap;
    if ((tag & (((uint64_t)1 << TAG_OFFSET_SHIFT) - 1)) != (uint64_t)TAG_SPAN << TAG_KIND_SHIFT)
        return false;
    uintptr_t first = page - (uintptr_t)tag_offset(tag) * POOL_SIZE;
    struct window *window = (struct window *)front;
    struct pool *pool = &window->record[window_pool_index(first)].pool;
    const struct size_class *c = &size_classes[pool->class_index];
    uint64_t index = (uint64_t)(address - first) * c->reciprocal >> 32;
    struct atomic_u64 *words = &front->bits[window_word_index(first)];
    uint64_t bits = atomic_u64_load(&words[0]), bit = (uint64_t)1 << index;
    if (index * c->stride != address - first || !(bits & bit)) return false;
    atomic_u64_store(&words[0], bits & ~bit);
    atomic_u64_store(&words[1], atomic_u64_load(&words[1]) | bit); /* span_used_before */
    if (unlikely(--window->needed[window_pool_index(first)] == 0)) *turn = pool;
    return true;
}

#ifdef __cplusplus
}
#endif

#endif
