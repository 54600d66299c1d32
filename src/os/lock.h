/* SPDX-License-Identifier: MIT */
/*
 * lock.h - a lock that works before any start-up code has run and that a fork cannot leave locked.
 *
 * There is no handler that takes locks before a fork: such a handler waits for whoever holds the
 * lock, while fork holds up libio, and that is a deadlock (glibc bug 19431). Instead the child
 * finds the lock as it was. If the thread that forked did not hold it, its holder does not exist
 * in the child: the lock is then opened and what it protects rebuilt, by lock_mend.
 */
#ifndef POOLALLOC_LOCK_H
#define POOLALLOC_LOCK_H

#include "base/atomic.h"

struct lock {
    struct atomic_u32 state;  /* 0 open, 1 held, 2 held and waited for */
    struct atomic_u64 holder; /* lock_self() of the holder, or 0 */
};

#ifdef __cplusplus
extern "C" {
#endif

void lock_take(struct lock *lock);
bool lock_try(struct lock *lock);
void lock_leave(struct lock *lock);
bool lock_is_mine(const struct lock *lock);
/* In the child of a fork, before a second thread exists: true if the lock was held by a thread
   that is gone. It is open afterwards, unless the calling thread holds it. */
bool lock_mend(struct lock *lock);

#ifdef __cplusplus
}
#endif

#endif
