/* SPDX-License-Identifier: MIT */
/*
 * purge.h - free memory goes back to the system, by amount and by age.
 *
 * By amount: pages that are free and have memory behind them are idle. When they are more than the
 * allowance, the excess goes back at once, where it became free: a process that frees most of what
 * it had and falls quiet has given it back by then, and no later call is needed. The allowance is a
 * share of the pages in use, or of those that the process has taught: pages that were purged by
 * amount and are asked for again soon. What was taught fades as time passes. Pages that are asked
 * for again at once earn as much room as they are and more: a process whose queues run full and
 * empty many times a second is in the middle of its work when they are empty. What it does not need
 * of that room is forgotten after some ms, as it may be a peak that began so. All this takes longer
 * where pages cost more than usual (price.h), as programs do. Of the memory that
 * the process may have at all it is never above a quarter, nor above what the pages in use leave.
 *
 * By age: arenas with idle pages wait in a queue and are looked at every half delay. Pages that
 * were free at the last look too are purged, in runs; the others wait for the next look. So a page
 * is purged after half a delay to a whole one without use, and an arena in steady use keeps what it
 * uses.
 *
 * Invariants, which purge_check checks, over all arenas:
 *   P1 idle pages = sum of bits in free and touched
 *   P2 pages in use = all pages - sum of bits in free
 *   P3 young and refault are parts of free
 *   P4 idle pages are between the least and the most that were seen since the last look at them
 *
 * All functions but purge_is_due, purge_wait, purge_rows, purge_in_use, purge_fresh and
 * purge_read_limit need the space lock.
 */
#ifndef POOLALLOC_PURGE_H
#define POOLALLOC_PURGE_H

#include "heap/window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* These pages of the arena became free just now; their bits in arena->free are set. */
void purge_freed(struct arena *arena, uint64_t pages);
/* These pages of the arena were free until now; their bits in arena->free are clear. */
void purge_taken(struct arena *arena, uint64_t pages);
/* So many pages came to the arenas, in use at first, or left them. */
void purge_count_pages(size_t more);
/* So many pages of direct mappings are in use from now on, or no longer; some of them may be what
   purge_unmapped was told of. */
void purge_count_direct(size_t more, size_t less);
/* So many pages with memory behind them were unmapped rather than kept. */
void purge_unmapped(size_t pages);
/* The process and what else is in its control group may have so many bytes of memory. */
void purge_set_limit(size_t bytes);
/* Sets the limit of the process's control group, if it has one, and returns it, or SIZE_MAX. Once,
   at start-up. */
size_t purge_read_limit(void);
/* True if so many more idle pages would still be within the allowance. */
bool purge_allows(size_t pages);
/* Gives back the idle pages above the allowance. */
void purge_excess(void);
/* Gives back idle pages above the allowance until at least so many went, for who must not wait long
   and comes again soon. */
void purge_excess_some(size_t pages);
/* Gives the memory of the pages from `base` on, one bit each, back to the system, in as few calls
   as can be: pages of `through` may lie in between. Only whole OS pages go, and nothing that the
   kernel refuses. Returns the pages that went, a row of bits for each call. Needs no lock. */
uint64_t purge_rows(uintptr_t base, uint64_t pages, uint64_t through);

/* Cheap enough for any slow path: true if an arena is due at that time of os_clock_ms. */
bool purge_is_due(uint64_t now);
/* Purges what is due, a bounded part of it at a time so that the lock is not held for long. */
void purge_step(void);
/* Purges what is due until at least so many pages went. */
void purge_step_some(size_t pages);
/* Purges all that is free, whatever its age, but for `keep` bytes; returns the bytes given back. */
size_t purge_all(size_t keep);
/* Whatever is free now waits to be purged: after a time without purging (PURGE_NEVER), or a change
   of options.purge_keep. */
void purge_requeue(void);
/* Forgets queue and figures; purge_count_pages and purge_freed follow for each arena, and
   purge_count_direct. After a fork. */
void purge_reset(void);
/* Forgets what the process has taught. */
void purge_forget_for_test(void);
/* Ends the process if an invariant does not hold. */
void purge_check(void);

/* Runs of pages given back so far; the variable for readers of other processes. */
extern size_t purge_runs;
size_t purge_count(void);
/* Pages that are free and have memory behind them. */
size_t purge_idle(void);
/* Pages that were asked for again after they had gone back by amount, so far. Who takes pages
   compares before and after: what went too early had better come back at once (os_populate). */
size_t purge_refaults(void);
/* Pages in use; a look without the lock will do. */
size_t purge_in_use(void);
/* Pages that had no memory behind them when they were taken, so far; a look without the lock will
   do. */
uint64_t purge_fresh(void);
/* Milliseconds until something is due, at most `limit`. */
unsigned purge_wait(unsigned limit);

#ifdef __cplusplus
}
#endif

#endif
