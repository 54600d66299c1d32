/* SPDX-License-Identifier: MIT */
#include "heap/purge.h"

#include "base/check.h"
#include "heap/huge.h"
#include "heap/price.h"
#include "heap/space_lock.h"
#include "os/memory_limit.h"
#include "os/options.h"
#include "os/os.h"
#include "os/probe.h"

enum {
    STEP_ARENAS = 64, /* 16 MiB: at the most some ms of madvise */
    /* Idle pages that every process may have: less is not worth a system call. */
    ALLOWANCE_LEAST = MIB / POOL_SIZE,
    /* Excess that may gather before it goes back, in long runs. */
    EXCESS_LEAST = MIB / POOL_SIZE,
    LIMIT_SHARE = 4,  /* idle pages are at most this part of the limit */
    LIVE_SHARE = 4,   /* idle pages may be this part of the pages in use */
    TEACH_WEIGHT = 2, /* pages of room that a page which went back too early earns */
    /* What was taught allows so many times the cube of the share that the pages in use have of the
       most: where live blocks hold a fifth of a peak, what is idle makes it a quarter. */
    LOW_USE_WEIGHT = 6,
    TAUGHT_SHARE = 24, /* idle pages may be this part of those that were taught */
    SOON_MS = 250,     /* a page that is asked for within this time went back too early */
    FADE_MS = 4000,    /* half of what was taught is forgotten in this time */
    /* Who asks within this time for what went back is in the middle of its work: queues that run
       full and empty, buffers that are replaced. */
    AT_ONCE_MS = 16,
    AT_ONCE_WEIGHT = 4,    /* pages of room that a page earns so: processes are often short */
    AT_ONCE_FADE_MS = 500, /* half of that room is forgotten in this time */
    /* Room that a queue did not need for so long is forgotten: peaks last some hundred ms. It needs
       so many times what its idle pages rose and fell by. */
    SWING_MS = 32,
    SWING_WEIGHT = 2,
};

static struct {
    struct link queue; /* by due time: the delay is the same for all */
    /* When the queue's first is due. Every poll reads it without the lock: it is in a line that is
       seldom written. */
    struct atomic_u64 next_due;
    /* Pages, P2, and those of direct mappings; read without the lock, too. */
    CACHE_ALIGNED struct atomic_u64 in_use;
    struct atomic_u64 fresh; /* pages without memory taken so far; also read without the lock */
    size_t idle;             /* pages, P1 */
    size_t refaults;         /* pages that went back by amount and were asked for again */
    size_t direct;           /* pages of direct mappings in use */
    size_t unmapped;  /* pages of mappings that went back by amount, and were not asked for since */
    size_t most_used; /* pages in use at most, fading */
    size_t taught;    /* pages that were asked for again soon after they went back, fading */
    size_t at_once;   /* pages of room earned by those asked for within AT_ONCE_MS, fading faster */
    size_t earned;    /* the part of `at_once` that came since `looked_at` */
    size_t low, high; /* idle pages at least and at most since `looked_at`, P4 */
    uint64_t looked_at;
    uint64_t at_once_fades; /* when `at_once` fades next */
    uint64_t unmapped_at;   /* when the `unmapped` went back */
    uint64_t fade_at;       /* when what was taught fades next */
    size_t limit;           /* pages that the process may have; 0: any number */
    uint64_t resting_until; /* while options.purge_keep bytes or fewer are idle */
} purge_state = {.queue = {&purge_state.queue, &purge_state.queue}, .next_due = {UINT64_MAX}};

size_t purge_runs;
size_t purge_count(void) { return purge_runs; }
size_t purge_idle(void) { return purge_state.idle; }
size_t purge_refaults(void) { return purge_state.refaults; }
size_t purge_in_use(void) { return atomic_u64_load(&purge_state.in_use); }
uint64_t purge_fresh(void) { return atomic_u64_load(&purge_state.fresh); }

/* ---- The queue ---- */

static void set_next_due(void) {
    bool empty = link_is_alone(&purge_state.queue);
    uint64_t due =
        empty ? UINT64_MAX : link_owner(purge_state.queue.next, struct arena, dirty)->due;
    atomic_u64_store(&purge_state.next_due,
                     due > purge_state.resting_until ? due : purge_state.resting_until);
}

bool purge_is_due(uint64_t now) {
    uint64_t due = atomic_u64_load(&purge_state.next_due);
    return due != UINT64_MAX && due <= now;
}

unsigned purge_wait(unsigned limit) {
    uint64_t due = atomic_u64_load(&purge_state.next_due), now = os_clock_ms();
    if (due <= now) return 0;
    return due - now < limit ? (unsigned)(due - now) : limit;
}

static void enqueue(struct arena *arena) {
    ASSERT(space_lock_is_held());
    if (options.purge_delay == PURGE_NEVER) return;
    arena->due = os_clock_ms() + options.purge_delay / 2;
    link_add_after(purge_state.queue.prev, &arena->dirty);
    set_next_due();
}

static void queue_idle(struct arena *arena, uint64_t idle) {
    arena->young |= idle;
    if (idle != 0 && link_is_alone(&arena->dirty)) enqueue(arena);
}

static void leave_queue(struct arena *arena) {
    if (link_is_alone(&arena->dirty)) return;
    link_remove(&arena->dirty);
    set_next_due();
}

/* ---- The allowance ---- */

/* A program takes longer for the same work where pages cost more than usual. */
static uint64_t paced(uint64_t ms) { return ms * price_factor(); }

static void set_idle(size_t pages) {
    purge_state.idle = pages;
    purge_state.low = size_min(purge_state.low, pages);
    purge_state.high = size_max(purge_state.high, pages);
}

/* A queue that runs full and empty makes idle pages rise and fall. Room that it does not need is
   forgotten: where a peak begins, the first pages are asked for at once, too, and what they earn is
   not to stay when the peak is over. */
static void forget_unused_room(uint64_t now) {
    if (now - purge_state.looked_at < paced(SWING_MS)) return;
    size_t swing = purge_state.high - purge_state.low;
    size_t needed = SWING_WEIGHT * swing + purge_state.earned;
    purge_state.at_once = size_min(purge_state.at_once, needed);
    purge_state.earned = 0;
    purge_state.low = purge_state.high = purge_state.idle;
    purge_state.looked_at = now;
}

static void fade(uint64_t now) {
    forget_unused_room(now);
    if (now >= purge_state.at_once_fades) {
        purge_state.at_once_fades = now + paced(AT_ONCE_FADE_MS);
        purge_state.at_once /= 2;
    }
    if (now < purge_state.fade_at) return;
    purge_state.fade_at = now + paced(FADE_MS);
    purge_state.taught /= 2;
    purge_state.most_used = size_max(purge_state.most_used / 2, purge_in_use());
}

/* Pages that went back by amount at that time are asked for again. */
static void teach(size_t pages, uint64_t gone_at) {
    uint64_t now = os_clock_ms();
    fade(now);
    if (now - gone_at > paced(SOON_MS)) return;
    purge_state.taught = size_min(purge_state.taught + TEACH_WEIGHT * pages, purge_state.most_used);
    if (now - gone_at > paced(AT_ONCE_MS)) return;
    purge_state.earned += AT_ONCE_WEIGHT * pages;
    purge_state.at_once =
        size_min(purge_state.at_once + AT_ONCE_WEIGHT * pages, purge_state.most_used);
}

/* Idle pages that the limit leaves room for. An eighth of it is for what is not counted here. */
static size_t within_limit(size_t used) {
    if (purge_state.limit == 0) return SIZE_MAX;
    size_t most = purge_state.limit - purge_state.limit / 8;
    return size_min(purge_state.limit / LIMIT_SHARE, most > used ? most - used : 0);
}

static size_t allowance(void) {
    size_t used = purge_in_use(), most = purge_state.most_used + 1;
    size_t by_use = used * used / most / LIVE_SHARE;
    size_t low_use = LOW_USE_WEIGHT * used * used / most * used / most;
    size_t room = size_min(most + most / 2 - used, low_use);
    size_t by_both = room * purge_state.taught / most;
    size_t share = size_max(size_max(by_use, by_both), purge_state.taught / TAUGHT_SHARE);
    share = size_max(share, purge_state.at_once);
    return size_max(ALLOWANCE_LEAST + size_min(share, within_limit(used)),
                    options.purge_keep / POOL_SIZE);
}

void purge_set_limit(size_t bytes) {
    ASSERT(space_lock_is_held());
    purge_state.limit = bytes == SIZE_MAX ? 0 : bytes / POOL_SIZE;
}

size_t purge_read_limit(void) {
    size_t limit = memory_limit_read("/proc/self/cgroup", "/sys/fs/cgroup");
    if (limit == SIZE_MAX || !space_lock()) return limit;
    purge_set_limit(limit);
    space_unlock();
    return limit;
}

bool purge_allows(size_t pages) {
    ASSERT(space_lock_is_held());
    return options.purge_delay == PURGE_NEVER || purge_state.idle + pages <= allowance();
}

static void use(size_t pages) {
    size_t used = purge_in_use() + pages;
    atomic_u64_store(&purge_state.in_use, used);
    purge_state.most_used = size_max(purge_state.most_used, used);
}

static void count_fresh(size_t pages) {
    atomic_u64_store(&purge_state.fresh, purge_fresh() + pages);
}

void purge_count_pages(size_t more) {
    ASSERT(space_lock_is_held());
    use(more);
}

void purge_count_direct(size_t more, size_t less) {
    ASSERT(space_lock_is_held());
    size_t again = size_min(more, purge_state.unmapped);
    if (again > 0) teach(again, purge_state.unmapped_at);
    purge_state.unmapped -= again;
    count_fresh(more);
    purge_state.direct += more - less;
    use(more - less);
}

void purge_unmapped(size_t pages) {
    ASSERT(space_lock_is_held());
    purge_state.unmapped = pages;
    purge_state.unmapped_at = os_clock_ms();
}

void purge_freed(struct arena *arena, uint64_t pages) {
    ASSERT(space_lock_is_held());
    ASSERT((arena->free & pages) == pages);
    uint64_t idle = pages & arena->touched;
    set_idle(purge_state.idle + bit_count(idle));
    atomic_u64_store(&purge_state.in_use, purge_in_use() - bit_count(pages));
    queue_idle(arena, idle);
}

void purge_taken(struct arena *arena, uint64_t pages) {
    ASSERT(space_lock_is_held());
    ASSERT((arena->free & pages) == 0);
    uint64_t again = arena->refault & pages;
    set_idle(purge_state.idle - bit_count(pages & arena->touched));
    count_fresh(bit_count(pages & ~arena->touched));
    use(bit_count(pages));
    arena->young &= ~pages;
    arena->refault &= ~pages;
    if (again != 0) teach(bit_count(again), arena->refault_at);
    purge_state.refaults += bit_count(again);
    if ((arena->free & arena->touched) == 0) leave_queue(arena);
}

/* ---- Giving back ---- */

uint64_t purge_rows(uintptr_t base, uint64_t pages, uint64_t through) {
    const uintptr_t unit = os_page_size();
    uint64_t may_go = pages | through, gone = 0;
    while (pages != 0) {
        unsigned first = bit_lowest(pages), count = bit_run(may_go, first);
        count = bit_highest(pages & bit_range(first, count)) - first + 1;
        pages &= ~bit_range(first, count);
        uintptr_t from = align_up(base + (uintptr_t)first * POOL_SIZE, unit);
        uintptr_t to = align_down(base + (uintptr_t)(first + count) * POOL_SIZE, unit);
        if (from >= to || !os_purge((void *)from, to - from)) continue;
        probe_purge(from, to - from);
        gone |=
            bit_range((unsigned)((from - base) / POOL_SIZE), (unsigned)((to - from) / POOL_SIZE));
    }
    return gone;
}

/* What the kernel refuses stays touched. Returns the pages that went. */
static uint64_t purge_small_pages(struct arena *arena, uint64_t pages) {
    ASSERT(space_lock_is_held());
    ASSERT((arena->free & pages) == pages);
    uint64_t through = arena->free & ~arena->touched;
    space_lock_begin_call();
    uint64_t gone = purge_rows(arena->base, pages, through);
    space_lock_end_call();
    purge_runs += bit_count(gone & ~(gone << 1));
    gone &= arena->touched;
    set_idle(purge_state.idle - bit_count(gone));
    arena->touched &= ~gone;
    return gone;
}

/* Gives back the memory of arenas side by side that are idle as a whole, in one call. False: the
   kernel refuses some of it. */
static bool purge_arenas(struct arena *arena, size_t count) {
    space_lock_begin_call();
    bool purged = os_purge((void *)arena->base, count * ARENA_SIZE);
    space_lock_end_call();
    if (!purged) return false;
    probe_purge(arena->base, count * ARENA_SIZE);
    purge_runs++;
    set_idle(purge_state.idle - count * ARENA_POOLS);
    for (size_t i = 0; i < count; i++) arena[i].touched = 0;
    return true;
}

/* Gives back the memory of free pages; returns those that went. Of a huge page that is free all
   goes: the turn of its other arenas in the queue comes with nothing to do. */
static uint64_t purge_pages(struct arena *arena, uint64_t pages) {
    if (pages != 0 && unlikely(huge_has(arena)) && huge_give_up(arena) &&
        purge_arenas(huge_first(arena), HUGE_ARENAS))
        return pages;
    return purge_small_pages(arena, pages);
}

static bool is_free_and_bare(const struct arena *arena) {
    return arena->kind == ARENA_OF_RUNS && arena->free == ~(uint64_t)0 && arena->touched == 0;
}

/* The records of arenas without memory hold nothing but the ends of ranges. */
static void purge_records(struct arena *arena, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!is_free_and_bare(&arena[i])) return;
    uintptr_t base = arena->base, end = base + count * ARENA_SIZE;
    if (!window_page_is_free(base - POOL_SIZE)) base += ARENA_SIZE;
    if (base < end && !window_page_is_free(end)) end -= ARENA_SIZE;
    if (base < end) window_purge(base, (end - base) / ARENA_SIZE);
}

/* An arena that the kernel would not purge (locked memory) is not asked again until it changes. */
static void purge_looked_at(struct arena *arena) {
    uint64_t idle = arena->free & arena->touched, old = idle & ~arena->young;
    link_remove(&arena->dirty);
    if (purge_pages(arena, options.purge_delay == 0 ? idle : old) != 0) purge_records(arena, 1);
    uint64_t waiting = idle & arena->young & arena->touched;
    arena->young = 0;
    if (options.purge_delay != 0 && waiting != 0) enqueue(arena);
}

/* True if so little is free that all of it stays; it is counted again after half a delay. */
static bool rests(uint64_t now) {
    if (options.purge_keep == 0 || purge_state.idle > options.purge_keep / POOL_SIZE) return false;
    purge_state.resting_until = now + options.purge_delay / 2;
    set_next_due();
    return true;
}

void purge_step_some(size_t pages) {
    ASSERT(space_lock_is_held());
    uint64_t now = os_clock_ms();
    if (rests(now)) return;
    const size_t before = purge_state.idle;
    for (unsigned i = 0; i < STEP_ARENAS && before - purge_state.idle < pages; i++) {
        if (link_is_alone(&purge_state.queue)) break;
        struct arena *arena = link_owner(purge_state.queue.next, struct arena, dirty);
        if (arena->due > now) break;
        purge_looked_at(arena);
    }
    set_next_due();
    fade(now);
}

void purge_step(void) { purge_step_some(SIZE_MAX); }

static void note_gone(struct arena *arena, uint64_t gone, uint64_t now) {
    link_remove(&arena->dirty);
    arena->young &= ~(arena->free & (arena->touched | gone));
    if (now - arena->refault_at > paced(SOON_MS)) arena->refault = 0; /* were not asked for soon */
    arena->refault |= gone;
    arena->refault_at = now;
}

/* True if the arena is idle as a whole, and about as long as another. */
static bool is_idle_like(const struct arena *arena, const struct arena *other) {
    return arena->kind == ARENA_OF_RUNS && (arena->free & arena->touched) == ~(uint64_t)0 &&
           arena->due <= other->due + AT_ONCE_MS;
}

/* The number of arenas side by side from this one on that are idle as a whole, about as long as it
   is; `most` at the most. */
static size_t count_idle_from(const struct arena *arena, size_t most) {
    size_t count = 0, left = (size_t)(window_of(arena)->arena + WINDOW_ARENAS - arena);
    while (count < size_min(left, most) && is_idle_like(&arena[count], arena)) count++;
    return count;
}

/* Gives back arenas side by side that are idle as a whole, and their records. False: the kernel
   refuses some of it. */
static bool purge_together(struct arena *arena, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (unlikely(huge_has(&arena[i]))) huge_give_up(&arena[i]);
    if (!purge_arenas(arena, count)) return false;
    uint64_t now = os_clock_ms();
    for (size_t i = 0; i < count; i++) note_gone(&arena[i], ~(uint64_t)0, now);
    purge_records(arena, count);
    return true;
}

/* Gives back what is idle in the arena, and the arenas behind it that are idle as a whole and part
   of the excess: a call costs as much as many pages. */
static void purge_idle_from(struct arena *arena, size_t excess) {
    size_t count = count_idle_from(arena, (excess + ARENA_POOLS - 1) / ARENA_POOLS);
    if (count > 1 && purge_together(arena, count)) return;
    note_gone(arena, purge_pages(arena, arena->free & arena->touched), os_clock_ms());
    purge_records(arena, 1);
}

/* Gives back what is idle in arenas with at least `least` idle pages, the oldest first, until no
   more than `most` are left. Arenas that were passed over stay in the queue. */
static void purge_down_to(size_t most, unsigned least) {
    struct link *passed = &purge_state.queue;
    while (passed->next != &purge_state.queue && purge_state.idle > most) {
        struct arena *arena = link_owner(passed->next, struct arena, dirty);
        if (bit_count(arena->free & arena->touched) >= least)
            purge_idle_from(arena, purge_state.idle - most);
        else
            passed = passed->next;
    }
}

void purge_excess_some(size_t pages) {
    ASSERT(space_lock_is_held());
    if (options.purge_delay == PURGE_NEVER) return;
    if (purge_state.at_once != 0) fade(os_clock_ms());
    size_t most = allowance();
    if (likely(purge_state.idle < most + EXCESS_LEAST)) return;
    if (purge_state.idle > pages) most = size_max(most, purge_state.idle - pages);
    purge_down_to(most, ARENA_POOLS / 4); /* long runs cost least */
    purge_down_to(most, 1);
    set_next_due();
}

void purge_excess(void) { purge_excess_some(SIZE_MAX); }

void purge_requeue(void) {
    ASSERT(space_lock_is_held());
    purge_state.resting_until = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++)
            if (window->arena[i].kind != ARENA_NONE)
                queue_idle(&window->arena[i], window->arena[i].free & window->arena[i].touched);
    set_next_due();
}

size_t purge_all(size_t keep) {
    ASSERT(space_lock_is_held());
    size_t idle = purge_state.idle;
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            struct arena *arena = &window->arena[i];
            if (arena->kind == ARENA_NONE || arena->free == 0) continue;
            uint64_t pages = arena->free & arena->touched;
            size_t held = (size_t)bit_count(pages) * POOL_SIZE;
            if (held <= keep) {
                keep -= held;
            } else {
                purge_pages(arena, pages);
                arena->young &= arena->touched;
                purge_records(arena, 1);
            }
        }
    }
    return (idle - purge_state.idle) * POOL_SIZE;
}

/* ---- All of it ---- */

void purge_reset(void) {
    ASSERT(space_lock_is_held());
    link_init(&purge_state.queue);
    set_next_due();
    purge_state.direct = 0;
    set_idle(0);
    atomic_u64_store(&purge_state.in_use, 0);
}

void purge_forget_for_test(void) {
    ASSERT(space_lock_is_held());
    purge_state.taught = purge_state.at_once = purge_state.earned = purge_state.unmapped = 0;
    purge_state.most_used = purge_in_use();
}

void purge_check(void) {
    ASSERT(space_lock_is_held());
    size_t idle = 0, used = purge_state.direct;
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            const struct arena *arena = &window->arena[i];
            if (arena->kind == ARENA_NONE) continue;
            idle += bit_count(arena->free & arena->touched);
            used += bit_count(~arena->free);
            CHECK(((arena->young | arena->refault) & ~arena->free) == 0); /* P3 */
        }
    }
    CHECK(idle == purge_state.idle);                            /* P1 */
    CHECK(used == purge_in_use());                              /* P2 */
    CHECK(purge_state.low <= idle && idle <= purge_state.high); /* P4 */
}
