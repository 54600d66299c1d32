/* SPDX-License-Identifier: MIT */
#include "heap/window.h"

#include "base/check.h"
#include "heap/space_lock.h"
#include "os/os.h"

static_assert(sizeof(union record) == 16 * POOL_WORDS, "an index becomes an offset by a shift");
static_assert(sizeof(struct pool) == sizeof(union record), "what is shared is the tag");
static_assert(sizeof(struct window) <= WINDOW_ALIGNMENT, "a record leads to its window");

struct window_table window_table;

static struct atomic_u64 newest; /* struct window * */
static size_t bytes;             /* under the space lock */

struct window *window_first(void) {
    return (struct window *)atomic_u64_load_acquire(&newest);
}

size_t window_bytes(void) { return bytes; }

/* Windows lie side by side, the first near the heap, the others away from it: between the chunks
   they would cut free ranges, once per window. Where something else is in the way they go on
   further down. */
static const uintptr_t AWAY = (uintptr_t)64 << 30;

static uintptr_t below(uintptr_t address, uintptr_t distance) {
    return address > distance ? address - distance : 0;
}

static struct window *map_window(size_t size) {
    ASSERT(space_is_locked());
    static uintptr_t place; /* of the next one; 0: anywhere. Under the space lock */
    struct window *window =
        (struct window *)os_map_aligned_at((void *)place, size, WINDOW_ALIGNMENT);
    if (window == NULL) return NULL;
    bool hit = (uintptr_t)window == place;
    if (window_first() == NULL)
        place = below((uintptr_t)window, AWAY);
    else
        place = below(place, hit ? WINDOW_ALIGNMENT : AWAY);
    return window;
}

static bool reserve_one(uintptr_t base) {
    ASSERT(space_is_locked());
    struct atomic_u64 *slot = &window_table.distance[(uint16_t)(base >> WINDOW_SHIFT)];
    if (atomic_u64_load(slot) != 0) return window_at(base) != NULL;
    size_t size = align_up(sizeof(struct window), os_page_size());
    struct window *window = map_window(size);
    if (window == NULL) return false;
    bytes += size;
    window->base = base;
    window->next = window_first();
    /* Release: whoever finds the window finds it filled. Partners: window_at, window_first. */
    atomic_u64_store_release(&newest, (uintptr_t)window);
    atomic_u64_store_release(slot, (uintptr_t)window - (uintptr_t)window_table.nowhere);
    return true;
}

void (*window_purge_hook)(uintptr_t arena);

/* One OS page, or two; where pages are larger it has more than one arena's records, and stays. */
void window_purge(uintptr_t arena) {
    ASSERT(space_is_locked());
    const size_t size = ARENA_POOLS * sizeof(union record);
    if (window_purge_hook != NULL) window_purge_hook(arena);
    if (size % os_page_size() == 0) os_purge(record_at(arena), size);
}

bool window_reserve(uintptr_t address, size_t size) {
    ASSERT(space_is_locked());
    const size_t span = (size_t)1 << WINDOW_SHIFT;
    for (uintptr_t at = align_down(address, span); at < address + size; at += span)
        if (!reserve_one(at)) return false;
    return true;
}
