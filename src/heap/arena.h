/* SPDX-License-Identifier: MIT */
/*
 * arena.h - arenas cut into pools, kept sorted by fullness in O(1).
 *
 * Arenas of pools are ranked by their number of free pools; a pool is taken from the fullest that
 * has one, so that the emptiest drain and go back. There are 64 lists and one word that tells which
 * are not empty; a wholly free arena returns to the free ranges at once. An arena of rank 0 has
 * nothing to take and is on no list that is searched. Where no arena of pools has room, short
 * ranges between runs are used before an arena is cut.
 *
 * Called with the space lock held. Pools are named by address.
 */
#ifndef POOLALLOC_ARENA_H
#define POOLALLOC_ARENA_H

#include "heap/window.h"

#ifdef __cplusplus
extern "C" {
#endif

struct arena_pools {  /* some pools of one arena */
    uintptr_t base;   /* of the arena */
    uint64_t pools;   /* bit n: the pool at base + n * POOL_SIZE */
    uint64_t touched; /* those of them that may hold old contents; the others read as zero */
};

/* Takes 1 to `wanted` pools, those with memory behind them first. False: no memory. */
bool arena_take_pools(unsigned wanted, struct arena_pools *taken);
/* Gives back pools of one arena. */
void arena_return(uintptr_t base, uint64_t pools);
/* Makes all lists anew from the arenas' words, after a fork and space_rebuild. */
void arena_rebuild(void);
/* Ends the process if the lists, ranks and words of all arenas do not agree. */
void arena_check(void);

#ifdef __cplusplus
}
#endif

#endif
