/* SPDX-License-Identifier: MIT */
#include "heap/arena.h"

#include "base/check.h"
#include "heap/huge.h"
#include "heap/purge.h"
#include "heap/space.h"
#include "os/options.h"
#include "os/os.h"

/* How many arenas may have a guard, which takes two of the mappings that the system allows. */
enum { GUARDS_MOST = 8192 };
#define GUARD_POOL ((uint64_t)1 << (ARENA_POOLS - 1))

/* I1: bit r of `occupied` is set if and only if list r is not empty.
   I2: an arena is on list r if and only if its rank is r.
   I3: the rank of an arena is its number of free pools; one with 64 is no longer of pools.
   I4: the last pool of an arena that is closed is inaccessible, and not free. */
static struct {
    struct link list[ARENA_POOLS];
    uint64_t occupied;
    size_t guards; /* arenas that are closed in this way */
    bool ready;
} ranking;

static void init_ranks(void) {
    if (ranking.ready) return;
    for (unsigned r = 0; r < ARENA_POOLS; r++) link_init(&ranking.list[r]);
    ranking.occupied = 0;
    ranking.ready = true;
}

static void rank_remove(struct arena *arena) {
    ASSERT(space_lock_is_held());
    link_remove(&arena->link);
    if (link_is_alone(&ranking.list[arena->rank]))
        ranking.occupied &= ~((uint64_t)1 << arena->rank);
}

static void rank_add(struct arena *arena, unsigned rank) {
    ASSERT(space_lock_is_held());
    ASSERT(arena->kind == ARENA_OF_POOLS && rank < ARENA_POOLS);
    arena->rank = (uint8_t)rank;
    link_add_after(&ranking.list[rank], &arena->link);
    ranking.occupied |= (uint64_t)1 << rank;
}

static void rank_update(struct arena *arena) {
    unsigned rank = bit_count(arena->free);
    if (rank == arena->rank) return;
    rank_remove(arena);
    rank_add(arena, rank);
}

/* The fullest arena that has a free pool, or NULL. */
static struct arena *find_fullest(void) {
    uint64_t with_pools = ranking.occupied & ~(uint64_t)1;
    if (with_pools == 0) return NULL;
    return link_owner(ranking.list[bit_lowest(with_pools)].next, struct arena, link);
}

/* ---- Guards: with guard_pages=on, what runs through an arena ends at its last pool ----
 *
 * A fork may come at any moment: the pool is not free before it is inaccessible, and until it is no
 * more.
 */

static void *last_page(const struct arena *arena) {
    return (void *)(arena->base + ARENA_SIZE - POOL_SIZE);
}

static void free_last_page(struct arena *arena) {
    atomic_in_sequence();
    arena->free |= GUARD_POOL;
    purge_freed(arena, GUARD_POOL);
}

static void shut_last_page(struct arena *arena) {
    bool may = options.guard_pages && os_page_size() == POOL_SIZE && ranking.guards < GUARDS_MOST &&
               !huge_has(arena);
    if (likely(!may)) return;
    arena->free &= ~GUARD_POOL;
    purge_taken(arena, GUARD_POOL);
    atomic_in_sequence();
    arena->closed = os_shut(last_page(arena), POOL_SIZE);
    ranking.guards += arena->closed;
    if (arena->closed)
        arena->touched &= ~GUARD_POOL;
    else
        free_last_page(arena);
}

/* Makes the last pool like the others again. False: the system refuses. */
static bool open_last_page(struct arena *arena) {
    if (likely(!arena->closed)) return true;
    if (!os_open(last_page(arena), POOL_SIZE)) return false;
    os_use_small_pages(last_page(arena), POOL_SIZE);
    arena->closed = false;
    ranking.guards--;
    free_last_page(arena);
    return true;
}

static bool all_are_free(const struct arena *arena) {
    return (arena->free | (arena->closed ? GUARD_POOL : 0)) == ~(uint64_t)0;
}

/* ---- Taking and giving back ---- */

/* The rank of a new arena is that of one without free pools until some of them are taken. */
static struct arena *add_arena(void) {
    struct arena *arena = space_take_arena();
    if (arena == NULL) return NULL;
    shut_last_page(arena);
    rank_add(arena, 0);
    return arena;
}

/* The lowest `count` bits of a word. */
static uint64_t lowest_bits(uint64_t word, unsigned count) {
    uint64_t rest = word;
    for (; count > 0 && rest != 0; count--) rest &= rest - 1;
    return word ^ rest;
}

/* What a taker says that it has is not free, and all of it is said: a fork may come in between. */
static void describe_taken(struct arena *arena, uint64_t pools, struct arena_pools *taken) {
    ASSERT((arena->free & pools) == 0);
    atomic_in_sequence(); /* partner: heap_forget */
    taken->base = arena->base;
    taken->touched = pools & arena->touched;
    atomic_in_sequence();
    taken->pools = pools;
    arena->touched |= pools;
}

/* The lowest of the free pools; with random_addresses=on the first behind a random place. */
static uint64_t choose_pools(uint64_t pools, unsigned count) {
    if (likely(!options.random_places)) return lowest_bits(pools, count);
    unsigned turn = 1 + (unsigned)(space_roll() % (ARENA_POOLS - 1));
    return rotate_left(lowest_bits(rotate_right(pools, turn), count), turn);
}

static void take_from_arena(struct arena *arena, uint64_t pools, struct arena_pools *taken) {
    arena->free &= ~pools;
    purge_taken(arena, pools);
    describe_taken(arena, pools, taken);
    rank_update(arena);
}

/* Takes pools from a short range between runs. */
static bool take_between_runs(unsigned wanted, struct arena_pools *taken) {
    uintptr_t base;
    size_t count = space_take_short(wanted, &base);
    if (count == 0) return false;
    unsigned first = (base >> POOL_SHIFT) % ARENA_POOLS;
    describe_taken(window_arena_at(base), bit_range(first, (unsigned)count), taken);
    return true;
}

bool arena_take_pools(unsigned wanted, struct arena_pools *taken) {
    ASSERT(space_lock_is_held());
    ASSERT(wanted >= 1 && wanted <= ARENA_POOLS);
    init_ranks();
    struct arena *arena = find_fullest();
    if (arena == NULL && take_between_runs(wanted, taken)) return true;
    if (arena == NULL) arena = add_arena();
    if (arena == NULL) return false;
    uint64_t resident = arena->free & arena->touched;
    take_from_arena(arena, choose_pools(resident != 0 ? resident : arena->free, wanted), taken);
    return true;
}

/* Pools that were taken between runs go back as rows of pages. */
static void return_between_runs(struct arena *arena, uint64_t pools) {
    while (pools != 0) {
        unsigned first = bit_lowest(pools), count = bit_run(pools, first);
        pools &= ~bit_range(first, count);
        space_return(arena->base + (uintptr_t)first * POOL_SIZE, (size_t)count * POOL_SIZE);
    }
}

void arena_return(uintptr_t base, uint64_t pools) {
    ASSERT(space_lock_is_held());
    struct arena *arena = window_arena_at(base);
    ASSERT((arena->free & pools) == 0);
    if (arena->kind == ARENA_OF_RUNS) {
        return_between_runs(arena, pools);
        return;
    }
    arena->free |= pools;
    purge_freed(arena, pools);
    if (!all_are_free(arena) || !open_last_page(arena)) {
        rank_update(arena);
        return;
    }
    rank_remove(arena);
    space_return_arena(arena);
}

void arena_rebuild(void) {
    ASSERT(space_lock_is_held());
    ranking.ready = false;
    ranking.guards = 0;
    init_ranks();
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
            struct arena *arena = &window->arena[i];
            if (arena->kind != ARENA_OF_POOLS) continue;
            link_init(&arena->link);
            ranking.guards += arena->closed;
            rank_add(arena, bit_count(arena->free));
        }
    }
}

void arena_check(void) {
    ASSERT(space_lock_is_held());
    init_ranks();
    for (unsigned r = 0; r < ARENA_POOLS; r++) {
        bool occupied = ranking.occupied >> r & 1;
        CHECK(occupied == !link_is_alone(&ranking.list[r])); /* I1 */
        for (struct link *at = ranking.list[r].next; at != &ranking.list[r]; at = at->next) {
            const struct arena *arena = link_owner(at, struct arena, link);
            CHECK(arena->kind == ARENA_OF_POOLS && arena->rank == r); /* I2 */
            CHECK(bit_count(arena->free) == r);                       /* I3 */
            CHECK(!arena->closed || !(arena->free & GUARD_POOL));     /* I4 */
        }
    }
}
