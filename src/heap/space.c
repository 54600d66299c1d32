/* SPDX-License-Identifier: MIT */
#include "heap/space.h"

#include "base/chance.h"
#include "base/check.h"
#include "heap/hedge.h"
#include "heap/huge.h"
#include "heap/purge.h"
#include "os/options.h"
#include "os/os.h"
#include "os/probe.h"

/* Chunks grow with the process, so that their number stays small, and stop at 64 MiB: address space
   is cheap but not free (page tables, limits, core files). */
enum { CHUNK_MAX_ARENAS = 256, CHUNK_SHARE = 16 };

enum {
    /* Free pages that every process may have, with memory or without, beside a quarter of those in
       use. */
    USUAL_PAGES = 64 * MIB / POOL_SIZE,
    /* A look for more of them goes over all long ranges, so that many must have come since the last
       one, which may have found few that can go. */
    EXCESS_STEP = 16 * MIB / POOL_SIZE,
};

struct space_figures space_figures;

/* Under the space lock. */
static struct {
    size_t limit; /* of mapped bytes */
    /* The region where places were found lately: its highest and lowest, and the last or where the
       search ended. */
    struct {
        uintptr_t highest, last, lowest;
    } region;
    uintptr_t lowest_chunk;
    bool unmapped;      /* some arenas were */
    bool has_closed;    /* some arenas were, and some may be */
    struct chance dice; /* for random_addresses=on; 0 before the first time */
} space_state = {.limit = SIZE_MAX};

void space_name(void) {
    ASSERT(space_lock_is_held());
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        os_name(window, sizeof *window, "poolalloc records");
        for (unsigned i = 0; i < WINDOW_ARENAS; i++)
            if (window->arena[i].kind != ARENA_NONE)
                os_name((void *)window->arena[i].base, ARENA_SIZE, "poolalloc arenas");
    }
}

void space_set_limit(size_t bytes) {
    ASSERT(space_lock_is_held());
    space_state.limit = bytes;
}

size_t space_limit(void) { return space_state.limit; }

static bool allows(size_t more, size_t less) {
    ASSERT(space_lock_is_held());
    size_t mapped = space_figures.mapped - size_min(less, space_figures.mapped);
    return more <= space_state.limit && mapped <= space_state.limit - more;
}

bool space_allows(size_t more) { return allows(more, 0); }

void space_count(size_t bytes_more, size_t bytes_less) {
    ASSERT(space_lock_is_held());
    space_figures.mapped += bytes_more - bytes_less;
    space_figures.mapped_peak = size_max(space_figures.mapped_peak, space_figures.mapped);
}

size_t space_page_step(void) { return size_max(os_page_size() / POOL_SIZE, 1); }

/* ---- Arenas that were never used, and are inaccessible ----
 *
 * An arena says that it is closed before it is and until it is open: in the child of a fork in
 * between it is opened once more, which loses nothing.
 */

static bool is_closed(uintptr_t at) { return window_arena_at(at)->closed; }

static void set_closed(uintptr_t base, size_t count, bool closed) {
    for (size_t i = 0; i < count; i++) window_arena_at(base + i * ARENA_SIZE)->closed = closed;
    atomic_in_sequence();
}

static void close_arenas(uintptr_t base, size_t count) {
    space_state.has_closed = true;
    set_closed(base, count, true);
    if (!os_shut((void *)base, count * ARENA_SIZE)) set_closed(base, count, false);
}

static bool open_arena(struct arena *arena) {
    if (!os_open((void *)arena->base, ARENA_SIZE)) return false;
    os_use_small_pages((void *)arena->base, ARENA_SIZE);
    os_name((void *)arena->base, ARENA_SIZE, "poolalloc arenas");
    atomic_in_sequence();
    arena->closed = false;
    return true;
}

/* Makes the arenas of a run accessible. False: the system refuses. */
static bool open_arenas(uintptr_t base, size_t size) {
    if (likely(!space_state.has_closed)) return true;
    for (uintptr_t at = base; at < base + size; at = window_next_arena(at))
        if (is_closed(at) && !open_arena(window_arena_at(at))) return false;
    return true;
}

void space_close(void) {
    ASSERT(space_lock_is_held());
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            struct arena *arena = &window->arena[i];
            bool is_unused = arena->free == ~(uint64_t)0 && arena->touched == 0;
            if (arena->kind == ARENA_OF_RUNS && is_unused && !arena->closed)
                close_arenas(arena->base, 1);
        }
}

/* ---- Pages of arenas ---- */

uint64_t space_pages(uintptr_t base, uintptr_t end) {
    unsigned first = (base >> POOL_SHIFT) % ARENA_POOLS;
    size_t count = size_min((end - base) / POOL_SIZE, ARENA_POOLS - first);
    return bit_range(first, (unsigned)count);
}

static void mark_taken(uintptr_t base, size_t size) {
    ASSERT(!is_closed(base) && !is_closed(base + size - POOL_SIZE));
    for (uintptr_t at = base, end = base + size; at < end; at = window_next_arena(at)) {
        struct arena *arena = window_arena_at(at);
        uint64_t pages = space_pages(at, end);
        ASSERT(arena->kind == ARENA_OF_RUNS && (arena->free & pages) == pages);
        arena->free &= ~pages;
        purge_taken(arena, pages);
    }
}

/* True if any of the pages may have memory behind it. */
static bool mark_free(uintptr_t base, size_t size) {
    bool touched = false;
    for (uintptr_t at = base, end = base + size; at < end; at = window_next_arena(at)) {
        struct arena *arena = window_arena_at(at);
        uint64_t pages = space_pages(at, end);
        ASSERT(arena->kind == ARENA_OF_RUNS && (arena->free & pages) == 0);
        arena->free |= pages;
        purge_freed(arena, pages);
        touched |= (arena->touched & pages) != 0;
    }
    return touched;
}

size_t space_touch(uintptr_t base, size_t size) {
    ASSERT(space_lock_is_held());
    size_t old = 0;
    for (uintptr_t at = base, end = base + size; at < end; at = window_next_arena(at)) {
        struct arena *arena = window_arena_at(at);
        uint64_t pages = space_pages(at, end);
        ASSERT((arena->free & pages) == 0);
        old += bit_count(arena->touched & pages);
        arena->touched |= pages;
    }
    return old;
}

/* ---- Chunks ---- */

static void arena_init(struct arena *arena, uintptr_t base, uint64_t touched) {
    ASSERT(arena->kind == ARENA_NONE);
    link_init(&arena->link);
    link_init(&arena->dirty);
    arena->base = base;
    arena->free = ~(uint64_t)0;
    arena->touched = touched;
    arena->young = arena->refault = arena->hedges = 0;
    arena->huge = arena->closed = false;
    atomic_in_sequence();
    arena->kind = ARENA_OF_RUNS;
}

/* Adds new arenas, all free. */
static void add_arenas(uintptr_t base, size_t count, bool touched) {
    purge_count_pages(count * ARENA_POOLS);
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = window_arena_at(base + i * ARENA_SIZE);
        arena_init(arena, base + i * ARENA_SIZE, touched ? ~(uint64_t)0 : 0);
        purge_freed(arena, arena->free);
    }
    range_add(base, count * ARENA_POOLS, touched);
}

bool space_adopt(uintptr_t base, size_t arenas) {
    ASSERT(space_lock_is_held());
    if (!window_reserve(base, arenas * ARENA_SIZE)) return false;
    add_arenas(base, arenas, true);
    return true;
}

/* ---- Places ---- */

static uintptr_t map_at(const struct space_request *request, uintptr_t hint) {
    void *at = (void *)hint;
    bool aligned = request->alignment > os_page_size();
    ASSERT(!(request->guarded && aligned));
    return (uintptr_t)(request->guarded ? os_map_guarded_at(at, request->size)
                                        : os_map_aligned_at(at, request->size, request->alignment));
}

static bool unmap_request(const struct space_request *request, uintptr_t address) {
    size_t guard = request->guarded ? os_page_size() : 0;
    return space_lock_unmap((void *)(address - guard), request->size + 2 * guard);
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

/* Maps the request at that place or where the system likes it better, if it can be there; 0 if not,
   and then *none tells whether the system has no room for it at all. */
static uintptr_t try_at(const struct space_request *request, uintptr_t at, bool *none) {
    uintptr_t address = map_at(request, at);
    *none = address == 0;
    if (*none || window_reserve(address, request->covered)) return address;
    unmap_request(request, address);
    return 0;
}

/* Whatever a program has reserved, some TiBs side by side are free: the longest steps find them. */
static const size_t LONGEST_STEP = 1024 * GIB;

/* Searches in steps that double as long as they are short, up or down. */
static uintptr_t search_space(const struct space_request *request, uintptr_t refused, bool up) {
    uintptr_t most = up ? (uintptr_t)1 << 48 : refused;
    bool none = false;
    for (size_t distance = 0; distance < most && !none;
         distance += size_min(size_max(distance, (size_t)1 << WINDOW_SHIFT), LONGEST_STEP)) {
        uintptr_t at = next_fit(request, refused + (up ? distance : -distance), up);
        uintptr_t address = at != 0 ? try_at(request, at, &none) : 0;
        if (address != 0 || at == 0) return address;
    }
    return 0;
}

/* ---- Elsewhere: where the system puts it, other windows have the slots, because the program has
   taken TiBs of address space in between. What lies below is free as a rule. ---- */

enum { TRIES = 64, RING_WINDOWS = 64 };

/* A place right below that address, so that windows are shared, or in a window below. */
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

/* Tries below the last place, and again from above when that is a ring away, where places that were
   freed meanwhile lie: else a program that maps and unmaps for ever would need windows for ever.
   Where that part of the ring is in use, tries below the whole region. */
static uintptr_t try_region(const struct space_request *request, bool *none) {
    size_t ring = size_max((size_t)RING_WINDOWS << WINDOW_SHIFT, 2 * space_figures.mapped);
    if (space_state.region.highest - space_state.region.last > ring)
        space_state.region.last = space_state.region.highest + request->size;
    uintptr_t address = try_below(request, &space_state.region.last, none),
              from = space_state.region.lowest;
    if (address == 0 && !*none) address = try_below(request, &from, none);
    if (address != 0 && address < space_state.region.lowest &&
        space_state.region.lowest - address <= ring)
        space_state.region.lowest = address;
    return address;
}

static COLD uintptr_t map_elsewhere(const struct space_request *request, uintptr_t refused) {
    bool none = false;
    uintptr_t address = space_state.region.highest != 0 ? try_region(request, &none) : 0;
    if (address != 0 || none) return address;
    if (space_state.region.highest != 0)
        address = search_space(request, space_state.region.lowest, false);
    if (address == 0) address = search_space(request, refused, false);
    if (address == 0) address = search_space(request, refused, true);
    space_state.region.highest = space_state.region.last = space_state.region.lowest = address;
    return address;
}

uintptr_t space_map(const struct space_request *request, uintptr_t hint) {
    ASSERT(space_lock_is_held());
    if (unlikely(!space_allows(request->size))) return 0;
    uintptr_t address = map_at(request, hint);
    if (address == 0 || window_reserve(address, request->covered)) return address;
    bool fits = window_fits(address, request->covered);
    unmap_request(request, address);
    return fits ? 0 : map_elsewhere(request, address);
}

bool space_could_map(size_t size, size_t held) {
    if (size <= held) return true;
    return size < PTRDIFF_MAX && allows(size, held) && os_can_map(size - held);
}

uint64_t space_roll(void) {
    ASSERT(space_lock_is_held());
    if (space_state.dice.state == 0) space_state.dice.state = os_secret() ^ (uintptr_t)&space_state;
    return chance_bits(&space_state.dice);
}

/* Chunks lie side by side, from a random place down. When some were given back, their places are to
   be used again, which the system sees to. */
enum { PLACE_OF_CHUNKS = 2, FIRST_OF_CHUNK = 3, FIRST_CHOICE = 4, FIRST_OF_MANY = 16 };

/* With random_addresses=on each chunk is at one of so many random places: each of these has a
   window for ever. 0: those that were looked at are in use. */
static uintptr_t scattered_hint(size_t alignment) {
    enum { PLACES = 256, LOOKS = 16 };
    for (unsigned i = 0; i < LOOKS; i++) {
        unsigned number = FIRST_OF_MANY + (unsigned)(space_roll() % PLACES);
        uintptr_t place = (uintptr_t)os_random_place(number, alignment);
        const struct arena *arena = window_arena_at(place);
        if (arena == NULL || arena->kind == ARENA_NONE) return place;
    }
    return 0;
}

static uintptr_t chunk_hint(size_t size, size_t alignment) {
    if (options.random_places) return scattered_hint(alignment);
    if (space_state.unmapped) return 0;
    if (space_state.lowest_chunk == 0)
        return (uintptr_t)os_random_place(PLACE_OF_CHUNKS, ARENA_SIZE);
    return space_state.lowest_chunk > size ? align_down(space_state.lowest_chunk - size, alignment)
                                           : 0;
}

/* Chunks are whole huge pages, where some may be used. */
static size_t chunk_alignment(size_t size) {
    bool is_large = huge_is_for(space_figures.mapped / POOL_SIZE);
    return is_large && size % HUGE_SIZE == 0 ? HUGE_SIZE : ARENA_SIZE;
}

static bool add_chunk(size_t count) {
    size_t size = count * ARENA_SIZE;
    struct space_request request = {size, chunk_alignment(size), size, false};
    uintptr_t base = space_map(&request, chunk_hint(size, request.alignment));
    if (base == 0) return false;
    space_state.lowest_chunk = base;
    os_use_small_pages((void *)base, size);
    os_name((void *)base, size, "poolalloc arenas");
    probe_arenas_new(base, size);
    space_count(size, 0);
    space_figures.chunks++;
    add_arenas(base, count, false);
    if (options.guard_pages) close_arenas(base, count);
    return true;
}

/* Arenas in which the request fits wherever they lie. */
static size_t arenas_for(const struct range_request *request) {
    size_t more = request->alignment > ARENA_SIZE ? request->alignment / POOL_SIZE : 0;
    return (request->pages + more + ARENA_POOLS - 1) / ARENA_POOLS;
}

/* The system has no more: unmaps free arenas, if what is free can make up for what is missing. */
static bool exchange_arenas(size_t count) {
    size_t size = count * ARENA_SIZE, free = range_pages() * POOL_SIZE;
    return free > 0 && space_could_map(size, free) && space_unmap_free() && add_chunk(count);
}

/* Adds a sixteenth of what there is, in huge pages where some may be used; under a limit what is
   needed. */
static bool grow_space(size_t count) {
    size_t wanted = space_figures.mapped / ARENA_SIZE / CHUNK_SHARE;
    if (wanted > HUGE_ARENAS) wanted = align_down(wanted, HUGE_ARENAS);
    wanted = size_min(size_max(wanted, CHUNK_MIN_ARENAS), CHUNK_MAX_ARENAS);
    return (wanted > count && add_chunk(wanted)) || add_chunk(count) || exchange_arenas(count);
}

/* Free arenas become nobody's, or are free again. */
static void hide_arenas(uintptr_t base, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = window_arena_at(base + i * ARENA_SIZE);
        if (huge_has(arena)) huge_give_up(arena);
        arena->kind = ARENA_NONE;
        arena->free = arena->refault = 0; /* nobody asks for these pages */
        purge_taken(arena, ~(uint64_t)0);
    }
}

static void show_arenas(uintptr_t base, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = window_arena_at(base + i * ARENA_SIZE);
        arena->free = ~(uint64_t)0;
        atomic_in_sequence();
        arena->kind = ARENA_OF_RUNS;
        purge_freed(arena, ~(uint64_t)0);
    }
}

/* The arenas are marked before they are unmapped: the child of a fork in between has some address
   space less, and nothing that is not there. */
static bool unmap_arenas(uintptr_t base, size_t count) {
    size_t size = count * ARENA_SIZE;
    hide_arenas(base, count);
    atomic_in_sequence();
    if (!space_lock_unmap((void *)base, size)) {
        show_arenas(base, count);
        return false;
    }
    space_state.unmapped = true;
    window_leave(base, count);
    probe_arenas_free(base, size);
    purge_count_pages(-(count * ARENA_POOLS));
    space_count(0, size);
    return true;
}

static bool unmap_all(uintptr_t *base, size_t *count) { return unmap_arenas(*base, *count); }

bool space_unmap_free(void) {
    ASSERT(space_lock_is_held());
    return range_offer_arenas(unmap_all);
}

static bool is_untouched(uintptr_t base) { return window_arena_at(base)->touched == 0; }

/* Unmaps the first row of arenas without memory. */
static bool unmap_untouched(uintptr_t *base, size_t *count) {
    uintptr_t end = *base + *count * ARENA_SIZE, first = *base, behind;
    while (first < end && !is_untouched(first)) first += ARENA_SIZE;
    for (behind = first; behind < end && is_untouched(behind);) behind += ARENA_SIZE;
    *base = first;
    *count = (behind - first) / ARENA_SIZE;
    return *count > 0 && unmap_arenas(*base, *count);
}

/* Free pages without memory, an upper bound of what can go. */
static size_t bare_pages(void) { return range_pages() - size_min(purge_idle(), range_pages()); }

/* Chunks leave some free, and what was freed is to be used again. */
void space_unmap_excess(void) {
    static size_t left; /* bare pages after the last look */
    ASSERT(space_lock_is_held());
    left = size_min(left, bare_pages());
    if (bare_pages() < left + EXCESS_STEP || range_pages() <= purge_in_use() / 4 + USUAL_PAGES)
        return;
    range_offer_arenas(unmap_untouched);
    left = bare_pages();
}

void space_split_huge(uintptr_t base) {
    if (!huge_any() || !space_lock()) return;
    struct arena *arena = window_arena_at(base);
    if (huge_has(arena)) huge_give_up(arena);
    space_unlock();
}

/* ---- Taking and giving back ---- */

static struct range_request in_os_pages(const struct range_request *request) {
    size_t step = space_page_step(), alignment = size_max(request->alignment, step * POOL_SIZE);
    return (struct range_request){align_up(request->pages, step), alignment, request->within};
}

/* Takes pages that are in no range any more. False: they can't be had, and are free again. */
static bool take_pages(uintptr_t base, size_t pages) {
    if (likely(open_arenas(base, pages * POOL_SIZE))) {
        mark_taken(base, pages * POOL_SIZE);
        return true;
    }
    range_add(base, pages, true); /* some may have memory: whoever looks for such will see */
    return false;
}

/* What goes back as use grows must not be taken at once, as if it had been missed. */
static uintptr_t take_range(const struct range_request *request, enum range_choice choice) {
    ASSERT(space_lock_is_held());
    struct range_request whole = in_os_pages(request);
    uintptr_t base = range_take(&whole, choice);
    size_t count = arenas_for(&whole);
    bool grows = base == 0 && choice == RANGE_TOUCHED_FIRST && grow_space(count);
    if (grows) base = range_take(&whole, choice);
    bool taken = base != 0 && take_pages(base, whole.pages);
    if (grows) purge_excess();
    return taken ? base : 0;
}

uintptr_t space_take(const struct range_request *request) {
    return take_range(request, RANGE_TOUCHED_FIRST);
}

uintptr_t space_take_touched(const struct range_request *request) {
    return take_range(request, RANGE_TOUCHED_ONLY);
}

size_t space_take_short(size_t most, uintptr_t *base) {
    ASSERT(space_lock_is_held());
    if (space_page_step() > 1) return 0;
    size_t pages = range_take_shortest(ARENA_POOLS, most, base);
    return pages > 0 && take_pages(*base, pages) ? pages : 0;
}

bool space_extend(uintptr_t end, size_t size) {
    ASSERT(space_lock_is_held());
    size = align_up(size, space_page_step() * POOL_SIZE);
    if (range_pages_at(end) < size / POOL_SIZE) return false;
    range_take_at(end, size / POOL_SIZE);
    return take_pages(end, size / POOL_SIZE);
}

void space_return(uintptr_t base, size_t size) {
    ASSERT(space_lock_is_held());
    size = align_up(size, space_page_step() * POOL_SIZE);
    size += hedge_remove(base + size);
    bool touched = mark_free(base, size);
    range_add(base, size / POOL_SIZE, touched);
}

/* The first arena of the process is one of the first few of its chunk: two bits more that nobody
   can guess. */
static uintptr_t take_first(void) {
    size_t skip = os_random(FIRST_OF_CHUNK) % FIRST_CHOICE * ARENA_SIZE;
    const struct range_request request = {skip / POOL_SIZE + ARENA_POOLS, ARENA_SIZE, 0};
    uintptr_t base = space_take(&request);
    if (base != 0 && skip > 0) space_return(base, skip);
    return base != 0 ? base + skip : 0;
}

struct arena *space_take_arena(void) {
    static bool begun;
    const struct range_request request = {ARENA_POOLS, ARENA_SIZE, 0};
    uintptr_t base = begun ? 0 : take_first();
    begun = true;
    if (base == 0) base = space_take(&request);
    if (base == 0) return NULL;
    struct arena *arena = window_arena_at(base);
    arena->free = ~(uint64_t)0; /* the kind follows: a fork in between has a free arena */
    atomic_in_sequence();
    arena->kind = ARENA_OF_POOLS;
    purge_freed(arena, ~(uint64_t)0);
    return arena;
}

void space_return_arena(struct arena *arena) {
    ASSERT(space_lock_is_held());
    ASSERT(arena->kind == ARENA_OF_POOLS && arena->free == ~(uint64_t)0);
    arena->kind = ARENA_OF_RUNS;
    range_add(arena->base, ARENA_POOLS, arena->touched != 0);
}

/* ---- All of it ---- */

void space_rebuild(void) {
    ASSERT(space_lock_is_held());
    purge_reset();
    space_figures.mapped = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            struct arena *arena = &window->arena[i];
            if (arena->kind == ARENA_NONE) continue;
            if (arena->free == ~(uint64_t)0) arena->kind = ARENA_OF_RUNS; /* was on its way there */
            link_init(&arena->link);
            link_init(&arena->dirty);
            arena->young &= arena->free;
            arena->refault &= arena->free;
            space_count(ARENA_SIZE, 0);
            purge_count_pages(ARENA_POOLS);
            purge_freed(arena, arena->free);
        }
    }
    range_rebuild();
    huge_rebuild();
    hedge_rebuild();
}

void space_check(void) {
    ASSERT(space_lock_is_held());
    range_check();
    purge_check();
    huge_check();
    hedge_check();
}
