/* SPDX-License-Identifier: MIT */
#include "heap/window.h"

#include "base/check.h"
#include "heap/space_lock.h"
#include "os/os.h"

static_assert(sizeof(union record) == 16 * POOL_WORDS, "an index becomes an offset by a shift");
static_assert(sizeof(struct pool) == sizeof(union record), "what is shared is the tag");
static_assert(sizeof(struct window) <= WINDOW_ALIGNMENT, "a record leads to its window");
static_assert(WINDOW_BEFORE + sizeof(struct window) + 2 * OS_FENCE <= WINDOW_STRIDE,
              "they lie side by side");

struct window_table window_table;

struct atomic_u64 window_newest;
/* Under the space lock. */
static struct {
    size_t bytes;            /* of address space taken by windows */
    struct window *prepared; /* mapped, and of no address yet */
} window_state;

struct window *window_first(void) {
    return (struct window *)atomic_u64_load_acquire(&window_newest);
}

size_t window_bytes(void) { return window_state.bytes; }

/* Windows lie side by side, away from the heap: between the chunks they would cut free ranges, once
   per window. The first is at a random place; where something else is in the way they go on further
   down. */
static const uintptr_t AWAY = (uintptr_t)64 << 30;
enum { PLACE_OF_WINDOWS = 1 };

static uintptr_t below(uintptr_t address, uintptr_t distance) {
    return address > distance ? address - distance : 0;
}

static size_t window_size(void) { return align_up(sizeof(struct window), os_page_size()); }

static struct window *map_window(void) {
    ASSERT(space_lock_is_held());
    static uintptr_t place; /* of the next one. Under the space lock */
    if (place == 0) place = (uintptr_t)os_random_place(PLACE_OF_WINDOWS, WINDOW_ALIGNMENT);
    struct window *window = (struct window *)os_map_fenced_at((void *)place, WINDOW_BEFORE,
                                                              window_size(), WINDOW_ALIGNMENT);
    bool hit = (uintptr_t)window == place;
    if (window == NULL) return NULL;
    place = below(place, hit ? WINDOW_STRIDE : AWAY);
    os_name((char *)window - WINDOW_BEFORE, WINDOW_BEFORE + window_size(), "poolalloc records");
    window_state.bytes += WINDOW_BEFORE + window_size() + 2 * OS_FENCE;
    return window;
}

bool window_prepare(void) {
    ASSERT(space_lock_is_held());
    if (window_state.prepared == NULL) window_state.prepared = map_window();
    return window_state.prepared != NULL;
}

static struct atomic_u64 *window_slot(uintptr_t address) {
    return &window_table.distance[(uint16_t)(address >> WINDOW_SHIFT)];
}

static bool reserve_one(uintptr_t base) {
    ASSERT(space_lock_is_held());
    struct atomic_u64 *slot = window_slot(base);
    if (atomic_u64_load(slot) != 0) return window_at(base) != NULL;
    if (!window_prepare()) return false;
    struct window *window = window_state.prepared;
    window_state.prepared = NULL;
    window->base = base;
    window->next = window_first();
    /* Release: whoever finds the window finds it filled. Partners: window_at, window_first. */
    atomic_u64_store_release(&window_newest, (uintptr_t)window);
    atomic_u64_store_release(slot, (uintptr_t)window - (uintptr_t)window_table.nowhere);
    return true;
}

void (*window_purge_hook)(uintptr_t arena);

static void tell_of_purge(uintptr_t base, size_t arenas) {
    for (size_t i = 0; i < arenas && window_purge_hook != NULL; i++)
        window_purge_hook(base + i * ARENA_SIZE);
}

/* The records of an arena are one OS page, or two; where pages are larger they hold more than one
   arena's records, and stay. */
void window_purge(uintptr_t base, size_t arenas) {
    ASSERT(space_lock_is_held());
    ASSERT(window_at(base) == window_at(base + arenas * ARENA_SIZE - 1));
    const size_t size = ARENA_POOLS * sizeof(union record);
    tell_of_purge(base, arenas);
    if (size % os_page_size() == 0) os_purge(window_record_at(base), arenas * size);
}

/* What lies in a page with something else stays. */
static void purge_inside(void *start, void *end) {
    uintptr_t from = align_up((uintptr_t)start, os_page_size());
    uintptr_t to = align_down((uintptr_t)end, os_page_size());
    if (from < to) os_purge((void *)from, to - from);
}

static void leave_in_window(uintptr_t base, size_t arenas) {
    struct window *window = window_at(base);
    size_t first = window_pool_index(base), end = first + arenas * ARENA_POOLS;
    ASSERT(window != NULL && end <= WINDOW_POOLS);
    tell_of_purge(base, arenas);
    purge_inside(&window->record[first], &window->record[end]);
    purge_inside(&window->spare[first * POOL_WORDS], &window->spare[end * POOL_WORDS]);
    struct atomic_u64 *pending = window_pending(window);
    purge_inside(&pending[first * POOL_WORDS], &pending[end * POOL_WORDS]);
}

void window_leave(uintptr_t base, size_t arenas) {
    ASSERT(space_lock_is_held());
    while (arenas > 0) {
        size_t to_end = WINDOW_ARENAS - (base >> ARENA_SHIFT) % WINDOW_ARENAS;
        size_t here = size_min(to_end, arenas);
        leave_in_window(base, here);
        base += here * ARENA_SIZE;
        arenas -= here;
    }
}

bool window_fits(uintptr_t address, size_t size) {
    ASSERT(space_lock_is_held());
    const size_t span = (size_t)1 << WINDOW_SHIFT;
    for (uintptr_t at = align_down(address, span); at < address + size; at += span)
        if (atomic_u64_load(window_slot(at)) != 0 && window_at(at) == NULL) return false;
    return size <= span * WINDOW_SLOTS;
}

bool window_reserve(uintptr_t address, size_t size) {
    ASSERT(space_lock_is_held());
    const size_t span = (size_t)1 << WINDOW_SHIFT;
    if (!window_fits(address, size)) return false;
    for (uintptr_t at = align_down(address, span); at < address + size; at += span)
        if (!reserve_one(at)) return false;
    return true;
}
