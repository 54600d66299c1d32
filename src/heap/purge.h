/* SPDX-License-Identifier: MIT */
/*
 * purge.h - free memory goes back to the system by age. Arenas with free pools that have memory
 * behind them wait in a queue, and are looked at every half delay. Those pools that were free at
 * the last look too are purged, in runs; the others wait for the next look. So a pool is purged
 * after half a delay to a whole one without use, and an arena in steady use keeps what it uses.
 *
 * All functions but purge_is_due need the space lock.
 */
#ifndef POOLALLOC_PURGE_H
#define POOLALLOC_PURGE_H

#include "heap/window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* These pools of the arena, which are in arena->free and touched, became free just now. */
void purge_note(struct arena *arena, uint64_t pools);
/* Cheap enough for any slow path: true if an arena is due. */
bool purge_is_due(void);
/* Purges what is due, at most a few MiB at a time so that the lock is not held for long. */
void purge_step(void);
/* Purges all that is free, whatever its age, but for `keep` bytes; returns the bytes given back. */
size_t purge_all(size_t keep);
/* Whatever is free now waits to be purged: after a time without purging (PURGE_NEVER), or a change
   of options.purge_keep. */
void purge_requeue(void);
/* Forgets the queue; purge_note follows for each arena that belongs on it. After a fork. */
void purge_reset(void);
/* The arena leaves: it is no longer ours. */
void purge_forget(struct arena *arena);
/* Runs of pools given back so far. */
size_t purge_count(void);
/* Milliseconds until something is due, at most `limit`. */
unsigned purge_wait(unsigned limit);

#ifdef __cplusplus
}
#endif

#endif
