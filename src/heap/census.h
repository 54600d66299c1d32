/* SPDX-License-Identifier: MIT */
/*
 * census.h - counting what is there, by a walk over all windows: the fast paths count nothing.
 * Exact for the calling thread's blocks; other threads go on meanwhile.
 */
#ifndef POOLALLOC_CENSUS_H
#define POOLALLOC_CENSUS_H

#include "heap/heap.h"

struct census {
    size_t used_bytes, used_blocks; /* live blocks, by usable size */
    size_t waiting_bytes;           /* in quarantine */
    size_t touched_bytes;           /* that may have memory behind them, live or free */
    size_t mapped_bytes, mapped_peak;
    size_t metadata_bytes;
    size_t arenas, pools, span_pools, runs; /* arenas in use; others with a live block's start */
    size_t direct_blocks, direct_bytes, direct_blocks_peak, direct_bytes_peak;
    size_t heaps, purges, lock_takings;
    uint64_t served;                  /* blocks handed out by all heaps, */
    bool served_is_known;             /* if they were counted */
    size_t class_blocks[CLASS_COUNT]; /* live ones */
    size_t class_free[CLASS_COUNT];   /* spare or at hand, in pools and spans that heaps have */
    size_t arena_bytes;               /* address space of arenas */
    size_t free_runs;                 /* of free pools side by side in arenas, and of free arenas */
    size_t releasable_bytes;          /* free, touched, and not held by a heap */
};

#ifdef __cplusplus
extern "C" {
#endif

void census_make(struct census *census);
/* The sum of class_free. */
size_t census_free_blocks(const struct census *census);
/* Ends the process if any invariant does not hold; no other thread may allocate or free. */
void census_check(void);

#ifdef __cplusplus
}
#endif

#endif
