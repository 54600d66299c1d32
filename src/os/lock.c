/* SPDX-License-Identifier: MIT */
#include "os/lock.h"

#include "os/os.h"

/* Short: a holder that was preempted keeps the lock for a time slice, and on a machine with few
   processors spinning would only use up what it needs to go on. */
enum { SPINS = 64 };

/* A number for the calling thread that no other ever had: an address of the thread's own would be
   that of the next thread on the same stack, which in the child of a fork may be the one that a
   thread which held the lock left behind. */
static uint64_t lock_self(void) {
    static struct atomic_u64 last;
    static __thread uint64_t self;
    if (unlikely(self == 0)) self = atomic_u64_add(&last, 1) + 1;
    return self;
}

bool lock_try(struct lock *lock) {
    uint32_t open = 0;
    if (!atomic_u32_replace(&lock->state, &open, 1)) return false;
    atomic_u64_store(&lock->holder, lock_self());
    return true;
}

void lock_take(struct lock *lock) {
    for (int i = 0; i < SPINS; i++) {
        if (lock_try(lock)) return;
        cpu_relax();
    }
    while (atomic_u32_exchange(&lock->state, 2) != 0) os_wait(&lock->state, 2);
    atomic_u64_store(&lock->holder, lock_self());
}

void lock_leave(struct lock *lock) {
    atomic_u64_store(&lock->holder, 0);
    if (atomic_u32_exchange(&lock->state, 0) == 2) os_wake(&lock->state, 1);
}

bool lock_is_mine(const struct lock *lock) { return atomic_u64_load(&lock->holder) == lock_self(); }

/* Partner of the stores above: none, the other threads do not exist here. A holder between the
   exchange and its name in `holder` counts as gone, which it is. */
bool lock_mend(struct lock *lock) {
    if (atomic_u32_load(&lock->state) == 0 || lock_is_mine(lock)) return false;
    atomic_u64_store(&lock->holder, 0);
    atomic_u32_store(&lock->state, 0);
    return true;
}
