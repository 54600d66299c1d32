/* SPDX-License-Identifier: MIT */
#include "hedges.h"

#include <stdio.h>

#include "../support/expect.h"
#include "heap/window.h"

/* The hedges of an arena that lie in the range. */
NO_HOOK static size_t of_arena(const struct arena *arena, uintptr_t from, uintptr_t to) {
    size_t count = 0;
    for (uint64_t hedges = arena->hedges; hedges != 0; hedges &= hedges - 1) {
        uintptr_t page = arena->base + bit_lowest(hedges) * (uintptr_t)POOL_SIZE;
        count += page >= from && page < to;
    }
    return count;
}

NO_HOOK static size_t within(uintptr_t from, uintptr_t to) {
    size_t count = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) count += of_arena(&window->arena[i], from, to);
    return count;
}

NO_HOOK struct hedges hedges_now(void) {
    struct hedges hedges = {within(0, UINTPTR_MAX), 0};
    unsigned long from, to;
    char access[5];
    if (hedges.count == 0) return hedges;
    FILE *maps = fopen("/proc/self/maps", "r");
    EXPECT(maps != NULL);
    while (fscanf(maps, "%lx-%lx %4s%*[^\n]", &from, &to, access) == 3)
        if (strcmp(access, "---p") == 0) hedges.shut += within(from, to);
    EXPECT(fclose(maps) == 0);
    return hedges;
}
