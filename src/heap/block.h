/* SPDX-License-Identifier: MIT */
/*
 * block.h - from an address to the block there, with every check: the one place where addresses
 * that programs hand in are judged. free, realloc, malloc_usable_size and the drain of remote frees
 * all come here; the fast path of free (heap.h) does the same for blocks of the caller's heap.
 */
#ifndef POOLALLOC_BLOCK_H
#define POOLALLOC_BLOCK_H

#include "heap/fault.h"
#include "heap/pool.h"
#include "heap/size_class.h"

struct block {
    uintptr_t address;
    size_t usable; /* bytes from address to the block's end */
    enum tag_kind kind;
    /* For blocks of pools and spans: */
    unsigned class_index;
    struct heap *heap;       /* the owner */
    struct atomic_u64 *word; /* of the live bits, and the block's bit in it */
    uint64_t bit;
    /* For runs and direct mappings: */
    struct large *large;
};

#ifdef __cplusplus
extern "C" {
#endif

/* Fills *block if the result is BLOCK_LIVE, or BLOCK_FREED in a pool. Any address will do. */
enum block_fault block_find(uintptr_t address, struct block *block);

/* True if the address lies in a pool or span and is aligned; fills *block, whether or not a live
   block starts there. */
ALWAYS_INLINE bool block_find_pool(uintptr_t address, struct block *block) {
    struct pool *pool = window_look_up(address);
    uintptr_t page = align_down(address, POOL_SIZE);
    uint64_t tag = atomic_u64_load(&pool->tag), owner = tag ^ page;
    if (unlikely(tag == 0 || owner >> TAG_KIND_SHIFT != 0 || address % ALIGN != 0)) return false;
    block->address = address;
    block->kind = TAG_HEAP;
    block->heap = (struct heap *)owner;
    block->word = pool_live(pool, address);
    block->bit = (uint64_t)1 << (address >> ALIGN_SHIFT & 63);
    block->class_index = atomic_u8_load(&pool->class_index);
    block->usable = size_classes[block->class_index].stride;
    return true;
}

/* The common case of block_find, inline: true if a live block of a pool or span starts there. */
ALWAYS_INLINE bool block_find_live(uintptr_t address, struct block *block) {
    return block_find_pool(address, block) &&
           (!POOLALLOC_LIVE_BITS || (atomic_u64_load(block->word) & block->bit));
}

/* Where the place for a block begins that the address lies in, whether or not one is live there;
   the address itself if it lies in no pool. */
uintptr_t block_place(uintptr_t address);

/* Ends the process with the line that says what is wrong with the address given to `function`. */
__attribute__((noreturn)) void block_fail(const char *function, enum block_fault fault,
                                          uintptr_t address);

/* block_find or block_fail. */
static inline void block_require(const char *function, const void *pointer, struct block *block) {
    if (likely(block_find_live((uintptr_t)pointer, block))) return;
    enum block_fault fault = block_find((uintptr_t)pointer, block);
    if (unlikely(fault != BLOCK_LIVE)) block_fail(function, fault, (uintptr_t)pointer);
}

/* ---- A block's life ----
 * Relaxed atomics for live bits, because threads that free blocks of the heap read them; nothing
 * else is ordered by them. */

ALWAYS_INLINE void *block_make_live(struct atomic_u64 *word, uintptr_t block) {
    uint64_t bit = (uint64_t)1 << (block >> ALIGN_SHIFT & 63);
    if (POOLALLOC_LIVE_BITS) atomic_u64_store(word, atomic_u64_load(word) | bit);
    return (void *)block;
}

/* Clears the live bit of a block of this heap, whose pool is to be `pool`, and returns its word.
   NULL, and nothing done, for every other address: one comparison finds the owner and misalignment,
   the bit whether a live block starts there. */
ALWAYS_INLINE struct atomic_u64 *block_end_life(struct heap *heap, struct pool *pool,
                                                uintptr_t address) {
    uint64_t place =
        rotate_right(atomic_u64_load(&pool->tag) ^ address ^ (uintptr_t)heap, ALIGN_SHIFT);
    if (unlikely(place >= POOL_SIZE / ALIGN)) return NULL;
    struct atomic_u64 *word = &pool->live[place / 64];
    uint64_t live = atomic_u64_load(word);
    if (POOLALLOC_LIVE_BITS && unlikely(!bit_clear(&live, place))) return NULL;
    if (POOLALLOC_LIVE_BITS) atomic_u64_store(word, live);
    return word;
}

#ifdef __cplusplus
}
#endif

#endif
