/* SPDX-License-Identifier: MIT */
/*
 * dlopen, which prepares the process before its first library comes: libc's malloc becomes ours
 * (libc_symbols.h), and our C++ operators go out of sight (cxx_scope.h). Where libc's names can't
 * be changed, RTLD_DEEPBIND is taken out of the flags, as it would give a library libc's malloc.
 *
 * The real dlopen looks at its caller's address to find the caller's RUNPATH: it must be a tail
 * call, which a test checks.
 */
#include "malloc/dlopen_names.h"

#include <dlfcn.h>
#include <pthread.h>

#include "heap/thread_heap.h"
#include "malloc/cxx_scope.h"
#include "malloc/export.h"
#include "malloc/libc_symbols.h"
#include "malloc/serving.h"
#include "os/libc.h"
#include "os/lock.h"
#include "os/options.h"

typedef void *open_function(const char *file, int flags);

void *dlopen_names_next(struct atomic_u64 *known, const char *name) {
    void *function = (void *)atomic_u64_load(known);
    if (function == NULL) {
        function = dlsym(RTLD_NEXT, name);
        atomic_u64_store(known, (uintptr_t)function);
    }
    return function;
}

/* ---- The first time ---- */

enum { NOT_YET, JOINED, APART };
static struct {
    struct atomic_u32 outcome;
    struct lock lock; /* of the thread that finds the outcome */
} dlopen_state;

/* Whoever held the lock is gone; what it was doing can be done again. */
static void mend_outcome(void) { lock_mend(&dlopen_state.lock, lock_self()); }

/* Long before the first dlopen: a fork that has begun does not call handlers that come meanwhile.
 */
__attribute__((constructor)) static void watch_forks(void) {
    if (serving_process()) pthread_atfork(NULL, NULL, mend_outcome);
}

static uint32_t prepare(void) {
    cxx_scope_hide();
    return options.deepbind == DEEPBIND_JOIN && libc_symbols_join() ? JOINED : APART;
}

static COLD uint32_t prepare_once(void) {
    thread_heap_get(); /* what is noted before the first block is needed */
    if (!lock_lock(&dlopen_state.lock))
        return APART; /* a signal has interrupted it: for this time */
    uint32_t now = atomic_u32_load(&dlopen_state.outcome);
    if (now == NOT_YET) {
        now = prepare();
        atomic_u32_store_release(&dlopen_state.outcome, now); /* partner: dlopen_names_allowed */
    }
    lock_unlock(&dlopen_state.lock);
    return now;
}

int dlopen_names_allowed(const char *file, int flags) {
    if (file == NULL || !serving_process()) return flags;
    uint32_t now = atomic_u32_load_acquire(&dlopen_state.outcome); /* partner: prepare_once */
    if (unlikely(now == NOT_YET)) now = prepare_once();
    return now == JOINED || options.deepbind == DEEPBIND_KEEP ? flags : flags & ~RTLD_DEEPBIND;
}

EXPORT void *dlopen(const char *file, int flags) {
    static struct atomic_u64 known;
    open_function *next = (open_function *)dlopen_names_next(&known, "dlopen");
    return next(file, dlopen_names_allowed(file, flags));
}
