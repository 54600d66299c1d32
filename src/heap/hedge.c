/* SPDX-License-Identifier: MIT */
#include "heap/hedge.h"

#include "base/check.h"
#include "heap/huge.h"
#include "heap/space_lock.h"
#include "os/options.h"
#include "os/os.h"

static struct {
    size_t count;
    unsigned turn; /* spans since one had a hedge */
} hedges;

unsigned hedge_due(void) {
    ASSERT(space_lock_is_held());
    bool may = options.guard_pages && os_page_size() == POOL_SIZE && hedges.count < HEDGES_MOST;
    if (likely(!may)) return 0;
    hedges.turn = (hedges.turn + 1) % HEDGE_EVERY;
    return hedges.turn == 0;
}

static uint64_t bit_of(uintptr_t page) { return (uint64_t)1 << (page >> POOL_SHIFT) % ARENA_POOLS; }

/* A page is a hedge before it is inaccessible, and until it is accessible again: a fork may come in
   between. */
static void set_hedge(struct arena *arena, uint64_t bit) {
    arena->hedges |= bit;
    hedges.count++;
    atomic_in_sequence();
}

static void clear_hedge(struct arena *arena, uint64_t bit) {
    atomic_in_sequence();
    arena->hedges &= ~bit;
    hedges.count--;
}

bool hedge_put(uintptr_t page) {
    struct arena *arena = window_arena_at(page);
    uint64_t bit = bit_of(page);
    ASSERT(space_lock_is_held() && !((arena->free | arena->hedges) & bit));
    if (huge_has(arena)) return false;
    set_hedge(arena, bit);
    if (!os_shut((void *)page, POOL_SIZE)) {
        clear_hedge(arena, bit);
        return false;
    }
    arena->touched &= ~bit;
    return true;
}

size_t hedge_remove(uintptr_t end) {
    ASSERT(space_lock_is_held());
    if (likely(hedges.count == 0)) return 0;
    struct arena *arena = window_arena_at(end);
    if (arena == NULL || !(arena->hedges & bit_of(end))) return 0;
    if (!os_open((void *)end, POOL_SIZE)) return 0;
    os_use_small_pages((void *)end, POOL_SIZE);
    clear_hedge(arena, bit_of(end));
    return POOL_SIZE;
}

static size_t count_hedges(void) {
    size_t count = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            ASSERT(!(window->arena[i].hedges & window->arena[i].free)); /* X1 */
            count += bit_count(window->arena[i].hedges);
        }
    return count;
}

void hedge_rebuild(void) {
    ASSERT(space_lock_is_held());
    hedges.count = count_hedges();
}

void hedge_check(void) {
    ASSERT(space_lock_is_held());
    CHECK(hedges.count == count_hedges()); /* X2 */
}
