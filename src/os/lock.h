/* SPDX-License-Identifier: MIT */
/*
 * lock.h - a lock that works before any start-up code has run, that a fork cannot leave locked, and
 * that nobody waits for in vain.
 *
 * There is no handler that takes locks before a fork: such a handler waits for whoever holds the
 * lock, while fork holds up libio, and that is a deadlock (glibc bug 19431). Instead the child
 * finds the lock as it was. If the thread that forked did not hold it, its holder does not exist
 * in the child: lock_mend then opens the lock, and its caller rebuilds what the lock protects.
 *
 * A signal handler may run, and call exit, while its thread holds the lock; or it may never return,
 * while another thread calls exit. So a thread that holds the lock does not get it again, and one
 * that has waited for LOCK_PATIENCE_MS, while nobody let go of it, does not get it either: both are
 * told so, and do without. From then on nobody waits, until the holder does let go.
 *
 * To give back much memory takes the system longer than that. So a holder tells of such calls: one
 * that began or ended one since the last look does not stand still, and for one that is in a call
 * the wait is many times as long. A process that was stopped has not waited meanwhile: only the
 * parts of the time count that were slept through.
 */
#ifndef POOLALLOC_LOCK_H
#define POOLALLOC_LOCK_H

#include "base/atomic.h"

/* The number of the holder and whether it is waited for are one word: there is no moment at which
   the lock is held and the holder is not known. */
struct lock {
    struct atomic_u32 state; /* 0 open; lock_self() of the holder, and bit 0 set if waited for */
    struct atomic_u32 turns; /* times that it was let go of while others waited */
    struct atomic_u32 stuck; /* turns + 1 when a waiter gave up */
    struct atomic_u32 calls; /* beginnings and ends of calls of the holder; odd: it is in one */
};

enum { LOCK_PATIENCE_MS = 1000 };

#ifdef __cplusplus
extern "C" {
#endif

/* A number for the calling thread that no other has: even, and never 0. */
uint32_t lock_self(void);
/* False: the calling thread holds it already, or the holder stands still. */
__attribute__((warn_unused_result)) bool lock_lock(struct lock *lock);
__attribute__((warn_unused_result)) bool lock_try_lock(struct lock *lock);
void lock_unlock(struct lock *lock);
bool lock_is_mine(const struct lock *lock);
/* The holder is about to call the system for what may take long; and it is back. */
void lock_begin_call(struct lock *lock);
void lock_end_call(struct lock *lock);
/* True if lock_lock would fail at once. */
bool lock_is_out_of_reach(const struct lock *lock);
/* Waits until a lock whose holder stands still is let go of. */
void lock_wait(struct lock *lock);
/* The number of the holder, 0: nobody. */
uint32_t lock_holder(const struct lock *lock);
/* In the child of a fork, of which the thread `survivor` came along: true if the lock was held by
   another, that is gone. It is open then. */
bool lock_mend(struct lock *lock, uint32_t survivor);

/* From now on there may be threads that another libc in the process has made. Called before there
   are. */
void lock_expect_strangers(void);

/* How long the calling thread waits, in ms; 0, for the end of the process: not at all, and without
   an effect on others. */
extern __thread unsigned lock_patience;

#ifdef __cplusplus
}
#endif

#endif
