/* SPDX-License-Identifier: MIT */
#include "os/lock.h"

#include "base/check.h"
#include "os/os.h"

/* Short: a holder that was preempted keeps the lock for a time slice, and on a machine with few
   processors spinning would only use up what it needs to go on. */
enum { SPINS = 64, WAITED_FOR = 1 };

/* Parts of a wait; and how many times as long it is while the holder is in a call: about a minute,
   in which the system gives back more than most machines have. */
enum { PARTS = 10, IN_A_CALL = 64 };

__thread unsigned lock_patience = LOCK_PATIENCE_MS;

/* An address of the thread's own would be that of the next thread on the same stack, which in the
   child of a fork may be the one that a thread which held the lock left behind. */
uint32_t lock_self(void) {
    static struct atomic_u32 last;
    static __thread uint32_t self;
    while (unlikely(self == 0)) self = (atomic_u32_add(&last, 1) + 1) << 1;
    return self;
}

/* glibc says so until the process makes its first thread, which sees all that was done before; musl
   has no such word. What may come between two steps of such a process is a handler of a signal, and
   that has let go of all it took when it returns. So a load and a store do what else takes an
   atomic operation, which costs as much as some of the steps that a lock is for. */
extern char __libc_single_threaded __attribute__((weak));
static bool has_strangers;

void lock_expect_strangers(void) { has_strangers = true; }

static bool is_alone(void) {
    return &__libc_single_threaded != NULL && __libc_single_threaded && !has_strangers;
}

bool lock_try_lock(struct lock *lock) {
    uint32_t open = 0;
    if (!is_alone()) return atomic_u32_replace(&lock->state, &open, lock_self());
    if (atomic_u32_load(&lock->state) != 0) return false;
    atomic_u32_store(&lock->state, lock_self());
    atomic_in_sequence(); /* a handler that comes from now on finds it held */
    return true;
}

uint32_t lock_holder(const struct lock *lock) {
    return atomic_u32_load(&lock->state) & ~(uint32_t)WAITED_FOR;
}

bool lock_is_mine(const struct lock *lock) { return lock_holder(lock) == lock_self(); }

static bool is_stuck(const struct lock *lock) {
    return atomic_u32_load(&lock->stuck) == atomic_u32_load(&lock->turns) + 1;
}

bool lock_is_out_of_reach(const struct lock *lock) {
    return lock_is_mine(lock) || (is_stuck(lock) && atomic_u32_load(&lock->state) != 0);
}

/* Looks at the lock once, and sleeps up to `milliseconds` if it is held: true if it is ours.
   Whoever waited cannot know whether others still do, and says that they do. */
static bool lock_or_sleep(struct lock *lock, unsigned milliseconds) {
    uint32_t seen = atomic_u32_load(&lock->state);
    if (seen == 0) return atomic_u32_replace(&lock->state, &seen, lock_self() | WAITED_FOR);
    if (!(seen & WAITED_FOR) && !atomic_u32_replace(&lock->state, &seen, seen | WAITED_FOR))
        return false;
    os_wait_ms(&lock->state, seen | WAITED_FOR, milliseconds);
    return false;
}

/* What tells that holders go on. */
struct pulse {
    uint32_t turns, calls;
};

static struct pulse pulse_of(const struct lock *lock) {
    return (struct pulse){atomic_u32_load(&lock->turns), atomic_u32_load(&lock->calls)};
}

/* Whether a holder has gone on since the last look. */
static bool has_gone_on(const struct lock *lock, struct pulse *last) {
    struct pulse now = pulse_of(lock);
    bool goes_on = now.turns != last->turns || now.calls != last->calls;
    *last = now;
    return goes_on;
}

/* The wait is one of many short ones, each of which counts as no more than it was to take. Those
   beside a call end, too: a signal's handler that does not return may have interrupted it. */
static NOINLINE bool wait_for_lock(struct lock *lock) {
    const unsigned part = lock_patience / PARTS + 1;
    const uint64_t most = (uint64_t)lock_patience * IN_A_CALL;
    struct pulse last = pulse_of(lock);
    uint64_t waited = 0;
    while (!lock_is_out_of_reach(lock)) {
        if (waited >= most && atomic_u32_load(&lock->state) != 0) {
            if (lock_patience > 0) atomic_u32_store(&lock->stuck, last.turns + 1);
            return false;
        }
        uint64_t before = os_clock_ms();
        if (lock_or_sleep(lock, part)) return true;
        waited += size_min(os_clock_ms() - before, part) * (last.calls % 2 != 0 ? 1 : IN_A_CALL);
        if (has_gone_on(lock, &last)) waited = 0;
    }
    return false;
}

bool lock_lock(struct lock *lock) {
    for (int i = 0; i < SPINS; i++) {
        if (lock_try_lock(lock)) return true;
        os_relax();
    }
    return wait_for_lock(lock);
}

void lock_wait(struct lock *lock) {
    while (is_stuck(lock) && atomic_u32_load(&lock->state) != 0 && !lock_is_mine(lock))
        if (lock_or_sleep(lock, LOCK_PATIENCE_MS)) lock_unlock(lock);
}

void lock_begin_call(struct lock *lock) {
    ASSERT(lock_is_mine(lock) && atomic_u32_load(&lock->calls) % 2 == 0);
    atomic_u32_store(&lock->calls, atomic_u32_load(&lock->calls) + 1);
}

/* It may have been ended in between, in the child of a fork (lock_mend). */
void lock_end_call(struct lock *lock) {
    ASSERT(lock_is_mine(lock));
    atomic_u32_store(&lock->calls, (atomic_u32_load(&lock->calls) | 1) + 1);
}

static uint32_t open_lock(struct lock *lock) {
    if (!is_alone()) return atomic_u32_exchange(&lock->state, 0);
    uint32_t state = atomic_u32_load(&lock->state);
    atomic_in_sequence(); /* what a handler finds that comes from now on is whole */
    atomic_u32_store(&lock->state, 0);
    return state;
}

void lock_unlock(struct lock *lock) {
    if (!(open_lock(lock) & WAITED_FOR)) return;
    atomic_u32_add(&lock->turns, 1);
    os_wake(&lock->state, 1);
}

/* Partner of the stores above: none, the other threads do not exist here. */
bool lock_mend(struct lock *lock, uint32_t survivor) {
    atomic_u32_add(&lock->calls, atomic_u32_load(&lock->calls) % 2); /* nobody is in one here */
    if (lock_holder(lock) == 0 || lock_holder(lock) == survivor) return false;
    atomic_u32_add(&lock->turns, 1);
    atomic_u32_store(&lock->state, 0);
    return true;
}
