/* SPDX-License-Identifier: MIT */
#include "heap/huge_make.h"

#include "base/check.h"
#include "heap/purge.h"
#include "heap/space.h"
#include "os/options.h"
#include "os/os.h"

enum {
    HUGE_PAGES = HUGE_SIZE / POOL_SIZE,
    /* Growth between two looks, in pages, when the last one had no reason to make one; */
    LOOK_AGAIN = ARENA_POOLS,
    /* and between two tries, when the system had none: it doubles. */
    WAIT_LEAST = 16 * MIB / POOL_SIZE,
    WAIT_MOST = 16 * GIB / POOL_SIZE,
};

static struct {
    struct atomic_u64 due_at; /* pages in use */
    uint64_t wait;            /* under the space lock */
} huge_make_state = {{HUGE_FROM}, WAIT_LEAST};

bool huge_make_is_due(void) { return purge_in_use() >= atomic_u64_load(&huge_make_state.due_at); }

static void look_again_after(uint64_t growth) {
    ASSERT(space_lock_is_held());
    atomic_u64_store(&huge_make_state.due_at, size_max(purge_in_use() + growth, HUGE_FROM));
}

static bool is_all_untouched(uintptr_t base) {
    const struct arena *arena = window_arena_at(base);
    for (unsigned i = 0; i < HUGE_ARENAS; i++)
        if (arena[i].touched != 0) return false;
    return true;
}

/* A place for it, taken as a run; 0: there is none, or no need. */
static uintptr_t begin_making(void) {
    const struct range_request request = {HUGE_PAGES, HUGE_SIZE, 0};
    bool needed = huge_make_is_due() && purge_idle() < HUGE_PAGES && purge_allows(HUGE_PAGES);
    uintptr_t base = needed && !options.small_pages ? space_take(&request) : 0;
    look_again_after(LOOK_AGAIN); /* others do not try meanwhile */
    if (base == 0 || is_all_untouched(base)) return base;
    space_return(base, HUGE_SIZE);
    return 0;
}

static void note_outcome(enum os_huge outcome) {
    bool good = outcome == OS_HUGE_DONE;
    look_again_after(good ? HUGE_PAGES - ARENA_POOLS : huge_make_state.wait);
    huge_make_state.wait = good ? WAIT_LEAST : size_min(2 * huge_make_state.wait, WAIT_MOST);
}

/* The words say that the pages have memory before they are free again, as a fork may come. */
static void end_making(uintptr_t base, enum os_huge outcome) {
    if (outcome != OS_HUGE_REFUSED) {
        space_touch(base, HUGE_SIZE);
        huge_mark(base);
    }
    space_return(base, HUGE_SIZE);
    note_outcome(outcome);
}

/* The fault is taken without the lock. If that is out of reach afterwards, the run stays taken. */
COLD void huge_make(void) {
    if (!space_lock()) return;
    uintptr_t base = begin_making();
    space_unlock();
    if (base == 0) return;
    enum os_huge outcome = os_populate_huge((void *)base);
    if (!space_lock()) return;
    end_making(base, outcome);
    space_unlock();
}
