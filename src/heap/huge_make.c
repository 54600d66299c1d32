/* SPDX-License-Identifier: MIT */
#include "heap/huge_make.h"

#include "base/check.h"
#include "heap/price.h"
#include "heap/purge.h"
#include "heap/space.h"
#include "os/options.h"
#include "os/os.h"

enum {
    HUGE_PAGES = HUGE_SIZE / POOL_SIZE,
    /* Pages, fresh or more in use, between two looks, when the last one had no reason to make a
       huge page. */
    LOOK_AGAIN = ARENA_POOLS,
    /* Fresh pages between two tries, when the system had no huge page: the number doubles. */
    WAIT_LEAST = 16 * MIB / POOL_SIZE,
    WAIT_MOST = 16 * GIB / POOL_SIZE,
    /* Pages in use from which on a process asks for their price. */
    PRICE_FROM = 8 * MIB / POOL_SIZE,
};
static_assert((size_t)PRICE_FROM <= HUGE_FROM_EARLY && HUGE_FROM_EARLY < HUGE_FROM,
              "no huge page before the price of a small one is known");

static struct {
    struct atomic_u64 due_fresh, due_in_use; /* pages: the first of them that comes */
    uint64_t wait;                           /* under the space lock, as what follows */
    bool was_slow;                           /* the last one took longer than small pages do */
    bool has_them; /* the system had it, and not so slowly twice in a row */
} huge_make_state = {{0}, {0}, WAIT_LEAST, false, false};

bool huge_make_is_due(void) {
    uint64_t in_use = purge_in_use();
    return in_use >= PRICE_FROM && (purge_fresh() >= atomic_u64_load(&huge_make_state.due_fresh) ||
                                    in_use >= atomic_u64_load(&huge_make_state.due_in_use));
}

/* After so many fresh pages, or when so many more are in use: what is made is not fresh. */
static void look_again_after(uint64_t fresh, uint64_t more_in_use) {
    ASSERT(space_lock_is_held());
    atomic_u64_store(&huge_make_state.due_fresh, purge_fresh() + fresh);
    atomic_u64_store(&huge_make_state.due_in_use, purge_in_use() + more_in_use);
}

/* ---- One for whoever takes pages next ---- */

static bool is_all_untouched(uintptr_t base) {
    const struct arena *arena = window_arena_at(base);
    for (unsigned i = 0; i < HUGE_ARENAS; i++)
        if (arena[i].touched != 0) return false;
    return true;
}

/* A place for a huge page, taken as a run; 0: there is none, or no need. */
static uintptr_t begin_making(const struct range_request *next) {
    const struct range_request request = {HUGE_PAGES, HUGE_SIZE, 0};
    bool needed = huge_make_is_due() && huge_is_for(purge_in_use()) && !range_has_room(next) &&
                  purge_allows(HUGE_PAGES);
    uintptr_t base = needed ? space_take(&request) : 0;
    look_again_after(LOOK_AGAIN, LOOK_AGAIN); /* others do not try meanwhile */
    if (base == 0 || is_all_untouched(base)) return base;
    space_return(base, HUGE_SIZE);
    return 0;
}

/* A try that took long may have been interrupted. */
static void note_outcome(enum os_huge outcome) {
    bool good = outcome == OS_HUGE_DONE, slow = outcome == OS_HUGE_SLOWLY;
    huge_make_state.has_them = outcome != OS_HUGE_REFUSED && !(slow && huge_make_state.was_slow);
    huge_make_state.was_slow = slow;
    if (good)
        look_again_after(LOOK_AGAIN, HUGE_PAGES - ARENA_POOLS);
    else
        look_again_after(huge_make_state.wait, UINT64_MAX / 2);
    huge_make_state.wait = good ? WAIT_LEAST : size_min(2 * huge_make_state.wait, WAIT_MOST);
}

/* The words say that the pages have memory before they are free again, as a fork may come. */
static void end_making(uintptr_t base, enum os_huge outcome) {
    if (outcome != OS_HUGE_REFUSED) {
        space_touch(base, HUGE_SIZE);
        huge_mark(base);
    }
    os_name((void *)base, HUGE_SIZE, "poolalloc arenas");
    space_return(base, HUGE_SIZE);
    note_outcome(outcome);
}

/* The first writes are tried and the fault is taken without the lock. If that is out of reach
   afterwards, the run stays taken. */
COLD void huge_make(const struct range_request *next) {
    price_ask();
    if (!space_lock()) return;
    uintptr_t base = begin_making(next);
    space_unlock();
    if (base == 0) return;
    enum os_huge outcome = os_populate_huge((void *)base);
    if (!space_lock()) return;
    end_making(base, outcome);
    space_unlock();
}

/* ---- Those of large blocks ---- */

static bool may_ask(void) {
    ASSERT(space_lock_is_held());
    return huge_make_state.has_them && huge_is_for(purge_in_use());
}

static void ask_for(uintptr_t from, uintptr_t to) {
    if (from == to || !os_use_huge_pages((void *)from, to - from)) return;
    os_name((void *)from, to - from, "poolalloc arenas");
    space_touch(from, to - from);
    for (; from < to; from += HUGE_SIZE) huge_mark(from);
}

/* Asks in [from, end), which are whole ones and taken, where none was touched. */
static void ask_within(uintptr_t from, uintptr_t end) {
    for (uintptr_t at = from; at < end; at += HUGE_SIZE) {
        if (is_all_untouched(at)) continue;
        ask_for(from, at);
        from = at + HUGE_SIZE;
    }
    ask_for(from, end);
}

/* Asks for the one that the run ends in, too, if what is behind the run in it is free: the next run
   is taken from there. */
static void ask_with_rest(uintptr_t from, uintptr_t end) {
    uintptr_t top = align_up(end, HUGE_SIZE);
    size_t rest = top - end;
    bool whole = rest == 0 || (purge_allows(rest / POOL_SIZE) && space_extend(end, rest));
    ask_within(from, whole ? top : top - HUGE_SIZE);
    if (whole && rest > 0) space_return(end, rest);
}

void huge_make_in_run(uintptr_t base, size_t size) {
    if (likely(options.huge_pages != HUGE_PAGES_EARLY)) return;
    uintptr_t from = align_up(base, HUGE_SIZE), end = base + size;
    if (from < end && may_ask()) ask_with_rest(from, end);
}
