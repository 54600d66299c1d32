/* SPDX-License-Identifier: MIT */
/*
 * pool.h - pools and spans by their records (window.h). A span is a row of pools in one window that
 * hold the blocks of one class above 512 bytes; its first pool speaks for it.
 */
#ifndef POOLALLOC_POOL_H
#define POOLALLOC_POOL_H

#include "heap/tag.h"
#include "heap/window.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline uint8_t pool_class(const struct pool *pool) {
    return atomic_u8_load(&pool->class_index);
}
/* The first of the span that a pool is part of. */
static inline struct pool *pool_first(struct pool *pool) {
    return &((union record *)pool - atomic_u8_load(&pool->offset))->pool;
}
/* The pool with a word of live bits: records are aligned to their size. */
static inline struct pool *pool_of_live(struct atomic_u64 *live) {
    return (struct pool *)align_down((uintptr_t)live, sizeof(union record));
}
/* The word with the live bit of an address in the pool. */
ALWAYS_INLINE struct atomic_u64 *pool_live(struct pool *pool, uintptr_t address) {
    return &pool->live[address >> WORD_SHIFT & (POOL_WORDS - 1)];
}

/* Live blocks that start in a pool. */
static inline unsigned pool_live_blocks(const struct pool *pool) {
    unsigned count = 0;
    for (unsigned w = 0; w < POOL_WORDS; w++) count += bit_count(atomic_u64_load(&pool->live[w]));
    return count;
}
static inline uint64_t *pool_spare(struct pool *pool) {
    struct window *window = window_of(pool);
    return &window->spare[((union record *)pool - window->record) * POOL_WORDS];
}
/* Bits of blocks that others have freed, POOL_WORDS of them: see pending.h. */
static inline struct atomic_u64 *pool_pending(struct pool *pool) {
    struct window *window = window_of(pool);
    return &window_pending(window)[((union record *)pool - window->record) * POOL_WORDS];
}
/* The heap that has the pool, if any; for pages that are no large block's. */
static inline struct heap *pool_owner(const struct pool *pool) {
    return tag_heap(atomic_u64_load(&pool->tag), window_record_base(pool));
}
/* Gives all pools of a span, or a pool of its own, to a heap, or to nobody: NULL. */
void pool_set_owner(struct pool *pool, struct heap *heap);

#ifdef __cplusplus
}
#endif

#endif
