/* SPDX-License-Identifier: MIT */
#include "object/store.h"

#include "heap/allocate.h"
#include "heap/purge.h"
#include "heap/space.h"
#include "object/ledger.h"
#include "os/os.h"

enum { AT_ONCE = 8 }; /* pools taken or given back under one lock */

static size_t arenas_for(size_t bytes) { return (bytes + ARENA_SIZE - 1) / ARENA_SIZE; }
static unsigned pools_for(size_t bytes) { return (unsigned)((bytes + POOL_SIZE - 1) / POOL_SIZE); }

/* For whoever passes an object to free: see block.c. */
static void tag_pools(uintptr_t base, size_t count, bool ours) {
    for (uintptr_t at = base; at < base + count * POOL_SIZE; at += POOL_SIZE)
        atomic_u64_store(&record_at(at)->pool.tag, ours ? tag_of_kind(at, TAG_OBJECT) : 0);
}

/* Of what lies in arenas of its own the beginning alone. */
static size_t tagged_pools(size_t bytes) { return bytes > ARENA_SIZE ? 1 : pools_for(bytes); }

/* ---- With the space lock ---- */

/* What shares its place in the ledger with NULL is taken once and belongs to nobody then. */
static bool take_pools(struct store *store) {
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

static uintptr_t take_span(unsigned pools) {
    const struct range_request request = {pools, POOL_SIZE, ARENA_SIZE}; /* ledgers are of arenas */
    uintptr_t base = space_take(&request);
    if (base == 0) return 0;
    space_touch(base, pools * (size_t)POOL_SIZE);
    if (!ledger_reserve(align_down(base, ARENA_SIZE))) {
        space_return(base, pools * (size_t)POOL_SIZE);
        return 0;
    }
    return ledger_is_of_null(base) ? take_span(pools) : base;
}

static uintptr_t take_arenas(size_t count) {
    const struct range_request request = {count * ARENA_POOLS, ARENA_SIZE, 0};
    uintptr_t first = space_take(&request);
    if (first == 0) return 0;
    space_touch(first, count * ARENA_SIZE);
    if (ledger_is_of_null(first)) {
        uintptr_t base = take_arenas(count);
        space_return(first + ARENA_SIZE, (count - 1) * ARENA_SIZE); /* never only one */
        return base;
    }
    if (ledger_reserve(first)) return first;
    space_return(first, count * ARENA_SIZE);
    return 0;
}

static void return_pool(uintptr_t pool) {
    tag_pools(pool, 1, false);
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

/* The oldest go: the latest are the likeliest to be in the cache. */
static void return_oldest(struct store *store, unsigned count) {
    if (space_lock()) {
        for (unsigned i = 0; i < count; i++) return_pool(store->empty[i]);
        purge_excess();
        space_unlock();
    }
    store->empty_count -= count;
    memmove(store->empty, store->empty + count, store->empty_count * sizeof store->empty[0]);
}

/* ---- The rest ---- */

static uintptr_t take(struct store *store, size_t bytes) {
    uintptr_t base = 0;
    bool single = bytes <= POOL_SIZE;
    if (!space_lock()) return 0;
    if (purge_is_due()) purge_step();
    if (bytes > ARENA_SIZE)
        base = take_arenas(arenas_for(bytes));
    else if (!single)
        base = take_span(pools_for(bytes));
    else if (take_pools(store))
        base = pop(store);
    space_unlock();
    return base;
}

uintptr_t store_take(struct store *store, size_t bytes) {
    uintptr_t base = bytes <= POOL_SIZE ? pop(store) : 0;
    if (base == 0) base = take(store, bytes);
    /* Out of memory: what is kept for speed elsewhere may do. */
    if (unlikely(base == 0) && allocate_trim(0)) base = take(store, bytes);
    if (base != 0) tag_pools(base, tagged_pools(bytes), true);
    return base;
}

void store_return(struct store *store, uintptr_t base, size_t bytes) {
    if (bytes <= POOL_SIZE) {
        if (store->empty_count == STORE_EMPTY_POOLS) return_oldest(store, AT_ONCE);
        store->empty[store->empty_count++] = base;
        return;
    }
    tag_pools(base, tagged_pools(bytes), false);
    if (!space_lock()) return;
    if (bytes > ARENA_SIZE)
        space_return(base, arenas_for(bytes) * ARENA_SIZE);
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

size_t store_in_use(void) { return purge_in_use() * os_page_size(); }

void *store_allocate(size_t bytes) { return allocate_zeroed(bytes); }
void store_free(void *block) {
    if (block != NULL) release(block);
}
