/* SPDX-License-Identifier: MIT */
#include "heap/space.h"

#include "base/check.h"
#include "heap/purge.h"
#include "os/os.h"

/* Chunks grow with the process, so that their number stays small, and stop at 64 MiB: address space
   is cheap but not free (page tables, limits, core files). */
enum { CHUNK_MAX_ARENAS = 256, LONG_RANGE = 63, RANGE_LOOKS = 16 };

struct space_figures space_figures;

/* Free ranges by length: 1 to 62 exactly, all longer ones in list 63. Bit n of `lengths` is set if
   and only if list n is not empty. */
static struct link ranges[LONG_RANGE + 1];
static uint64_t lengths;
static bool ready;

static void init(void) {
    if (ready) return;
    for (unsigned i = 0; i <= LONG_RANGE; i++) link_init(&ranges[i]);
    ready = true;
}

void space_count(size_t bytes_more, size_t bytes_less) {
    ASSERT(space_is_locked());
    space_figures.mapped += bytes_more - bytes_less;
    if (space_figures.mapped > space_figures.mapped_peak)
        space_figures.mapped_peak = space_figures.mapped;
}

/* ---- Free ranges ---- */

static struct arena *arena_after(struct arena *first, size_t count) {
    return arena_at(first->base + count * ARENA_SIZE);
}

static void range_add(struct arena *first, size_t count) {
    struct arena *last = arena_after(first, count - 1);
    unsigned list = (unsigned)size_min(count, LONG_RANGE);
    first->length = last->length = (uint32_t)count;
    link_add_after(&ranges[list], &first->link);
    lengths |= (uint64_t)1 << list;
}

static void range_remove(struct arena *first) {
    unsigned list = (unsigned)size_min(first->length, LONG_RANGE);
    link_remove(&first->link);
    if (link_is_alone(&ranges[list])) lengths &= ~((uint64_t)1 << list);
}

/* Adds a range, merged with the free neighbours it may have. */
static void range_merge(struct arena *first, size_t count) {
    struct arena *before = arena_at(first->base - ARENA_SIZE);
    struct arena *after = arena_after(first, count);
    if (after != NULL && after->kind == ARENA_FREE) {
        count += after->length;
        range_remove(after);
    }
    if (before != NULL && before->kind == ARENA_FREE) {
        count += before->length;
        first = arena_at(first->base - before->length * (size_t)ARENA_SIZE);
        range_remove(first);
    }
    range_add(first, count);
}

static struct arena *range_last(struct arena *first) {
    return arena_after(first, first->length - 1);
}

/* A short range with memory behind an end of it. Gives up after a few. */
static struct arena *range_find_used(void) {
    unsigned looks = RANGE_LOOKS;
    for (uint64_t left = lengths; left != 0; left &= left - 1) {
        struct link *list = &ranges[bit_lowest(left)];
        for (struct link *at = list->next; at != list; at = at->next) {
            if (looks-- == 0) return NULL;
            struct arena *first = link_owner(at, struct arena, link);
            if ((first->touched | range_last(first)->touched) != 0) return first;
        }
    }
    return NULL;
}

static struct arena *range_find(size_t count) {
    uint64_t fitting = count < LONG_RANGE ? lengths & ~bit_range(0, (unsigned)count)
                                          : lengths & (uint64_t)1 << LONG_RANGE;
    if (fitting == 0) return NULL;
    unsigned list = bit_lowest(fitting);
    struct arena *best = NULL;
    for (struct link *at = ranges[list].next; at != &ranges[list]; at = at->next) {
        struct arena *first = link_owner(at, struct arena, link);
        if (list < LONG_RANGE) return first;
        if (first->length >= count && (best == NULL || first->length < best->length)) best = first;
    }
    return best;
}

/* ---- Chunks ---- */

static void arena_init(struct arena *arena, uintptr_t base) {
    link_init(&arena->link);
    link_init(&arena->dirty);
    arena->base = base;
    arena->kind = ARENA_FREE;
    arena->free = ~(uint64_t)0;
    arena->touched = arena->young = 0;
}

static bool add_chunk(size_t count) {
    ASSERT(space_is_locked());
    init();
    size_t size = count * ARENA_SIZE;
    uintptr_t base = (uintptr_t)os_map_aligned(size, ARENA_SIZE);
    if (base == 0) return false;
    if (!window_reserve(base, size)) {
        os_unmap((void *)base, size);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        arena_init(arena_at(base + i * ARENA_SIZE), base + i * ARENA_SIZE);
    space_count(size, 0);
    space_figures.chunks++;
    range_merge(arena_at(base), count);
    return true;
}

/* An eighth more than there is; under a limit less and less, down to what is needed. */
static bool grow(size_t count) {
    size_t wanted = space_figures.mapped / ARENA_SIZE / 8;
    wanted = size_min(size_max(wanted, CHUNK_MIN_ARENAS), CHUNK_MAX_ARENAS);
    for (wanted = size_max(wanted, count); wanted > count; wanted = size_max(wanted / 2, count))
        if (add_chunk(wanted)) return true;
    return add_chunk(count);
}

bool space_release(void) {
    ASSERT(space_is_locked());
    init();
    bool any = false;
    for (unsigned list = 1; list <= LONG_RANGE; list++) {
        for (struct link *at = ranges[list].next, *next; at != &ranges[list]; at = next) {
            struct arena *first = link_owner(at, struct arena, link);
            size_t count = first->length, size = count * ARENA_SIZE;
            next = at->next;
            if (!os_unmap((void *)first->base, size)) continue;
            range_remove(first);
            for (size_t i = 0; i < count; i++) {
                struct arena *arena = arena_after(first, i);
                purge_forget(arena);
                arena->kind = ARENA_NONE;
            }
            space_count(0, size);
            any = true;
        }
    }
    return any;
}

/* ---- Taking and giving back ---- */

/* In use: nothing of it is free, and the taker alone writes `touched` from now on. */
static void mark_taken(struct arena *first, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_after(first, i);
        arena->kind = ARENA_EXTENT_TAIL;
        arena->free = arena->young = 0;
        purge_forget(arena);
    }
}

static void mark_free(struct arena *first, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_after(first, i);
        arena->kind = ARENA_FREE;
        arena->free = ~(uint64_t)0;
        purge_note(arena, arena->touched);
    }
}

/* Takes `count` arenas off a range, at the end that has memory behind it. */
static struct arena *range_cut(struct arena *first, size_t count) {
    size_t rest = first->length - count;
    bool at_end = first->touched == 0 && range_last(first)->touched != 0;
    struct arena *taken = at_end ? arena_after(first, rest) : first;
    struct arena *left = at_end ? first : arena_after(first, count);
    range_remove(first);
    if (rest > 0) range_add(left, rest);
    mark_taken(taken, count);
    return taken;
}

static struct arena *take(size_t count, struct arena *first) {
    ASSERT(space_is_locked());
    if (first == NULL) first = range_find(count);
    if (first == NULL && (grow(count) || (space_release() && add_chunk(count))))
        first = range_find(count);
    return first != NULL ? range_cut(first, count) : NULL;
}

struct arena *space_take(size_t count) {
    return take(count, NULL);
}

struct arena *space_take_used(void) {
    return take(1, range_find_used());
}

struct arena *space_take_aligned(size_t count, size_t alignment) {
    size_t more = alignment > ARENA_SIZE ? alignment / ARENA_SIZE - 1 : 0;
    struct arena *first = space_take(count + more);
    if (first == NULL || more == 0) return first;
    size_t before = (align_up(first->base, alignment) - first->base) / ARENA_SIZE;
    struct arena *aligned = arena_after(first, before);
    if (before > 0) space_return(first, before);
    if (more > before) space_return(arena_after(aligned, count), more - before);
    return aligned;
}

bool space_extend(struct arena *first, size_t count, size_t more) {
    ASSERT(space_is_locked());
    struct arena *after = arena_after(first, count);
    if (after == NULL || after->kind != ARENA_FREE || after->length < more) return false;
    size_t rest = after->length - more;
    range_remove(after);
    if (rest > 0) range_add(arena_after(after, more), rest);
    mark_taken(after, more);
    return true;
}

void space_return(struct arena *first, size_t count) {
    ASSERT(space_is_locked());
    mark_free(first, count);
    range_merge(first, count);
}

static void range_rebuild(struct arena *first) {
    struct arena *before = arena_at(first->base - ARENA_SIZE);
    if (before != NULL && before->kind == ARENA_FREE) return;
    size_t count = 1;
    for (struct arena *at; (at = arena_after(first, count)) != NULL && at->kind == ARENA_FREE;)
        count++;
    range_add(first, count);
}

void space_rebuild(void) {
    ASSERT(space_is_locked());
    ready = false;
    init();
    lengths = 0;
    purge_reset();
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            struct arena *arena = &window->arena[i];
            if (arena->kind == ARENA_NONE) continue;
            link_init(&arena->link);
            link_init(&arena->dirty);
            purge_note(arena, arena->free & arena->touched);
        }
    }
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++)
            if (window->arena[i].kind == ARENA_FREE) range_rebuild(&window->arena[i]);
}

void space_check(void) {
    ASSERT(space_is_locked());
    init();
    for (unsigned list = 1; list <= LONG_RANGE; list++) {
        CHECK((lengths >> list & 1) == !link_is_alone(&ranges[list]));
        for (struct link *at = ranges[list].next; at != &ranges[list]; at = at->next) {
            struct arena *first = link_owner(at, struct arena, link);
            struct arena *last = arena_after(first, first->length - 1);
            CHECK(size_min(first->length, LONG_RANGE) == list && last->length == first->length);
            CHECK(first->kind == ARENA_FREE && last->kind == ARENA_FREE);
            struct arena *after = arena_after(first, first->length);
            CHECK(after == NULL || after->kind != ARENA_FREE);
        }
    }
}
