/* SPDX-License-Identifier: MIT */
/*
 * space_lock.h - the one lock of the process-wide state: arenas and their lists, free ranges, the
 * purger's queue, windows, direct mappings, sheets of messages and the lists of parked heaps. It is
 * taken in slow paths only, and for a short time, but for the system calls that are made while it
 * is held. No other lock is taken while it is held.
 *
 * Whoever needs the lock asserts space_lock_is_held().
 *
 * The lock may be out of reach (lock.h): held by the calling thread, which a signal has interrupted
 * there, or by one that stands still. What was to be given back then stays taken, and what is asked
 * for comes from elsewhere (emergency.h).
 *
 * And here a process learns that it is the child of a fork. There is a word that reads 1, but 0 in
 * a child: the kernel wipes its page there, however the child was made. Where it does not (before
 * Linux 4.14; qemu-user says that it will and does not), pthread_atfork's handler does the same.
 * The first to come here in the child mends what the threads that are gone have left behind.
 */
#ifndef POOLALLOC_SPACE_LOCK_H
#define POOLALLOC_SPACE_LOCK_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* False: out of reach. */
__attribute__((warn_unused_result)) bool space_lock(void);
__attribute__((warn_unused_result)) bool space_try_lock(void);
void space_unlock(void);
/* What the holder does between these two is a call of the system that may take long, as it is about
   much memory: who waits for the lock sees that the holder goes on (lock.h). */
void space_lock_begin_call(void);
void space_lock_end_call(void);
/* os_unmap, between them. */
bool space_lock_unmap(void *start, size_t size);
/* How many times the lock was taken. */
uint64_t space_lock_takings(void);
/* True if the calling thread holds the lock. */
bool space_lock_is_held(void);
/* True if space_lock would fail at once. */
bool space_lock_is_out_of_reach(void);
/* Waits for a holder that stands still to go on. */
void space_lock_wait(void);

/* Called once in the child of a fork, with the lock held, before anything else happens; `in_doubt`
   says that a thread which is gone held the lock, so that lists may be broken. `survivor` is the
   number (lock.h) of the thread that forked, which need not be the one that calls. */
extern void (*space_lock_after_fork)(bool in_doubt, uint32_t survivor);
/* In a new child, mends it. Who takes another lock, or believes what another thread wrote, calls
   this before; the functions above do. */
void space_lock_notice_fork(void);
/* Registers the handlers of fork. Once, without the lock: it may call malloc. */
void space_lock_watch_forks(void);

#ifdef __cplusplus
}
#endif

#endif
