/* SPDX-License-Identifier: MIT */
#include "heap/space_lock.h"

#include <pthread.h>

#include "base/check.h"
#include "os/lock.h"
#include "os/os.h"

void (*space_lock_after_fork)(bool in_doubt, uint32_t survivor);

static struct {
    struct lock lock;
    struct atomic_u64 takings; /* under the lock, so that counting costs no one but its holder */
    bool ready;                /* under the lock */
    /* struct atomic_u32 *, 0 before the lock is first taken: a word that reads 1, but 0 in a new
       child, and the number of the thread that just mends it. */
    struct atomic_u64 watch_address;
    struct atomic_u32 watch_by_handler;
    struct atomic_u32 mends; /* begun in this process or its ancestors */
    uint32_t mends_before_fork;
    /* The thread that forked, if the handler ran; and what `mends` was then, as it is no more in a
       child without handlers (_Fork): there the thread that comes first must be the one that
       forked. */
    uint32_t survivor, survivor_mends;
} space_lock_state = {.watch_by_handler = {1}};

/* ---- Forks ---- */

static void init_fork_word(void) {
    if (space_lock_state.ready) return;
    struct atomic_u32 *wiped = os_fork_watch();
    atomic_u64_store(&space_lock_state.watch_address,
                     (uintptr_t)(wiped != NULL ? wiped : &space_lock_state.watch_by_handler));
    space_lock_state.ready = true;
}

static struct atomic_u32 *fork_watch(void) {
    return (struct atomic_u32 *)atomic_u64_load(&space_lock_state.watch_address);
}

static bool in_new_child(void) {
    struct atomic_u32 *watch = fork_watch();
    return watch != NULL && atomic_u32_load(watch) != 1;
}

static void mend_space(uint32_t forked) {
    bool in_doubt = lock_mend(&space_lock_state.lock, forked);
    if (!lock_try_lock(&space_lock_state.lock)) return;
    if (space_lock_after_fork != NULL) space_lock_after_fork(in_doubt, forked);
    lock_unlock(&space_lock_state.lock);
}

/* One thread mends, others (the child may have started some) wait for it. If the thread that forked
   holds the lock, a signal has interrupted it and the handler forked: the child is mended later,
   when that thread has gone on. */
static NOINLINE void mend_child(void) {
    struct atomic_u32 *watch = fork_watch();
    uint32_t wiped = 0;
    uint32_t forked = space_lock_state.survivor_mends == atomic_u32_load(&space_lock_state.mends) &&
                              space_lock_state.survivor
                          ? space_lock_state.survivor
                          : lock_self();
    if (lock_is_mine(&space_lock_state.lock) || lock_holder(&space_lock_state.lock) == forked)
        return;
    if (atomic_u32_replace(watch, &wiped, lock_self())) {
        atomic_u32_add(&space_lock_state.mends, 1);
        mend_space(forked);
        atomic_u32_store_release(watch, 1);
    }
    while (wiped > 1 && wiped != lock_self()) {
        os_relax();
        wiped = atomic_u32_load_acquire(watch); /* partner: the store above */
    }
}

void space_lock_notice_fork(void) {
    if (unlikely(in_new_child())) mend_child();
}

static void before_fork(void) {
    space_lock_state.mends_before_fork = atomic_u32_load(&space_lock_state.mends);
}

/* The word was not wiped if nothing has mended since the fork: other handlers, which may have
   called malloc, run before this one. */
static void in_child_of_fork(void) {
    struct atomic_u32 *watch = fork_watch();
    space_lock_state.survivor = lock_self();
    space_lock_state.survivor_mends = atomic_u32_load(&space_lock_state.mends);
    if (atomic_u32_load(watch) != 0 &&
        atomic_u32_load(&space_lock_state.mends) == space_lock_state.mends_before_fork)
        atomic_u32_store(watch, 0);
}

void space_lock_watch_forks(void) {
    int saved_errno = errno;
    pthread_atfork(before_fork, NULL, in_child_of_fork);
    errno = saved_errno;
}

/* ---- The lock ---- */

static void count_taking(void) {
    atomic_u64_store(&space_lock_state.takings, atomic_u64_load(&space_lock_state.takings) + 1);
}

uint64_t space_lock_takings(void) { return atomic_u64_load(&space_lock_state.takings); }

bool space_lock(void) {
    if (unlikely(in_new_child())) mend_child();
    if (unlikely(!lock_lock(&space_lock_state.lock))) return false;
    count_taking();
    if (unlikely(!space_lock_state.ready)) init_fork_word();
    return true;
}

bool space_try_lock(void) {
    if (unlikely(in_new_child())) mend_child();
    if (!lock_try_lock(&space_lock_state.lock)) return false;
    count_taking();
    if (unlikely(!space_lock_state.ready)) init_fork_word();
    return true;
}

void space_unlock(void) {
    ASSERT(space_lock_is_held());
    lock_unlock(&space_lock_state.lock);
}

void space_lock_begin_call(void) { lock_begin_call(&space_lock_state.lock); }
void space_lock_end_call(void) { lock_end_call(&space_lock_state.lock); }

bool space_lock_unmap(void *start, size_t size) {
    space_lock_begin_call();
    bool unmapped = os_unmap(start, size);
    space_lock_end_call();
    return unmapped;
}

bool space_lock_is_held(void) { return lock_is_mine(&space_lock_state.lock); }
bool space_lock_is_out_of_reach(void) { return lock_is_out_of_reach(&space_lock_state.lock); }
void space_lock_wait(void) { lock_wait(&space_lock_state.lock); }
