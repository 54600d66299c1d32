/* SPDX-License-Identifier: MIT */
#include "heap/purge.h"

#include "base/check.h"
#include "heap/space_lock.h"
#include "os/options.h"
#include "os/os.h"

/* 64 arenas are 16 MiB: at the most 1 ms of madvise, at 0.25 us a page. */
enum { STEP_ARENAS = 64 };

static struct link queue = {&queue, &queue};      /* by due time: the delay is the same for all */
static struct atomic_u64 next_due = {UINT64_MAX}; /* of the queue's first; read without the lock */
static uint64_t resting_until; /* while options.purge_keep bytes or fewer are free */
static size_t count;

size_t purge_count(void) { return count; }

static void set_next_due(void) {
    bool empty = link_is_alone(&queue);
    uint64_t due = empty ? UINT64_MAX : link_owner(queue.next, struct arena, dirty)->due;
    atomic_u64_store(&next_due, due > resting_until ? due : resting_until);
}

bool purge_is_due(void) {
    uint64_t due = atomic_u64_load(&next_due);
    return due != UINT64_MAX && due <= os_clock_ms();
}

unsigned purge_wait(unsigned limit) {
    uint64_t due = atomic_u64_load(&next_due), now = os_clock_ms();
    if (due <= now) return 0;
    return due - now < limit ? (unsigned)(due - now) : limit;
}

static void enqueue(struct arena *arena) {
    ASSERT(space_is_locked());
    if (options.purge_delay == PURGE_NEVER) return;
    arena->due = os_clock_ms() + options.purge_delay / 2;
    link_add_after(queue.prev, &arena->dirty);
    set_next_due();
}

void purge_note(struct arena *arena, uint64_t pools) {
    ASSERT(space_is_locked());
    arena->young |= pools;
    if (pools != 0 && link_is_alone(&arena->dirty)) enqueue(arena);
}

void purge_forget(struct arena *arena) {
    ASSERT(space_is_locked());
    if (link_is_alone(&arena->dirty)) return;
    link_remove(&arena->dirty);
    set_next_due();
}

void purge_reset(void) {
    ASSERT(space_is_locked());
    link_init(&queue);
    set_next_due();
}

/* Gives back the memory of `pools`, all of them free. On machines with larger OS pages only whole
   pages can go. What the kernel refuses stays touched. */
static size_t purge_pools(struct arena *arena, uint64_t pools) {
    ASSERT(space_is_locked());
    unsigned step = (unsigned)size_max(os_page_size() / POOL_SIZE, 1);
    size_t given = 0;
    while (pools != 0) {
        unsigned first = bit_lowest(pools);
        uint64_t beyond = ~pools & ~bit_range(0, first + 1);
        unsigned end = beyond == 0 ? ARENA_POOLS : bit_lowest(beyond);
        pools &= ~bit_range(first, end - first);
        unsigned from = (unsigned)align_up(first, step), to = (unsigned)align_down(end, step);
        if (from >= to) continue;
        if (!os_purge((char *)arena->base + (size_t)from * POOL_SIZE,
                      (size_t)(to - from) * POOL_SIZE))
            continue;
        arena->touched &= ~bit_range(from, to - from);
        given += (size_t)(to - from) * POOL_SIZE;
        count++;
    }
    if (arena->free == ~(uint64_t)0 && arena->touched == 0 && given > 0) window_purge(arena->base);
    return given;
}

/* An arena that the kernel would not purge (locked memory) is not asked again until it changes. */
static void look(struct arena *arena) {
    uint64_t old = arena->free & arena->touched & ~arena->young;
    uint64_t waiting = arena->free & arena->touched & arena->young;
    link_remove(&arena->dirty);
    purge_pools(arena, options.purge_delay == 0 ? old | waiting : old);
    arena->young = 0;
    if (options.purge_delay != 0 && waiting != 0) enqueue(arena);
}

/* Free bytes with memory behind them, by a walk over all arenas: for options.purge_keep alone. */
static size_t free_bytes(void) {
    size_t bytes = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++)
            if (window->arena[i].kind != ARENA_NONE)
                bytes += (size_t)bit_count(window->arena[i].free & window->arena[i].touched);
    return bytes * POOL_SIZE;
}

/* True if so little is free that all of it stays; it is counted again after half a delay. */
static bool rests(uint64_t now) {
    if (options.purge_keep == 0 || free_bytes() > options.purge_keep) return false;
    resting_until = now + options.purge_delay / 2;
    set_next_due();
    return true;
}

void purge_step(void) {
    ASSERT(space_is_locked());
    uint64_t now = os_clock_ms();
    if (rests(now)) return;
    for (unsigned i = 0; i < STEP_ARENAS && !link_is_alone(&queue); i++) {
        struct arena *arena = link_owner(queue.next, struct arena, dirty);
        if (arena->due > now) break;
        look(arena);
    }
    set_next_due();
}

void purge_requeue(void) {
    ASSERT(space_is_locked());
    resting_until = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++)
            if (window->arena[i].kind != ARENA_NONE)
                purge_note(&window->arena[i], window->arena[i].free & window->arena[i].touched);
    set_next_due();
}

size_t purge_all(size_t keep) {
    ASSERT(space_is_locked());
    size_t given = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            struct arena *arena = &window->arena[i];
            if (arena->kind == ARENA_NONE || arena->free == 0) continue;
            uint64_t pools = arena->free & arena->touched;
            size_t held = (size_t)bit_count(pools) * POOL_SIZE;
            if (held <= keep)
                keep -= held;
            else
                given += purge_pools(arena, pools);
        }
    }
    return given;
}
