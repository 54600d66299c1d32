/* SPDX-License-Identifier: MIT */
/*
 * space_lock.h - the one lock of the process-wide state: arenas and their lists, free ranges, the
 * purger's queue, windows, direct mappings, empty messages and the list of parked heaps. It is
 * taken in slow paths only, for tens of nanoseconds but for the purger. No other lock is taken
 * while it is held.
 *
 * Whoever needs the lock asserts space_is_locked().
 */
#ifndef POOLALLOC_SPACE_LOCK_H
#define POOLALLOC_SPACE_LOCK_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

void space_lock(void);
bool space_try_lock(void);
void space_unlock(void);
/* True if the calling thread holds the lock. */
bool space_is_locked(void);

/* Called once in the child of a fork, with the lock held, before anything else happens; `in_doubt`
   says that a thread which is gone held the lock, so that lists may be broken. */
extern void (*space_after_fork)(bool in_doubt);
/* For pthread_atfork's child handler. */
void space_mend(void);
/* False before the lock is first taken and on kernels before 4.14: the handler is needed. */
bool space_sees_forks(void);

#ifdef __cplusplus
}
#endif

#endif
