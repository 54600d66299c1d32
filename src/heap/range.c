/* SPDX-License-Identifier: MIT */
#include "heap/range.h"

#include "base/check.h"
#include "heap/space_lock.h"

enum {
    STEP_SHIFT = 4, /* 16 bins to a doubling: a range is at most a sixteenth longer than its bin */
    STEPS = 1 << STEP_SHIFT,
    ORDERS = 32, /* the longest range has fewer than 2^32 pages, 16 TiB */
    BINS = STEPS * (ORDERS - STEP_SHIFT + 1),
    BIN_WORDS = (BINS + 63) / 64,
    LOOKS = 8, /* ranges looked at in one bin, and bins, where not all will do */
};

/* The list of a bin is one while the bin is occupied: most never are, and take no memory. */
struct bins {
    uint64_t occupied[BIN_WORDS];
    struct link list[BINS];
};

/* Under the space lock. */
static struct {
    size_t pages;        /* in ranges */
    size_t checked;      /* of those that range_check has counted */
    struct bins sets[2]; /* [0]: without memory behind them, [1]: the touched set */
} range_state;

size_t range_pages(void) { return range_state.pages; }

/* ---- Bins ---- */

/* The bin of ranges of this length; longer ones of the same bin follow until the next. */
static unsigned bin_of(size_t pages) {
    ASSERT(pages > 0);
    if (pages < STEPS) return (unsigned)pages;
    unsigned order = bit_highest(pages);
    unsigned step = (unsigned)(pages >> (order - STEP_SHIFT)) & (STEPS - 1);
    return STEPS * (order - STEP_SHIFT + 1) + step;
}

static bool bin_is_occupied(const struct bins *set, unsigned bin) {
    return set->occupied[bin / 64] >> bin % 64 & 1;
}

/* The list of a bin that is to be occupied from now on. */
static struct link *bin_occupy(struct bins *set, unsigned bin) {
    if (!bin_is_occupied(set, bin)) link_init(&set->list[bin]);
    set->occupied[bin / 64] |= (uint64_t)1 << bin % 64;
    return &set->list[bin];
}

/* The first bin from `bin` on that is occupied, BINS if there is none. */
static unsigned bin_next(const struct bins *set, unsigned bin) {
    for (unsigned word = bin / 64; word < BIN_WORDS; word++) {
        uint64_t bits = set->occupied[word];
        if (word == bin / 64) bits &= ~(uint64_t)0 << bin % 64;
        if (bits != 0) return word * 64 + bit_lowest(bits);
    }
    return BINS;
}

/* ---- Ranges ---- */

static struct range *range_from(uintptr_t base) { return &window_record_at(base)->range; }
static struct range *range_of_link(struct link *link) {
    return link_owner(link, struct range, link);
}

/* The arena inside a range that is known to have had memory; 0: none is. */
static uintptr_t inner_of(const struct range *range) {
    uintptr_t first = align_down(window_record_base(range), ARENA_SIZE);
    return range->inner == 0 ? 0 : first + range->inner * (uintptr_t)ARENA_SIZE;
}

/* What the record of the range can say of an arena, if that is inside. */
static uint8_t inner_distance(uintptr_t base, uintptr_t end, uintptr_t inner) {
    if (inner <= base || inner + ARENA_SIZE > end) return 0;
    uintptr_t distance = (inner - align_down(base, ARENA_SIZE)) / ARENA_SIZE;
    return distance <= UINT8_MAX ? (uint8_t)distance : 0;
}

/* Makes a range of pages that touch no other range. */
static void range_insert(uintptr_t base, size_t pages, bool touched, uintptr_t inner) {
    ASSERT(base % POOL_SIZE == 0 && pages > 0);
    struct range *first = range_from(base), *last = range_from(base + (pages - 1) * POOL_SIZE);
    range_state.pages += pages;
    first->inner = inner_distance(base, base + pages * POOL_SIZE, inner);
    unsigned bin = bin_of(pages);
    struct bins *set = &range_state.sets[touched];
    first->pages = last->pages = (uint32_t)pages;
    first->touched = touched;
    link_add_after(bin_occupy(set, bin), &first->link);
}

static void range_remove(struct range *first) {
    ASSERT(first->pages > 0 && first->pages <= range_state.pages);
    range_state.pages -= first->pages;
    unsigned bin = bin_of(first->pages);
    struct bins *set = &range_state.sets[first->touched];
    link_remove(&first->link);
    if (link_is_alone(&set->list[bin])) set->occupied[bin / 64] &= ~((uint64_t)1 << bin % 64);
}

/* The first arena of these pages that has memory, which may be that of their neighbours. */
static uintptr_t arena_with_memory(uintptr_t base) {
    uintptr_t arena = align_down(base, ARENA_SIZE);
    return window_arena_at(arena)->touched != 0 ? arena : arena + ARENA_SIZE;
}

void range_add(uintptr_t base, size_t pages, bool touched) {
    ASSERT(space_lock_is_held());
    ASSERT(base % POOL_SIZE == 0 && pages > 0);
    uintptr_t before = base - POOL_SIZE, behind = base + pages * POOL_SIZE;
    uintptr_t inner = touched ? arena_with_memory(base) : 0;
    if (window_page_is_free(behind) && range_from(behind)->pages != 0) {
        struct range *range = range_from(behind);
        pages += range->pages;
        touched |= range->touched;
        if (inner == 0) inner = inner_of(range);
        range_remove(range);
    }
    if (window_page_is_free(before) && range_from(before)->pages != 0) {
        struct range *range = range_from(before);
        base -= range->pages * (uintptr_t)POOL_SIZE;
        range = range_from(base);
        pages += range->pages;
        touched |= range->touched;
        if (inner == 0) inner = inner_of(range);
        range_remove(range);
    }
    range_insert(base, pages, touched, inner);
}

/* True if a page in the first or the last arena of these pages has memory behind it: where pages
   are cut off. */
static bool has_memory(uintptr_t start, size_t pages) {
    uintptr_t last = start + (pages - 1) * POOL_SIZE;
    const struct arena *first = window_arena_at(start), *end = window_arena_at(last);
    unsigned from = (start >> POOL_SHIFT) % ARENA_POOLS, to = (last >> POOL_SHIFT) % ARENA_POOLS;
    if (first == end) return (first->touched & bit_range(from, to - from + 1)) != 0;
    return (first->touched >> from) != 0 || (end->touched & bit_range(0, to + 1)) != 0;
}

static bool range_has_memory(const struct range *range) {
    uintptr_t inner = inner_of(range);
    return has_memory(window_record_base(range), range->pages) ||
           (inner != 0 && window_arena_at(inner)->touched != 0);
}

/* Inserts what is left of a range, which shows other arenas at its ends. */
static void range_keep(uintptr_t base, uintptr_t end, bool touched, uintptr_t inner) {
    if (end <= base) return;
    size_t pages = (end - base) / POOL_SIZE;
    range_insert(base, pages, touched || has_memory(base, pages), inner);
}

/* Takes [base, base + pages) out of a range that holds them; what is left are ranges again. */
static void range_cut(struct range *range, uintptr_t base, size_t pages) {
    uintptr_t start = window_record_base(range), end = start + range->pages * (uintptr_t)POOL_SIZE;
    uintptr_t behind = base + pages * POOL_SIZE;
    uintptr_t inner = inner_of(range);
    bool touched = range->touched;
    ASSERT(start <= base && behind <= end);
    range_remove(range);
    range_keep(start, base, touched, inner);
    range_keep(behind, end, touched, inner);
}

/* ---- Where in a range ---- */

/* The lowest place at or above `base` that the request allows. */
static uintptr_t place_up(const struct range_request *request, uintptr_t base) {
    size_t size = request->pages * POOL_SIZE;
    base = align_up(base, request->alignment);
    if (request->within == 0) return base;
    ASSERT(size <= request->within && request->alignment <= request->within);
    uintptr_t limit = align_down(base, request->within) + request->within;
    return base + size <= limit ? base : limit;
}

/* The highest place that ends at or below `end`. */
static uintptr_t place_down(const struct range_request *request, uintptr_t end) {
    size_t size = request->pages * POOL_SIZE;
    uintptr_t base = align_down(end - size, request->alignment);
    if (request->within == 0) return base;
    uintptr_t limit = align_down(base, request->within) + request->within;
    return base + size <= limit ? base : align_down(limit - size, request->alignment);
}

static bool page_is_touched(uintptr_t page) {
    ASSERT(window_arena_at(page) != NULL);
    return window_arena_at(page)->touched >> ((page >> POOL_SHIFT) % ARENA_POOLS) & 1;
}

/* The place from the first page with memory of the arena inside on; 0: there is none, or the
   request does not fit there. */
static uintptr_t place_inside(const struct range *range, const struct range_request *request,
                              uintptr_t end) {
    uintptr_t inner = inner_of(range);
    uint64_t touched = inner != 0 ? window_arena_at(inner)->touched : 0;
    if (touched == 0) return 0;
    uintptr_t base = place_up(request, inner + bit_lowest(touched) * (uintptr_t)POOL_SIZE);
    return base <= end - request->pages * POOL_SIZE ? base : 0;
}

/* Where to take the pages: at the end of the range that has memory behind it, the lower end if both
   do, or inside if neither has. 0: they do not fit. */
static uintptr_t place_in(const struct range *range, const struct range_request *request) {
    uintptr_t start = window_record_base(range), end = start + range->pages * (uintptr_t)POOL_SIZE;
    size_t size = request->pages * POOL_SIZE;
    if (range->pages < request->pages) return 0;
    uintptr_t low = place_up(request, start);
    if (low > end - size) return 0;
    if (!range->touched || page_is_touched(start)) return low;
    if (!page_is_touched(end - POOL_SIZE)) {
        uintptr_t inside = place_inside(range, request, end);
        return inside != 0 ? inside : low;
    }
    uintptr_t high = place_down(request, end);
    return high >= start ? high : low;
}

/* ---- Finding ---- */

/* The first of a few ranges of an occupied bin in which the pages fit, and where. */
static struct range *look_in(struct bins *set, unsigned bin, const struct range_request *request,
                             uintptr_t *base) {
    unsigned looks = LOOKS;
    ASSERT(bin_is_occupied(set, bin));
    struct link *list = &set->list[bin];
    for (struct link *at = list->next; at != list && looks > 0; at = at->next, looks--) {
        *base = place_in(range_of_link(at), request);
        if (*base != 0) return range_of_link(at);
    }
    return NULL;
}

/* The number of pages that hold a place for the request wherever they begin. From one place to the
   next it is a step of the alignment, but over a border that no request may cross as many as the
   request needs. */
static size_t pages_for_sure(const struct range_request *request) {
    size_t step = request->alignment / POOL_SIZE;
    size_t most = request->within != 0 ? align_up(request->pages, step) : step;
    return request->pages + most - 1;
}

/* Bins from that of the length on: a look into some, then the first where every range will do. */
static struct range *range_find(struct bins *set, const struct range_request *request,
                                uintptr_t *base) {
    size_t sure = pages_for_sure(request);
    unsigned bin = bin_next(set, bin_of(request->pages)), last = bin_of(sure);
    for (unsigned looks = LOOKS; bin <= last && bin < BINS && looks > 0; looks--) {
        struct range *range = look_in(set, bin, request, base);
        if (range != NULL) return range;
        bin = bin_next(set, bin + 1);
    }
    /* What was mapped for the request is the first there. */
    if (bin <= last && last < BINS && bin_is_occupied(set, last)) {
        struct range *range = look_in(set, last, request, base);
        if (range != NULL) return range;
    }
    if (bin <= last) bin = bin_next(set, last + 1);
    return bin < BINS ? look_in(set, bin, request, base) : NULL;
}

/* Ranges whose memory was purged since they were added leave the touched set here, where a search
   meets them. */
static struct range *range_find_touched(const struct range_request *request, uintptr_t *base) {
    for (;;) {
        struct range *range = range_find(&range_state.sets[1], request, base);
        if (range == NULL || range_has_memory(range)) return range;
        range_remove(range);
        range_insert(window_record_base(range), range->pages, false, 0);
    }
}

uintptr_t range_take(const struct range_request *request, enum range_choice choice) {
    ASSERT(space_lock_is_held());
    ASSERT(request->pages > 0 && is_power_of_two(request->alignment));
    ASSERT(request->alignment >= POOL_SIZE);
    uintptr_t base = 0;
    struct range *range = range_find_touched(request, &base);
    if (range == NULL && choice == RANGE_TOUCHED_FIRST)
        range = range_find(&range_state.sets[0], request, &base);
    if (range == NULL) return 0;
    range_cut(range, base, request->pages);
    return base;
}

bool range_has_room(const struct range_request *request) {
    ASSERT(space_lock_is_held());
    uintptr_t base;
    if (range_find_touched(request, &base) == NULL) return false;
    return page_is_touched(base) && page_is_touched(base + (request->pages - 1) * POOL_SIZE);
}

void range_take_at(uintptr_t base, size_t pages) {
    ASSERT(space_lock_is_held());
    ASSERT(range_pages_at(base) >= pages);
    range_cut(range_from(base), base, pages);
}

size_t range_take_shortest(size_t limit, size_t most, uintptr_t *base) {
    ASSERT(space_lock_is_held());
    unsigned bin = bin_next(&range_state.sets[1], 0), other = bin_next(&range_state.sets[0], 0);
    struct bins *set = bin <= other ? &range_state.sets[1] : &range_state.sets[0];
    bin = bin <= other ? bin : other;
    if (bin >= BINS || bin >= bin_of(limit)) return 0;
    struct range *range = range_of_link(set->list[bin].next);
    *base = window_record_base(range);
    size_t to_end = ARENA_POOLS - (*base >> POOL_SHIFT) % ARENA_POOLS;
    size_t pages = size_min(size_min(range->pages, most), to_end);
    range_cut(range, *base, pages);
    return pages;
}

size_t range_pages_at(uintptr_t base) {
    ASSERT(space_lock_is_held());
    return window_page_is_free(base) && !window_page_is_free(base - POOL_SIZE)
               ? range_from(base)->pages
               : 0;
}

/* ---- All of them ---- */

/* A range that may hold a whole arena, NULL if there is none. */
static struct range *some_long_range(void) {
    for (unsigned set = 0; set < 2; set++) {
        unsigned bin = bin_next(&range_state.sets[set], bin_of(ARENA_POOLS));
        if (bin < BINS) return range_of_link(range_state.sets[set].list[bin].next);
    }
    return NULL;
}

/* Offers the whole arenas of a range; true if some went. A range of which none go is put on `kept`
   rather than into its bin, so that the caller meets it once. */
static bool offer_arenas(struct range *range, bool (*leave)(uintptr_t *base, size_t *arenas),
                         struct link *kept) {
    uintptr_t start = window_record_base(range), end = start + range->pages * (uintptr_t)POOL_SIZE;
    uintptr_t base = align_up(start, ARENA_SIZE), behind = align_down(end, ARENA_SIZE);
    size_t arenas = behind > base ? (behind - base) / ARENA_SIZE : 0;
    uintptr_t inner = inner_of(range);
    bool touched = range->touched;
    range_remove(range);
    if (arenas == 0 || !leave(&base, &arenas)) {
        link_add_after(kept, &range->link);
        return false;
    }
    range_keep(start, base, touched, inner);
    range_keep(base + arenas * ARENA_SIZE, end, touched, inner);
    return true;
}

bool range_offer_arenas(bool (*leave)(uintptr_t *base, size_t *arenas)) {
    ASSERT(space_lock_is_held());
    struct link kept;
    struct range *range;
    bool any = false;
    link_init(&kept);
    while ((range = some_long_range()) != NULL) any |= offer_arenas(range, leave, &kept);
    while (!link_is_alone(&kept)) {
        range = range_of_link(kept.next);
        link_remove(&range->link);
        range_insert(window_record_base(range), range->pages, range->touched, inner_of(range));
    }
    return any;
}

/* Calls `visit` for each row of free pages of each arena of runs. */
static void for_each_row(void (*visit)(struct arena *arena, unsigned first, unsigned count)) {
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            struct arena *arena = &window->arena[i];
            if (arena->kind != ARENA_OF_RUNS) continue;
            for (uint64_t rest = arena->free; rest != 0;) {
                unsigned first = bit_lowest(rest), count = bit_run(rest, first);
                rest &= ~bit_range(first, count);
                visit(arena, first, count);
            }
        }
    }
}

static uintptr_t page_of(const struct arena *arena, unsigned index) {
    return arena->base + (uintptr_t)index * POOL_SIZE;
}

/* Length 0 says that no range begins or ends here yet, for range_add. */
static void forget_row(struct arena *arena, unsigned first, unsigned count) {
    range_from(page_of(arena, first))->pages = 0;
    range_from(page_of(arena, first + count - 1))->pages = 0;
}

static void add_row(struct arena *arena, unsigned first, unsigned count) {
    bool touched = (arena->touched & bit_range(first, count)) != 0;
    range_add(page_of(arena, first), count, touched);
}

void range_rebuild(void) {
    ASSERT(space_lock_is_held());
    range_state.pages = 0;
    for (unsigned set = 0; set < 2; set++)
        memset(range_state.sets[set].occupied, 0, sizeof range_state.sets[set].occupied);
    for_each_row(forget_row);
    for_each_row(add_row);
}

static void count_row(struct arena *arena, unsigned first, unsigned count) {
    range_state.checked += count;
    (void)arena, (void)first;
}

static void check_range(const struct range *range, unsigned set, unsigned bin) {
    uintptr_t start = window_record_base(range), end = start + range->pages * (uintptr_t)POOL_SIZE;
    CHECK(bin_of(range->pages) == bin && range->touched == set);                 /* R3 */
    CHECK(!window_page_is_free(start - POOL_SIZE) && !window_page_is_free(end)); /* R2 */
    for (uintptr_t page = start; page < end; page += POOL_SIZE) {
        CHECK(window_page_is_free(page)); /* R1 */
    }
    CHECK(range_from(end - POOL_SIZE)->pages == range->pages);
    CHECK(set == 1 || !range_has_memory(range)); /* R4 */
    CHECK(range->inner == 0 ||
          inner_distance(start, end, inner_of(range)) == range->inner); /* R5 */
}

void range_check(void) {
    ASSERT(space_lock_is_held());
    size_t pages = 0;
    for (unsigned set = 0; set < 2; set++) {
        for (unsigned bin = 0; bin < BINS; bin++) {
            struct link *list = &range_state.sets[set].list[bin];
            if (!bin_is_occupied(&range_state.sets[set], bin)) continue;
            CHECK(!link_is_alone(list));
            for (struct link *at = list->next; at != list; at = at->next) {
                check_range(range_of_link(at), set, bin);
                pages += range_of_link(at)->pages;
            }
        }
    }
    range_state.checked = 0;
    for_each_row(count_row);
    CHECK(range_state.checked == pages && range_state.pages == pages); /* R1 */
}
