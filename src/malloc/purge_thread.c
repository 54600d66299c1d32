/* SPDX-License-Identifier: MIT */
#include "malloc/purge_thread.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "heap/allocate.h"
#include "heap/inbox.h"
#include "heap/purge.h"
#include "heap/space_lock.h"
#include "heap/thread_heap.h"
#include "os/os.h"

enum { IDLE_CHECK_MS = 1000 };

/* The lock is held while the thread is started or stopped. */
static struct {
    pthread_mutex_t lock;
    pthread_t thread;
    pid_t process; /* that has the thread; 0: none has */
    bool begun;
    struct atomic_u32 stop;
    struct atomic_u32 number; /* of the thread, as the system has it */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *purge_until_stopped(void *unused) {
    (void)unused;
    atomic_u32_store(&state.number, os_thread_number());
    while (atomic_u32_load(&state.stop) == 0) {
        os_wait_ms(&state.stop, 0, purge_wait(IDLE_CHECK_MS) + 1);
        uint64_t now = os_clock_ms();
        if (inbox_look_is_due(now)) thread_heap_sweep_old(NULL);
        if (thread_heap_clean_is_due(now)) thread_heap_clean_parked(false);
        if (atomic_u32_load(&allocate_wishes.any) != 0 && allocate_tick != NULL) allocate_tick();
        if (!purge_is_due(now)) continue;
        if (!space_lock()) continue;
        purge_step();
        space_unlock();
    }
    return NULL;
}

/* Starts the thread with all signals blocked: the program's handlers run on the program's threads.
   With the lock. */
static void start_purging(void) {
    sigset_t all, before;
    pthread_attr_t attributes;
    sigfillset(&all);
    atomic_u32_store(&state.stop, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN + 64 * KIB);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&state.thread, &attributes, purge_until_stopped, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    state.process = started ? getpid() : 0;
}

/* Another thread may have been about to start or stop the purge thread. */
static void start_in_child(void) {
    pthread_mutex_init(&state.lock, NULL);
    state.process = 0;
    if (state.begun) start_purging();
}

void purge_thread_begin(void) {
    pthread_mutex_lock(&state.lock);
    if (!state.begun) {
        state.begun = true;
        pthread_atfork(NULL, NULL, start_in_child);
        start_purging();
    }
    pthread_mutex_unlock(&state.lock);
}

/* When a thread has been joined the system may still count it for a moment. */
static void wait_until_gone(void) {
    enum { LOOKS = 1000 };
    for (int i = 0; i < LOOKS && os_thread_exists(atomic_u32_load(&state.number)); i++)
        os_wait_ms(&state.stop, 1, 1);
}

bool purge_thread_stop(void) {
    if (!state.begun) return false;
    pthread_mutex_lock(&state.lock);
    bool ours = state.process != 0 && state.process == getpid();
    if (ours) {
        atomic_u32_store(&state.stop, 1);
        os_wake(&state.stop, 1);
        pthread_join(state.thread, NULL);
        wait_until_gone();
        state.process = 0;
    }
    pthread_mutex_unlock(&state.lock);
    return ours;
}

void purge_thread_resume(void) {
    pthread_mutex_lock(&state.lock);
    if (state.process == 0) start_purging();
    pthread_mutex_unlock(&state.lock);
}
