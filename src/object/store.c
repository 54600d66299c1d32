/* SPDX-License-Identifier: MIT */
#include "object/store.h"

#include "base/check.h"
#include "heap/huge_make.h"
#include "heap/purge.h"
#include "heap/space.h"
#include "object/ledger.h"
#include "os/os.h"

enum {
    AT_ONCE = 8, /* pools taken or given back under one lock */
    /* Pages that go back to the system when pools are given back: twice as many, so that what is
       idle gets less, and few, as a step of the collector is to be short. */
    PURGED_AT_ONCE = 2 * AT_ONCE,
};

static size_t arenas_for_bytes(size_t bytes) { return (bytes + ARENA_SIZE - 1) / ARENA_SIZE; }
static unsigned pools_for(size_t bytes) { return (unsigned)((bytes + POOL_SIZE - 1) / POOL_SIZE); }

/* ---- With the space lock ---- */

/* Takes pools for the reserve. The one that shares its place in the ledger with NULL is taken once
   and belongs to nobody then. */
static bool take_pools(struct store *store) {
    ASSERT(space_lock_is_held());
    ASSERT(store->reserve.pools == 0);
    struct arena_pools *reserve = &store->reserve;
    do {
        if (!arena_take_pools(AT_ONCE, reserve)) return false;
        if (!ledger_reserve(reserve->base)) {
            arena_return(reserve->base, reserve->pools);
            reserve->pools = 0;
            return false;
        }
        if (ledger_is_of_null(reserve->base)) reserve->pools &= ~(uint64_t)1;
    } while (reserve->pools == 0);
    return true;
}

static uintptr_t take_span_of_pools(unsigned pools) {
    ASSERT(space_lock_is_held());
    ASSERT(pools > 1 && pools <= ARENA_POOLS);
    const struct range_request request = {pools, POOL_SIZE, ARENA_SIZE}; /* ledgers are of arenas */
    uintptr_t base = space_take(&request);
    if (base == 0) return 0;
    space_touch(base, pools * (size_t)POOL_SIZE);
    if (!ledger_reserve(align_down(base, ARENA_SIZE))) {
        space_return(base, pools * (size_t)POOL_SIZE);
        return 0;
    }
    return ledger_is_of_null(base) ? take_span_of_pools(pools) : base;
}

static uintptr_t take_arenas(size_t count) {
    ASSERT(space_lock_is_held());
    ASSERT(count > 1);
    const struct range_request request = {count * ARENA_POOLS, ARENA_SIZE, 0};
    uintptr_t first = space_take(&request);
    if (first == 0) return 0;
    space_touch(first, count * ARENA_SIZE);
    if (ledger_is_of_null(first)) {
        uintptr_t base = take_arenas(count);
        space_return(first + ARENA_SIZE, (count - 1) * ARENA_SIZE); /* count > 1 */
        return base;
    }
    if (ledger_reserve(first)) return first;
    space_return(first, count * ARENA_SIZE);
    return 0;
}

static void return_pool(uintptr_t pool) {
    ASSERT(space_lock_is_held());
    ASSERT(pool % POOL_SIZE == 0 && !ledger_is_of_null(pool));
    arena_return(align_down(pool, ARENA_SIZE), (uint64_t)1 << (pool >> POOL_SHIFT) % ARENA_POOLS);
}

/* ---- Single pools ---- */

static uintptr_t pop(struct store *store) {
    if (store->empty_count > 0) return store->empty[--store->empty_count];
    struct arena_pools *reserve = &store->reserve;
    if (reserve->pools == 0) return 0;
    unsigned first = bit_lowest(reserve->pools);
    reserve->pools &= reserve->pools - 1;
    return reserve->base + first * (size_t)POOL_SIZE;
}

static void purge_what_is_due(void) {
    ASSERT(space_lock_is_held());
    if (purge_is_due(os_clock_ms())) purge_step_some(PURGED_AT_ONCE);
}

/* The oldest go: the latest are the likeliest to be in the cache. */
static void return_oldest(struct store *store, unsigned count) {
    ASSERT(count <= store->empty_count);
    if (space_lock()) {
        for (unsigned i = 0; i < count; i++) return_pool(store->empty[i]);
        purge_excess_some(PURGED_AT_ONCE);
        purge_what_is_due();
        space_unlock();
    }
    store->empty_count -= count;
    memmove(store->empty, store->empty + count, store->empty_count * sizeof store->empty[0]);
}

/* ---- The rest ---- */

static uintptr_t take_memory(struct store *store, size_t bytes) {
    uintptr_t base = 0;
    bool single = bytes <= POOL_SIZE;
    if (unlikely(huge_make_is_due())) huge_make_for_arena();
    if (!space_lock()) return 0;
    purge_what_is_due();
    if (bytes > ARENA_SIZE)
        base = take_arenas(arenas_for_bytes(bytes));
    else if (!single)
        base = take_span_of_pools(pools_for(bytes));
    else if (take_pools(store))
        base = pop(store);
    space_unlock();
    return base;
}

uintptr_t store_take(struct store *store, size_t bytes) {
    ASSERT(bytes > 0);
    uintptr_t base = bytes <= POOL_SIZE ? pop(store) : 0;
    return base != 0 ? base : take_memory(store, bytes);
}

void store_return(struct store *store, uintptr_t base, size_t bytes) {
    ASSERT(base % POOL_SIZE == 0 && ledger_covers(base));
    ASSERT(store->empty_count <= STORE_EMPTY_POOLS);
    if (bytes <= POOL_SIZE) {
        if (store->empty_count == STORE_EMPTY_POOLS) return_oldest(store, AT_ONCE);
        store->empty[store->empty_count++] = base;
        return;
    }
    if (!space_lock()) return;
    if (bytes > ARENA_SIZE)
        space_return(base, arenas_for_bytes(bytes) * ARENA_SIZE);
    else
        space_return(base, pools_for(bytes) * (size_t)POOL_SIZE);
    purge_excess();
    space_unlock();
}

void store_close(struct store *store) {
    return_oldest(store, store->empty_count);
    if (store->reserve.pools == 0 || !space_lock()) return;
    arena_return(store->reserve.base, store->reserve.pools);
    space_unlock();
    store->reserve.pools = 0;
}

/* ---- The process ---- */

/* Runs in the child of a fork. What the heaps of other threads had stays taken. */
static void mend_store(bool in_doubt, uint32_t survivor) {
    (void)survivor;
    if (!in_doubt) return;
    space_rebuild();
    arena_rebuild();
}

void store_watch_forks(void) {
    static struct atomic_u32 watches;
    if (atomic_u32_exchange(&watches, 1) != 0) return;
    space_lock_after_fork = mend_store;
    space_lock_watch_forks();
}

/* NULL unless the process's malloc is libpoolalloc. */
__attribute__((weak)) size_t poolalloc_in_use(void);

size_t store_in_use(void) {
    size_t elsewhere = poolalloc_in_use != NULL ? poolalloc_in_use() : 0;
    return purge_in_use() * POOL_SIZE + elsewhere;
}

void store_poll(void) {
    if (!purge_is_due(os_clock_ms()) || !space_try_lock()) return;
    purge_step_some(PURGED_AT_ONCE);
    space_unlock();
}

bool store_trim(size_t keep) {
    if (!space_lock()) return false;
    bool any = purge_all(keep) > 0;
    space_unlock();
    return any;
}

bool store_relieve(void) {
    if (!space_lock()) return false;
    bool any = space_unmap_free();
    space_unlock();
    return any;
}

void store_figures(poolobj_memory_figures *figures) {
    *figures = (poolobj_memory_figures){0};
    if (!space_lock()) return;
    figures->mapped = space_figures.mapped;
    figures->in_use = purge_in_use() * POOL_SIZE;
    figures->idle = purge_idle() * POOL_SIZE;
    figures->metadata = window_bytes() + ledger_bytes();
    space_unlock();
}

void *store_allocate(size_t bytes) {
    void *block = calloc(1, bytes);
    return likely(block != NULL) || !store_relieve() ? block : calloc(1, bytes);
}
