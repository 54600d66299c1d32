/* SPDX-License-Identifier: MIT */
/*
 * space.h - address space, in arenas of 256 KiB: chunks mapped from the system and free ranges of
 * arenas with coalescing.
 *
 * Ranges: every arena of ours is either in use (its kind says by whom) or FREE in exactly one
 * range. The first and the last arena of a range hold its length; neighbouring ranges are always
 * merged, across chunks too. The smallest range that is long enough is taken (one bit word finds
 * it), the most recently freed of its length, which is the likeliest to be resident; and of a range
 * the end that has memory behind it.
 */
#ifndef POOLALLOC_SPACE_H
#define POOLALLOC_SPACE_H

#include "heap/space_lock.h"
#include "heap/window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All of this needs the space lock. */

/* Address space for blocks. */
struct space_request {
    size_t size, alignment;
    size_t covered; /* bytes from the start that windows are needed for */
    bool guarded;   /* between inaccessible OS pages, which are not part of `size` */
};
/* Maps it, at `hint` if possible, where it and its windows can be; 0: no memory. */
uintptr_t space_map(const struct space_request *request, uintptr_t hint);

/* The first of `count` free arenas side by side, or NULL. All are now ARENA_EXTENT_TAIL, with no
   free pool; their `touched` tells which pools may hold old contents. */
struct arena *space_take(size_t count);
/* One arena, rather of a range that was used, though there may be a shorter one. */
struct arena *space_take_used(void);
/* As space_take; the address of the first is a multiple of `alignment`, a power of two. */
struct arena *space_take_aligned(size_t count, size_t alignment);
/* The `more` arenas right behind an extent of `count`, if they are free. */
bool space_extend(struct arena *first, size_t count, size_t more);
/* Gives arenas back: all their pools are free. */
void space_return(struct arena *first, size_t count);
/* Unmaps free ranges, for when the system has no more to give; true if anything went. */
bool space_release(void);
/* False if the system would not map `size` bytes even after it got `held` bytes back. */
bool space_could_map(size_t size, size_t held);

/* All lists anew from the arenas' words, after a fork that left them in doubt. An arena whose taker
   is gone stays taken. */
void space_rebuild(void);
/* Ends the process if the ranges and the arenas' words do not agree. */
void space_check(void);

/* Bytes of address space mapped for blocks; a direct mapping is counted through space_count. */
struct space_figures {
    size_t mapped, mapped_peak;
    size_t direct_blocks, direct_bytes, direct_cached; /* live ones; bytes of cached ones */
    size_t direct_blocks_peak, direct_bytes_peak;
    size_t chunks;
    size_t free;     /* bytes of free ranges */
    size_t in_pools; /* bytes of arenas that are cut into pools and spans */
};
extern struct space_figures space_figures;
void space_count(size_t bytes_more, size_t bytes_less);

#ifdef __cplusplus
}
#endif

#endif
