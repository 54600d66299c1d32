/* SPDX-License-Identifier: MIT */
/*
 * huge.h - huge pages for heaps that are large and grow: a fault of 2 MiB takes far less time than
 * as many small ones, and their addresses are translated faster.
 *
 * Before a part of a huge page is purged it is split, as what is gone would stay charged to the
 * process; the place has small pages from then on. One that is free as a whole goes as a whole.
 *
 * Invariants, which huge_check checks:
 *   U1 if the first arena of 2 MiB says that it is one huge page, all of it has memory behind it
 *   U2 as many places say so as are counted
 */
#ifndef POOLALLOC_HUGE_H
#define POOLALLOC_HUGE_H

#include "heap/window.h"
#include "os/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Pages in use from which on a process can have huge pages: 64 MiB. So the one that waits for use
   is a small part of its memory. With huge_pages=early they are 8 MiB. */
#define HUGE_FROM (64 * MIB / POOL_SIZE)
#define HUGE_FROM_EARLY (8 * MIB / POOL_SIZE)
#define HUGE_SIZE (2 * MIB)
#define HUGE_ARENAS (HUGE_SIZE / ARENA_SIZE)

/* True if a process with so many pages can have huge ones. */
static inline bool huge_is_for(size_t pages) {
    if (unlikely(options.huge_pages != HUGE_PAGES_ON))
        return options.huge_pages == HUGE_PAGES_EARLY && pages >= HUGE_FROM_EARLY;
    return pages >= HUGE_FROM;
}
/* The arenas of 2 MiB from `base` on have one huge page behind them. With the space lock, as all
   below but huge_any. */
void huge_mark(uintptr_t base);
/* True if the arena is part of a huge page. */
bool huge_has(struct arena *arena);
/* True if any has been marked and not left: without the lock, for the owner of pages, which may
   have been marked before he took them but not since. */
bool huge_any(void);
/* The place of its huge page is to have small ones from now on, before a part of it is purged or
   unmapped. True if all of it is free, and to be purged as a whole. */
bool huge_give_up(struct arena *arena);
/* The first of the arenas whose 2 MiB this one is in; they lie side by side. */
struct arena *huge_first(struct arena *arena);
/* Counts the huge pages anew, after a fork that left the number in doubt. */
void huge_rebuild(void);
/* Ends the process if an invariant does not hold. */
void huge_check(void);

#ifdef __cplusplus
}
#endif

#endif
