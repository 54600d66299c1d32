/* SPDX-License-Identifier: MIT */
#include "malloc/start.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>

#include "heap/purge.h"
#include "heap/remote.h"
#include "heap/space.h"
#include "heap/thread_heap.h"
#include "malloc/parameter.h"
#include "malloc/report.h"
#include "os/lock.h"
#include "os/options.h"
#include "os/os.h"

/* ---- The purge thread ---- */

enum { IDLE_CHECK_MS = 1000 };

static struct atomic_u32 never_woken;

__attribute__((noreturn)) static void *purge_forever(void *unused) {
    (void)unused;
    for (;;) {
        os_wait_ms(&never_woken, 0, purge_wait(IDLE_CHECK_MS) + 1);
        if (thread_heap_clean_is_due()) thread_heap_clean_parked(false);
        if (!purge_is_due()) continue;
        if (!space_lock()) continue;
        purge_step();
        space_unlock();
    }
}

/* All signals blocked: the program's handlers run on the program's threads. */
void start_purge_thread(void) {
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN + 64 * KIB);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_create(&thread, &attributes, purge_forever, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

/* ---- Beginning and end of the process ---- */

/* Before other libraries' constructors, so that handlers they register run around ours. */
__attribute__((constructor(101))) static void start(void) {
    options_read();
    if (options.report_exit || options.report_path[0] != '\0') thread_heap_count_blocks();
    report_prepare();
    parameter_read_environment(options_environment());
    thread_heap_get();
    if (!options.purge_thread) return;
    pthread_atfork(NULL, NULL, start_purge_thread); /* in the child */
    start_purge_thread();
}

static void take_all_in(void) {
    struct heap *heap = thread_heap_enter();
    if (heap != NULL) {
        remote_post(heap);
        remote_drain(heap, ~0u);
    }
    thread_heap_clean_parked(true);
    thread_heap_leave(heap);
}

/* A double free whose second half waits in an inbox comes to light here at the latest. Nothing here
   waits: another thread may hold the lock for good. And the child of a vfork, which shares all of
   this with its parent, may call exit too. */
__attribute__((destructor)) static void end(void) {
    unsigned patience = lock_patience;
    lock_patience = 0;
    if (thread_heap != &no_heap) take_all_in();
    report_at_exit();
    lock_patience = patience;
}
