/* SPDX-License-Identifier: MIT */
#include "heap/huge.h"

#include "base/check.h"
#include "heap/space_lock.h"
#include "os/os.h"

static_assert(HUGE_SIZE == OS_HUGE && HUGE_SIZE % ARENA_SIZE == 0 &&
                  HUGE_SIZE <= (size_t)1 << WINDOW_SHIFT,
              "a huge page is whole arenas of one window");

static struct atomic_u64 huge_marked; /* written under the space lock */

bool huge_any(void) { return atomic_u64_load(&huge_marked) != 0; }

struct arena *huge_first(struct arena *arena) {
    struct window *window = window_of(arena);
    size_t index = (size_t)(arena - window->arena);
    return &window->arena[index / HUGE_ARENAS * HUGE_ARENAS];
}

bool huge_has(struct arena *arena) {
    ASSERT(space_lock_is_held());
    return huge_first(arena)->huge;
}

void huge_mark(uintptr_t base) {
    ASSERT(space_lock_is_held() && base % HUGE_SIZE == 0);
    ASSERT(!window_arena_at(base)->huge);
    window_arena_at(base)->huge = true;
    atomic_u64_store(&huge_marked, atomic_u64_load(&huge_marked) + 1);
}

static bool is_free(const struct arena *first) {
    for (unsigned i = 0; i < HUGE_ARENAS; i++)
        if (first[i].free != ~(uint64_t)0) return false;
    return true;
}

bool huge_give_up(struct arena *arena) {
    ASSERT(space_lock_is_held() && huge_has(arena));
    struct arena *first = huge_first(arena);
    bool whole = is_free(first);
    first->huge = false;
    atomic_u64_store(&huge_marked, atomic_u64_load(&huge_marked) - 1);
    if (whole)
        os_use_small_pages((void *)first->base, HUGE_SIZE);
    else
        os_split_huge((void *)first->base);
    return whole;
}

static uint64_t visit_huge(void (*visit)(const struct arena *first)) {
    uint64_t found = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        for (unsigned i = 0; i < WINDOW_ARENAS; i += HUGE_ARENAS) {
            if (!window->arena[i].huge) continue;
            if (visit != NULL) visit(&window->arena[i]);
            found++;
        }
    }
    return found;
}

void huge_rebuild(void) {
    ASSERT(space_lock_is_held());
    atomic_u64_store(&huge_marked, visit_huge(NULL));
}

static void check_page(const struct arena *first) {
    for (unsigned i = 0; i < HUGE_ARENAS; i++)
        CHECK(first[i].kind != ARENA_NONE && first[i].touched == ~(uint64_t)0); /* U1 */
}

void huge_check(void) {
    ASSERT(space_lock_is_held());
    CHECK(visit_huge(check_page) == atomic_u64_load(&huge_marked)); /* U2 */
}
