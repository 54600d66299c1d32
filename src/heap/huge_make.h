/* SPDX-License-Identifier: MIT */
/*
 * huge_make.h - when a process gets huge pages, from HUGE_FROM pages in use on.
 *
 * Pools and spans: when no free memory serves whoever is about to take some from the arenas, 2 MiB
 * of it are made first, in one huge page. It lies in the ranges like other free pages with memory
 * behind them, which are taken first; so no more than one waits for use. Where the system has none,
 * or takes long, the next try waits for a number of fresh pages, twice as many each time.
 *
 * With huge_pages=early it is HUGE_FROM_EARLY pages, and large blocks in arenas have a share:
 * memory is made for them as for spans, and what they hold of whole huge pages, and the one that
 * they end in, gets them at the first write, if the last tries took no longer than small pages, and
 * if the program does not ask for zeros, as those who do may write little of them. That is not for
 * everybody: nobody sees what such a write takes, and programs that let blocks grow by doubling
 * leave a part of them unwritten.
 */
#ifndef POOLALLOC_HUGE_MAKE_H
#define POOLALLOC_HUGE_MAKE_H

#include "heap/huge.h"
#include "heap/range.h"

#ifdef __cplusplus
extern "C" {
#endif

/* True if it may be time for huge_make; without the lock. */
bool huge_make_is_due(void);
/* Makes 2 MiB of free memory, if that is still due and what is there does not serve the next
   request. Takes the space lock. */
void huge_make(const struct range_request *next);
/* Makes memory where the next request is for an arena of pools. */
static inline void huge_make_for_arena(void) {
    const struct range_request arena = {ARENA_POOLS, ARENA_SIZE, 0};
    huge_make(&arena);
}
/* Makes memory where the next request is for a large block. */
static inline void huge_make_for_run(const struct range_request *run) {
    if (unlikely(options.huge_pages == HUGE_PAGES_EARLY && huge_make_is_due())) huge_make(run);
}
/* Asks for huge pages in a run that has just been taken, where none of it was touched. With the
   lock. */
void huge_make_in_run(uintptr_t base, size_t size);

#ifdef __cplusplus
}
#endif

#endif
