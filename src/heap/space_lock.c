/* SPDX-License-Identifier: MIT */
#include "heap/space_lock.h"

#include "base/check.h"
#include "os/lock.h"
#include "os/os.h"

void (*space_after_fork)(bool in_doubt);

static struct lock lock;
static bool ready; /* under the lock */

/* Address of the word that reads 1, but 0 in a new child, and 2 while that is mended. */
static struct atomic_u64 fork_watch_address;
static struct atomic_u32 *fork_watch(void) {
    return (struct atomic_u32 *)atomic_u64_load(&fork_watch_address);
}

static void init(void) {
    if (ready) return;
    atomic_u64_store(&fork_watch_address, (uintptr_t)os_fork_watch());
    ready = true;
}

static void mend(void) {
    bool in_doubt = lock_mend(&lock);
    bool inside = lock_is_mine(&lock); /* a signal handler forked while its thread was in here */
    if (inside) return;
    lock_take(&lock);
    if (space_after_fork != NULL) space_after_fork(in_doubt);
    lock_leave(&lock);
}

/* One thread mends, others (the child may have started some) wait for it. */
static void mend_child(void) {
    struct atomic_u32 *watch = fork_watch();
    uint32_t wiped = 0;
    if (atomic_u32_replace(watch, &wiped, 2)) {
        mend();
        atomic_u32_store_release(watch, 1);
    }
    while (atomic_u32_load_acquire(watch) == 2 && !lock_is_mine(&lock)) cpu_relax();
}

void space_mend(void) {
    if (fork_watch() != NULL)
        mend_child();
    else
        mend();
}

bool space_sees_forks(void) { return fork_watch() != NULL; }

static bool in_new_child(void) {
    struct atomic_u32 *watch = fork_watch();
    return watch != NULL && atomic_u32_load(watch) != 1;
}

void space_lock(void) {
    if (unlikely(in_new_child())) mend_child();
    lock_take(&lock);
    if (unlikely(!ready)) init();
}

bool space_try_lock(void) {
    if (unlikely(in_new_child())) mend_child();
    if (!lock_try(&lock)) return false;
    if (unlikely(!ready)) init();
    return true;
}

void space_unlock(void) {
    ASSERT(space_is_locked());
    lock_leave(&lock);
}

bool space_is_locked(void) { return lock_is_mine(&lock); }
