/* SPDX-License-Identifier: MIT */
#include "heap/arena.h"

#include "base/check.h"
#include "heap/purge.h"
#include "heap/space.h"

/* One for arenas of pools, one for arenas of spans.
   I1: bit r of `occupied` is set if and only if list r is not empty.
   I2: an arena is on list r if and only if its rank is r.
   I3: the rank of an arena of spans is the length of its longest run of free pools. */
struct ranking {
    struct link list[ARENA_POOLS];
    uint64_t occupied;
    bool ready;
};

static struct ranking rankings[2];

static struct ranking *ranking_of(enum arena_kind kind) {
    struct ranking *ranking = &rankings[kind == ARENA_OF_SPANS];
    if (!ranking->ready) {
        for (unsigned r = 0; r < ARENA_POOLS; r++) link_init(&ranking->list[r]);
        ranking->ready = true;
    }
    return ranking;
}

/* Bits that begin a run of `count` ones. */
static uint64_t run_starts(uint64_t word, unsigned count) {
    for (unsigned have = 1; have < count && word != 0;) {
        unsigned step = (unsigned)size_min(have, count - have);
        word &= word >> step;
        have += step;
    }
    return word;
}

/* By starts[i], the bits that begin a run of 2^i ones: the longest power of two, and what fits
   behind it. */
static unsigned longest_run(uint64_t word) {
    unsigned length = 0;
    for (; word != 0; word &= word >> 1) length++;
    return length;
}

static unsigned rank_of(const struct arena *arena) {
    return arena->kind == ARENA_OF_SPANS ? longest_run(arena->free) : bit_count(arena->free);
}

static void rank_remove(struct arena *arena) {
    ASSERT(space_is_locked());
    struct ranking *ranking = ranking_of((enum arena_kind)arena->kind);
    link_remove(&arena->link);
    if (link_is_alone(&ranking->list[arena->rank]))
        ranking->occupied &= ~((uint64_t)1 << arena->rank);
}

static void rank_add(struct arena *arena, unsigned rank) {
    ASSERT(space_is_locked());
    struct ranking *ranking = ranking_of((enum arena_kind)arena->kind);
    arena->rank = (uint8_t)rank;
    link_add_after(&ranking->list[rank], &arena->link);
    ranking->occupied |= (uint64_t)1 << rank;
}

static void rank_update(struct arena *arena) {
    unsigned rank = rank_of(arena);
    if (rank == arena->rank) return;
    rank_remove(arena);
    rank_add(arena, rank);
}

/* The first arena of the lowest rank from `rank` on, or NULL. */
static struct arena *find(enum arena_kind kind, unsigned rank) {
    struct ranking *ranking = ranking_of(kind);
    uint64_t fitting = rank < 64 ? ranking->occupied >> rank << rank : 0;
    if (fitting == 0) return NULL;
    return link_owner(ranking->list[bit_lowest(fitting)].next, struct arena, link);
}

static struct arena *add(enum arena_kind kind) {
    ASSERT(space_is_locked());
    struct arena *arena = space_take_used();
    if (arena == NULL) return NULL;
    arena->kind = (uint8_t)kind;
    arena->free = ~(uint64_t)0;
    space_figures.in_pools += ARENA_SIZE;
    rank_add(arena, 0);
    purge_note(arena, arena->touched); /* most of it may stay free */
    return arena;
}

static void take(struct arena *arena, uint64_t pools, struct arena_pools *taken) {
    uint64_t touched = pools & arena->touched;
    arena->free &= ~pools;
    atomic_in_sequence(); /* what a taker says that it has is not free: heap_forget */
    taken->base = arena->base;
    taken->touched = touched;
    atomic_in_sequence();
    taken->pools = pools;
    arena->young &= ~pools;
    arena->touched |= pools;
    rank_update(arena);
}

/* The lowest `count` bits of a word. */
static uint64_t lowest_bits(uint64_t word, unsigned count) {
    uint64_t rest = word;
    for (; count > 0 && rest != 0; count--) rest &= rest - 1;
    return word ^ rest;
}

bool arena_take_pools(unsigned wanted, struct arena_pools *taken) {
    ASSERT(space_is_locked());
    struct arena *arena = find(ARENA_OF_POOLS, 1);
    if (arena == NULL) arena = find(ARENA_OF_SPANS, 1);
    if (arena == NULL) arena = add(ARENA_OF_POOLS);
    if (arena == NULL) return false;
    uint64_t resident = arena->free & arena->touched;
    take(arena, lowest_bits(resident != 0 ? resident : arena->free, wanted), taken);
    return true;
}

bool arena_take_span(unsigned count, struct arena_pools *taken) {
    ASSERT(space_is_locked());
    struct arena *arena = find(ARENA_OF_SPANS, count);
    if (arena == NULL) arena = add(ARENA_OF_SPANS);
    if (arena == NULL) return false;
    unsigned first = bit_lowest(run_starts(arena->free, count));
    take(arena, bit_range(first, count), taken);
    return true;
}

void arena_return(uintptr_t base, uint64_t pools) {
    ASSERT(space_is_locked());
    struct arena *arena = arena_at(base);
    ASSERT((arena->free & pools) == 0);
    arena->free |= pools;
    if (arena->free == ~(uint64_t)0) {
        rank_remove(arena);
        space_figures.in_pools -= ARENA_SIZE;
        if (arena->touched == 0) window_purge(arena->base); /* the purger was here before */
        space_return(arena, 1);
        return;
    }
    purge_note(arena, pools & arena->touched);
    rank_update(arena);
}

void arena_rebuild(void) {
    ASSERT(space_is_locked());
    rankings[0].ready = rankings[1].ready = false;
    rankings[0].occupied = rankings[1].occupied = space_figures.in_pools = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            struct arena *arena = &window->arena[i];
            if (arena->kind != ARENA_OF_POOLS && arena->kind != ARENA_OF_SPANS) continue;
            link_init(&arena->link);
            arena->young &= arena->free;
            space_figures.in_pools += ARENA_SIZE;
            rank_add(arena, rank_of(arena));
        }
    }
}

static void check_ranking(enum arena_kind kind) {
    struct ranking *ranking = ranking_of(kind);
    for (unsigned r = 0; r < ARENA_POOLS; r++) {
        bool occupied = ranking->occupied >> r & 1;
        CHECK(occupied == !link_is_alone(&ranking->list[r])); /* I1 */
        for (struct link *at = ranking->list[r].next; at != &ranking->list[r]; at = at->next) {
            struct arena *arena = link_owner(at, struct arena, link);
            CHECK(arena->kind == kind && arena->rank == r && rank_of(arena) == r); /* I2 */
            CHECK((arena->young & ~arena->free) == 0);
            if (kind == ARENA_OF_SPANS) /* I3 */
                CHECK((r == 0 || run_starts(arena->free, r)) && !run_starts(arena->free, r + 1));
        }
    }
}

void arena_check(void) {
    ASSERT(space_is_locked());
    check_ranking(ARENA_OF_POOLS);
    check_ranking(ARENA_OF_SPANS);
}
