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
    space_figures.free += count * ARENA_SIZE;
    link_add_after(&ranges[list], &first->link);
    lengths |= (uint64_t)1 << list;
}

static void range_remove(struct arena *first) {
    unsigned list = (unsigned)size_min(first->length, LONG_RANGE);
    space_figures.free -= first->length * (size_t)ARENA_SIZE;
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
    arena->free = ~(uint64_t)0;
    arena->touched = arena->young = 0;
    atomic_in_sequence();
    arena->kind = ARENA_FREE;
}

/* ---- Places ---- */

static uintptr_t map_at(const struct space_request *request, uintptr_t hint) {
    void *at = (void *)hint;
    bool aligned = request->alignment > os_page_size();
    ASSERT(!(request->guarded && aligned));
    return (uintptr_t)(request->guarded ? os_map_guarded_at(at, request->size)
                                        : os_map_aligned_at(at, request->size, request->alignment));
}

static bool unmap(const struct space_request *request, uintptr_t address) {
    size_t guard = request->guarded ? os_page_size() : 0;
    return os_unmap((void *)(address - guard), request->size + 2 * guard);
}

/* The next address from `from` on, in steps of windows up or down, where nothing of ours is in the
   way; 0: there is none. */
static uintptr_t next_fit(const struct space_request *request, uintptr_t from, bool up) {
    const size_t span = size_max((size_t)1 << WINDOW_SHIFT, request->alignment);
    uintptr_t at = align_down(from, span);
    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        at = up ? at + span : at - span;
        if (at <= span || at > UINTPTR_MAX / 2) return 0;
        if (window_fits(at, request->covered)) return at;
    }
    return 0;
}

/* Maps it at that place or where the system likes it better, if it can be there; 0 if not. *none:
   the system has no room for it at all. */
static uintptr_t try_at(const struct space_request *request, uintptr_t at, bool *none) {
    uintptr_t address = map_at(request, at);
    *none = address == 0;
    if (*none || window_reserve(address, request->covered)) return address;
    unmap(request, address);
    return 0;
}

/* In steps that double, up or down. */
static uintptr_t search(const struct space_request *request, uintptr_t refused, bool up) {
    uintptr_t most = up ? (uintptr_t)1 << 48 : refused;
    bool none = false;
    for (size_t distance = 0; distance < most && !none;
         distance = size_max(2 * distance, (size_t)1 << WINDOW_SHIFT)) {
        uintptr_t at = next_fit(request, refused + (up ? distance : -distance), up);
        uintptr_t address = at != 0 ? try_at(request, at, &none) : 0;
        if (address != 0 || at == 0) return address;
    }
    return 0;
}

/* ---- Elsewhere: where the system puts it, other windows have the slots, because the program has
   taken TiBs of address space in between. What lies below is free as a rule. ---- */

enum { TRIES = 64, RING_WINDOWS = 64 };

/* The region where places were found lately: its highest and lowest, and the last or where the
   search ended. */
static struct { uintptr_t highest, last, lowest; } region;

/* Right below that address, so that windows are shared, or in a window below. */
static uintptr_t place_below(const struct space_request *request, uintptr_t address) {
    if (address <= request->size) return 0;
    uintptr_t at = align_down(address - request->size, request->alignment);
    return window_fits(at, request->covered) ? at : next_fit(request, at, false);
}

/* Moves *from to the place that was found or tried last. *none as in try_at. */
static uintptr_t try_below(const struct space_request *request, uintptr_t *from, bool *none) {
    uintptr_t address = 0, at = *from;
    for (unsigned i = 0; i < TRIES && address == 0 && !*none; i++) {
        at = place_below(request, at);
        if (at == 0) return 0;
        address = try_at(request, at, none);
        *from = address != 0 ? address : at;
    }
    return address;
}

/* Below the last place, and again from above when that is a ring away, where those that were freed
   meanwhile lie: else a program that maps and unmaps for ever would need windows for ever. Where
   that part of the ring is in use, below the whole region. */
static uintptr_t try_region(const struct space_request *request, bool *none) {
    size_t ring = size_max((size_t)RING_WINDOWS << WINDOW_SHIFT, 2 * space_figures.mapped);
    if (region.highest - region.last > ring) region.last = region.highest + request->size;
    uintptr_t address = try_below(request, &region.last, none), from = region.lowest;
    if (address == 0 && !*none) address = try_below(request, &from, none);
    if (address != 0 && address < region.lowest && region.lowest - address <= ring)
        region.lowest = address;
    return address;
}

static COLD uintptr_t map_elsewhere(const struct space_request *request, uintptr_t refused) {
    bool none = false;
    uintptr_t address = region.highest != 0 ? try_region(request, &none) : 0;
    if (address != 0 || none) return address;
    if (region.highest != 0) address = search(request, region.lowest, false);
    if (address == 0) address = search(request, refused, false);
    if (address == 0) address = search(request, refused, true);
    region.highest = region.last = region.lowest = address;
    return address;
}

uintptr_t space_map(const struct space_request *request, uintptr_t hint) {
    ASSERT(space_is_locked());
    uintptr_t address = map_at(request, hint);
    if (address == 0 || window_reserve(address, request->covered)) return address;
    bool fits = window_fits(address, request->covered);
    unmap(request, address);
    return fits ? 0 : map_elsewhere(request, address);
}

bool space_could_map(size_t size, size_t held) {
    return size <= held || (size < PTRDIFF_MAX && os_can_map(size - held));
}

/* Chunks lie side by side, from a random place down. When some were given back, their places are to
   be used again, which the system sees to. */
enum { PLACE_OF_CHUNKS = 2, FIRST_OF_CHUNK = 3, FIRST_CHOICE = 4 };
static uintptr_t lowest;
static bool released;

static uintptr_t chunk_hint(size_t size) {
    if (released) return 0;
    if (lowest == 0) return (uintptr_t)os_random_place(PLACE_OF_CHUNKS, ARENA_SIZE);
    return lowest > size ? lowest - size : 0;
}

static bool add_chunk(size_t count) {
    ASSERT(space_is_locked());
    init();
    size_t size = count * ARENA_SIZE;
    struct space_request request = {size, ARENA_SIZE, size, false};
    uintptr_t base = space_map(&request, chunk_hint(size));
    if (base == 0) return false;
    lowest = base;
    for (size_t i = 0; i < count; i++)
        arena_init(arena_at(base + i * ARENA_SIZE), base + i * ARENA_SIZE);
    space_count(size, 0);
    space_figures.chunks++;
    range_merge(arena_at(base), count);
    return true;
}

/* An eighth more than there is; under a limit what is needed. */
static bool grow(size_t count) {
    size_t wanted = space_figures.mapped / ARENA_SIZE / 8;
    wanted = size_min(size_max(wanted, CHUNK_MIN_ARENAS), CHUNK_MAX_ARENAS);
    return (wanted > count && add_chunk(wanted)) || add_chunk(count);
}

static void set_kinds(struct arena *first, size_t count, enum arena_kind kind) {
    for (size_t i = 0; i < count; i++) arena_after(first, i)->kind = (uint8_t)kind;
}

/* It is marked as gone before it goes: a fork may come in between. False: the kernel refused. */
static bool range_unmap(struct arena *first) {
    size_t count = first->length;
    range_remove(first);
    set_kinds(first, count, ARENA_NONE);
    atomic_in_sequence();
    bool done = os_unmap((void *)first->base, count * ARENA_SIZE);
    if (done) {
        released = true;
        for (size_t i = 0; i < count; i++) purge_forget(arena_after(first, i));
        space_count(0, count * ARENA_SIZE);
    } else {
        set_kinds(first, count, ARENA_FREE);
        range_add(first, count);
    }
    return done;
}

bool space_release(void) {
    ASSERT(space_is_locked());
    init();
    bool any = false;
    for (unsigned list = 1; list <= LONG_RANGE; list++) {
        for (struct link *at = ranges[list].next, *next; at != &ranges[list]; at = next) {
            next = at->next;
            any |= range_unmap(link_owner(at, struct arena, link));
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
        arena->free = ~(uint64_t)0;
        arena->kind = ARENA_FREE;
        purge_note(arena, arena->touched);
    }
}

/* Takes `count` arenas off a range, behind the first `skip`. */
static struct arena *range_cut_at(struct arena *first, size_t skip, size_t count) {
    size_t rest = first->length - skip - count;
    struct arena *taken = arena_after(first, skip);
    range_remove(first);
    if (skip > 0) range_add(first, skip);
    if (rest > 0) range_add(arena_after(taken, count), rest);
    mark_taken(taken, count);
    return taken;
}

/* At the end that has memory behind it. */
static struct arena *range_cut(struct arena *first, size_t count) {
    bool at_end = first->touched == 0 && range_last(first)->touched != 0;
    return range_cut_at(first, at_end ? first->length - count : 0, count);
}

/* The system has no more: unmaps free ranges, if what is free can make up for what is missing. */
static bool make_room(size_t count) {
    size_t size = count * ARENA_SIZE, free = space_figures.free;
    return free > 0 && space_could_map(size, free) && space_release() && add_chunk(count);
}

static struct arena *take(size_t count, struct arena *first) {
    ASSERT(space_is_locked());
    if (first == NULL) first = range_find(count);
    if (first == NULL && (grow(count) || make_room(count))) first = range_find(count);
    return first != NULL ? range_cut(first, count) : NULL;
}

struct arena *space_take(size_t count) {
    return take(count, NULL);
}

/* The first of the process is one of the first few of its chunk: two bits more that nobody can
   guess. */
static struct arena *take_first(void) {
    struct arena *first = range_find(1);
    if (first == NULL && grow(1)) first = range_find(1);
    if (first == NULL) return NULL;
    size_t choice = size_min(first->length, FIRST_CHOICE);
    return range_cut_at(first, os_random(FIRST_OF_CHUNK) % choice, 1);
}

struct arena *space_take_used(void) {
    static bool begun;
    if (begun) return take(1, range_find_used());
    begun = true;
    return take_first();
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

/* One whose last pool was just given back, or whose first was about to be taken. */
static bool is_all_free(const struct arena *arena) {
    bool is_cut = arena->kind == ARENA_OF_POOLS || arena->kind == ARENA_OF_SPANS;
    return is_cut && arena->free == ~(uint64_t)0;
}

void space_rebuild(void) {
    ASSERT(space_is_locked());
    ready = false;
    init();
    lengths = space_figures.free = space_figures.mapped = 0;
    purge_reset();
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            struct arena *arena = &window->arena[i];
            if (arena->kind == ARENA_NONE) continue;
            if (is_all_free(arena)) arena->kind = ARENA_FREE;
            link_init(&arena->link);
            link_init(&arena->dirty);
            purge_note(arena, arena->free & arena->touched);
            space_count(ARENA_SIZE, 0);
        }
    }
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++)
            if (window->arena[i].kind == ARENA_FREE) range_rebuild(&window->arena[i]);
}

void space_check(void) {
    ASSERT(space_is_locked());
    init();
    size_t free = 0;
    for (unsigned list = 1; list <= LONG_RANGE; list++) {
        CHECK((lengths >> list & 1) == !link_is_alone(&ranges[list]));
        for (struct link *at = ranges[list].next; at != &ranges[list]; at = at->next) {
            struct arena *first = link_owner(at, struct arena, link);
            struct arena *last = arena_after(first, first->length - 1);
            CHECK(size_min(first->length, LONG_RANGE) == list && last->length == first->length);
            CHECK(first->kind == ARENA_FREE && last->kind == ARENA_FREE);
            struct arena *after = arena_after(first, first->length);
            CHECK(after == NULL || after->kind != ARENA_FREE);
            free += first->length * (size_t)ARENA_SIZE;
        }
    }
    CHECK(free == space_figures.free);
}
