/* SPDX-License-Identifier: MIT */
/*
 * span.h - which blocks of a span may have memory behind them. A span is what its heap takes for
 * blocks above 512 bytes: pools side by side in one window. Blocks without memory read as zero.
 *
 * The owner of the span alone comes here.
 */
#ifndef POOLALLOC_SPAN_H
#define POOLALLOC_SPAN_H

#include "heap/pool.h"
#include "heap/size_class.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The second word of a span's spare bits: blocks that may have memory behind them. */
static inline uint64_t *span_used(struct pool *pool) { return pool_spare(pool) + 1; }
static_assert(POOL_WORDS >= 2, "the first word has the spare blocks, the second the used ones");

/* Spare blocks that may have memory behind them. */
static inline uint64_t span_spare_used(struct pool *pool) {
    return *pool_spare(pool) & *span_used(pool);
}
/* Bytes of the spare blocks that may have memory behind them. */
size_t span_idle_bytes(struct pool *pool);
/* The live blocks, by the bits of their indices. */
uint64_t span_live(struct pool *pool, const struct size_class *c);
/* The pages of a PARTIAL span that only spare blocks lie on go back to the system. Blocks of which
   nothing is left are no longer used ones. */
void span_purge(struct pool *pool);

#ifdef __cplusplus
}
#endif

#endif
