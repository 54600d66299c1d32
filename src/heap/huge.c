/* SPDX-License-Identifier: MIT */
#include "heap/huge.h"

#include "base/check.h"
#include "heap/space_lock.h"
#include "os/os.h"

static_assert(HUGE_SIZE == OS_HUGE && HUGE_SIZE % ARENA_SIZE == 0 &&
                  HUGE_SIZE <= (size_t)1 << WINDOW_SHIFT,
              "a huge page is whole arenas of one window");

struct arena *huge_first(struct arena *arena) {
    struct window *window = window_of(arena);
    size_t index = (size_t)(arena - window->arena);
    return &window->arena[index / HUGE_ARENAS * HUGE_ARENAS];
}

bool huge_has(struct arena *arena) {
    ASSERT(space_is_locked());
    return huge_first(arena)->huge;
}

void huge_mark(uintptr_t base) {
    ASSERT(space_is_locked() && base % HUGE_SIZE == 0);
    arena_at(base)->huge = true;
}

static bool is_free(const struct arena *first) {
    for (unsigned i = 0; i < HUGE_ARENAS; i++)
        if (first[i].free != ~(uint64_t)0) return false;
    return true;
}

bool huge_leave(struct arena *arena) {
    ASSERT(space_is_locked() && huge_has(arena));
    struct arena *first = huge_first(arena);
    bool whole = is_free(first);
    first->huge = false;
    if (whole)
        os_use_small_pages((void *)first->base, HUGE_SIZE);
    else
        os_split_huge((void *)first->base);
    return whole;
}

static void check_page(const struct arena *first) {
    for (unsigned i = 0; i < HUGE_ARENAS; i++)
        CHECK(first[i].kind != ARENA_NONE && first[i].touched == ~(uint64_t)0); /* U1 */
}

void huge_check(void) {
    ASSERT(space_is_locked());
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i += HUGE_ARENAS)
            if (window->arena[i].huge) check_page(&window->arena[i]);
}
