/* SPDX-License-Identifier: MIT */
/*
 * hedge.h - inaccessible pages behind some runs: with guard_pages=on every few spans are taken with
 * a page more, which is a hedge until the span goes back. What runs through the blocks of spans
 * ends there.
 *
 * A hedge has no memory. It belongs to the run that ends where it begins, which gives it back.
 *
 * X1 A hedge is not free. X2 As many are counted as the arenas say.
 *
 * All of it is under the space lock.
 */
#ifndef POOLALLOC_HEDGE_H
#define POOLALLOC_HEDGE_H

#include "heap/window.h"

enum {
    HEDGE_EVERY = 4,    /* one span in so many has one */
    HEDGES_MOST = 2048, /* each takes two of the mappings that the system allows */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Pages to be taken behind the next span: one that is to be a hedge, or none. */
unsigned hedge_due(void);
/* The page, which is taken, is a hedge now. False: it can't be one. */
bool hedge_put(uintptr_t page);
/* A run that ends at `end` goes back. If a hedge is behind it, the page is accessible again and no
   hedge any more; the result is its size. 0: there is none, or the system refuses, and it stays. */
size_t hedge_remove(uintptr_t end);
/* Counts the hedges anew, after a fork. */
void hedge_rebuild(void);
/* Ends the process if an invariant does not hold. */
void hedge_check(void);

#ifdef __cplusplus
}
#endif

#endif
