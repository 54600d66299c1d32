/* SPDX-License-Identifier: MIT */
/*
 * thread_heap.h - which heap a thread uses.
 *
 * A thread gets a heap at its first slow path: a parked one if there is any, else a new one. When
 * it ends, late in the rounds of pthread key destructors, it parks the heap as it is, warm, and
 * the next thread takes it over. A heap that waits for a while, or behind a few others, is cleaned:
 * it gives its empty pools back, its half empty ones to the commons, where every heap may take
 * them, and the memory of its magazines to the system. The heap of a thread that is gone without an
 * end, as most are in the child of a fork, is rebuilt from the records of its pools when its memory
 * is needed. Heaps are never unmapped, so that their addresses, which tags contain, stay good. A
 * thread that mallocs after its end (libc's last clean-up does) uses one shared heap under a lock.
 */
#ifndef POOLALLOC_THREAD_HEAP_H
#define POOLALLOC_THREAD_HEAP_H

#include "heap/heap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The calling thread's heap; `no_heap`, where every malloc is slow and which owns nothing, before
   the first slow path and after the end. Initial-exec: two loads, no call. */
extern __thread struct heap *thread_heap __attribute__((tls_model("initial-exec")));
extern struct heap no_heap;

/* Called before the process's first block, where the library has such a function: to be done with
   what later blocks would depend on. It must not allocate. */
__attribute__((weak, visibility("hidden"))) void thread_heap_before_first(void);

/* The heap of the thread, made if need be. NULL: it has ended, or there is no memory for a heap or
   no pthread key left; then use the shared heap. */
struct heap *thread_heap_get(void);
/* From here to thread_heap_leave the thread seems to have no heap, so that a signal handler does
   not use one that is in the middle of a change. */
static inline void thread_heap_hide(void) {
    thread_heap = &no_heap;
    atomic_in_sequence();
}
/* A slow path begins: returns the thread's heap as thread_heap_get does, and hides it. */
static inline struct heap *thread_heap_enter(void) {
    struct heap *heap = thread_heap;
    if (unlikely(heap == &no_heap)) heap = thread_heap_get();
    thread_heap_hide();
    return heap;
}
static inline void thread_heap_leave(struct heap *heap) {
    atomic_in_sequence();
    if (heap != NULL) thread_heap = heap;
}
/* True if a signal has interrupted the thread inside the allocator: the heaps are not for it. */
bool thread_heap_is_inside(void);
/* The shared heap, locked until thread_heap_leave_shared; NULL: no memory for it, or it is out of
   reach. */
struct heap *thread_heap_enter_shared(void);
void thread_heap_leave_shared(void);
/* Does what thread_heap_enter_shared does in a slow path of a thread whose heap is hidden. */
struct heap *thread_heap_enter_shared_inside(void);
/* From now on `freed` is called with each block of the shared heap before it is freed, and blocks
   of it are freed at once rather than sent there. False: it is out of reach, or there is no memory.
 */
bool thread_heap_watch_shared(void (*freed)(uintptr_t address));

/* Moves a pool of the class from the commons to this heap; false if they have none. */
bool thread_heap_borrow(struct heap *heap, unsigned class_index);
/* Cleans parked heaps: those that have waited long enough, or all, and the shared heap; and takes
   in what was freed for them. */
void thread_heap_clean_parked(bool all);
/* False if thread_heap_clean_parked(true) would give nothing back. */
bool thread_heap_parked_hold(void);
/* True if thread_heap_clean_parked(false) has something to do. */
bool thread_heap_clean_is_due(uint64_t now);

/* What was freed for threads that do not look goes to their pools, and those that are free then to
   the arenas. */
void thread_heap_sweep(struct heap *sweeper);
/* Sweeps the inboxes in which something has waited for a purge delay. One caller does it for each
   look that inbox_look_is_due announces. */
void thread_heap_sweep_old(struct heap *sweeper);

/* Sweeps the inboxes of those that hardly look, when the sweeper has sent much: who frees most of
   what others hold, and then falls quiet, has given it back. */
void thread_heap_sweep_slow(struct heap *sweeper);

/* Makes the heaps of threads that are gone usable for others, by a walk over all pools. */
void thread_heap_adopt(void);
/* True if thread_heap_adopt should be called, as so much was freed for those heaps. */
bool thread_heap_adopt_is_due(void);

/* The newest heap (struct heap *): the list's head, also for readers of other processes. */
extern struct atomic_u64 thread_heap_newest;
/* All heaps, newest first. */
struct heap *thread_heap_first(void);
/* Number of heaps in use by threads. */
size_t thread_heap_count(void);
/* Address space taken by heaps, in bytes. */
size_t thread_heap_bytes(void);

/* Heaps made from now on count every malloc (options: report). */
void thread_heap_count_blocks(void);

/* Does for tests what happens when the thread ends. */
void thread_heap_end_for_test(void);

#ifdef __cplusplus
}
#endif

#endif
