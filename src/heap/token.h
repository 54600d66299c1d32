/* SPDX-License-Identifier: MIT */
/*
 * token.h - the token of each pool, a word beside the records: who has it may take pending bits
 * away and change the owner of a pool that has live blocks (docs/protocol.md). A span's is that of
 * its first pool.
 *
 *   token = forks << 48 | next item (inbox.h) | 1; or 0: free
 *
 * It is free, too, if its number of forks is not the present one: who had it does not exist in the
 * child. Tokens are never purged.
 */
#ifndef POOLALLOC_TOKEN_H
#define POOLALLOC_TOKEN_H

#include "heap/heap.h"

enum { TOKEN_TAKEN = 1, TOKEN_FORKS_SHIFT = 48 };

#ifdef __cplusplus
extern "C" {
#endif

/* The number of forks, shifted to its place, which tokens get that are taken from now on. */
extern struct atomic_u64 token_forks;

static inline struct atomic_u64 *token_of(struct pool *pool) {
    struct window *window = window_of(pool);
    return &window_tokens(window)[(union record *)pool - window->record];
}

static inline bool token_is_taken(struct pool *pool) {
    uint64_t token = atomic_u64_load_ordered(token_of(pool));
    return token != 0 &&
           token >> TOKEN_FORKS_SHIFT == atomic_u64_load(&token_forks) >> TOKEN_FORKS_SHIFT;
}

/* False if somebody has it. */
static inline bool token_try(struct pool *pool) {
    uint64_t forks = atomic_u64_load(&token_forks);
    uint64_t old = atomic_u64_load_ordered(token_of(pool));
    if (old != 0 && old >> TOKEN_FORKS_SHIFT == forks >> TOKEN_FORKS_SHIFT) return false;
    return atomic_u64_replace_ordered(token_of(pool), &old, forks | TOKEN_TAKEN);
}

static inline void token_let_go(struct pool *pool) {
    atomic_u64_exchange_ordered(token_of(pool), 0); /* partner: token_try */
}

/* Called by who has the token: the next item of an inbox lies in it. */
static inline void token_set_next(struct pool *pool, uint64_t item) {
    atomic_u64_store(token_of(pool), atomic_u64_load(&token_forks) | item | TOKEN_TAKEN);
}

static inline uint64_t token_next(struct pool *pool) {
    uint64_t item = atomic_u64_load(token_of(pool)) & (((uint64_t)1 << TOKEN_FORKS_SHIFT) - 1);
    return item & ~(uint64_t)TOKEN_TAKEN;
}

static inline uint64_t token_take_next(struct pool *pool) {
    uint64_t item = token_next(pool);
    token_set_next(pool, 0);
    return item;
}

#ifdef __cplusplus
}
#endif

#endif
