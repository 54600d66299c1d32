/* SPDX-License-Identifier: MIT */
#include "heap/direct.h"

#include "base/check.h"
#include "heap/space.h"
#include "os/options.h"
#include "os/os.h"

/* A few, so that they are searched in no time; bounded in bytes, as they are memory nobody uses. */
enum { CACHE_BLOCKS = 8, RETRY_MS = 60000, DELAY_MOST_MS = 1 << 30 };
static const size_t CACHE_BYTES = 128 * MIB;

/* Under the space lock. */
static struct link live = {&live, &live};
static struct link cache = {&cache, &cache}; /* oldest first */
static size_t cached_blocks;
static struct atomic_u32 next_due; /* of the oldest, 0: none */

static struct direct *direct_of(struct link *link) { return link_owner(link, struct direct, link); }

static void set_tag(struct direct *direct) {
    atomic_u64_store(&direct->tag, tag_of_kind(direct->address, TAG_DIRECT));
}

static void set_next_due(void) {
    atomic_u32_store(&next_due, link_is_alone(&cache) ? 0 : direct_of(cache.next)->due);
}

/* ---- The cache ---- */

static void cache_append(struct direct *direct, uint64_t delay) {
    ASSERT(space_is_locked());
    direct->due = (uint32_t)(os_clock_ms() + delay) | 1; /* 0 means none */
    link_add_after(cache.prev, &direct->link);
    cached_blocks++;
    space_figures.direct_cached += direct->size;
    set_next_due();
}

static void uncache(struct direct *direct) {
    ASSERT(space_is_locked());
    link_remove(&direct->link);
    direct->due = 0;
    cached_blocks--;
    space_figures.direct_cached -= direct->size;
    set_next_due();
}

/* The smallest that is at most a quarter too long. */
static struct direct *cache_find(size_t size, size_t alignment) {
    struct direct *best = NULL;
    for (struct link *at = cache.next; at != &cache; at = at->next) {
        struct direct *direct = direct_of(at);
        if (direct->size < size || direct->size > size + size / 4) continue;
        if (direct->address % alignment != 0) continue;
        if (best == NULL || direct->size < best->size) best = direct;
    }
    return best;
}

static size_t guard_of(const struct direct *direct) { return direct->guarded ? os_page_size() : 0; }

/* A record has its address exactly while the mapping is there: a fork may come at any moment, and
   direct_rebuild goes by it. */
static void record_clear(struct direct *direct) {
    direct->address = 0;
    atomic_in_sequence();
    memset(direct, 0, sizeof *direct);
    atomic_in_sequence();
}

static void record_fill(struct direct *direct, const struct direct *from) {
    link_init(&direct->link);
    direct->size = from->size;
    direct->guarded = from->guarded;
    direct->due = from->due;
    atomic_u64_store(&direct->tag, atomic_u64_load(&from->tag));
    atomic_in_sequence();
    direct->address = from->address;
}

/* One that is on no list. */
static bool unmap(struct direct *direct) {
    ASSERT(space_is_locked());
    struct direct gone = *direct;
    size_t guard = guard_of(direct);
    record_clear(direct);
    if (os_unmap((void *)(gone.address - guard), gone.size + 2 * guard)) {
        space_count(0, gone.size + 2 * guard);
        return true;
    }
    record_fill(direct, &gone);
    return false;
}

/* At the mapping limit the kernel refuses to unmap: the mapping then stays in the cache, without
   memory behind it, for a later try. */
static bool cache_drop(struct direct *direct) {
    ASSERT(space_is_locked());
    uncache(direct);
    if (unmap(direct)) return true;
    os_purge((void *)direct->address, direct->size);
    cache_append(direct, RETRY_MS);
    return false;
}

bool direct_purge_is_due(void) {
    uint32_t due = atomic_u32_load(&next_due);
    return due != 0 && (int32_t)((uint32_t)os_clock_ms() - due) >= 0;
}

bool direct_purge(bool all) {
    ASSERT(space_is_locked());
    uint32_t now = (uint32_t)os_clock_ms();
    bool any = false;
    for (size_t i = cached_blocks; i > 0; i--) {
        struct direct *direct = direct_of(cache.next);
        if (!all && (int32_t)(now - direct->due) < 0) break;
        any |= cache_drop(direct);
    }
    return any;
}

static void cache_add(struct direct *direct) {
    cache_append(direct, size_min(options.purge_delay, DELAY_MOST_MS));
    while (cached_blocks > CACHE_BLOCKS || space_figures.direct_cached > CACHE_BYTES)
        if (!cache_drop(direct_of(cache.next))) break;
}

/* ---- Blocks ---- */

static struct direct *describe(uintptr_t address, size_t size, bool guarded) {
    ASSERT(space_is_locked());
    struct direct *direct = &record_at(address)->direct;
    struct direct made = {.address = address, .size = size, .guarded = guarded};
    record_fill(direct, &made);
    return direct;
}

static struct direct *map_block(size_t size, size_t alignment) {
    ASSERT(space_is_locked());
    size_t page = os_page_size();
    bool guarded = options.large_direct && alignment <= page;
    struct space_request request = {size, size_max(alignment, page), POOL_SIZE, guarded};
    uintptr_t address = space_map(&request, 0);
    if (address == 0) return NULL;
    space_count(size + (guarded ? 2 * page : 0), 0);
    return describe(address, size, guarded);
}

static void remember(struct direct *direct) {
    ASSERT(space_is_locked());
    link_add_after(&live, &direct->link);
    space_figures.direct_blocks++;
    space_figures.direct_bytes += direct->size;
    if (space_figures.direct_blocks > space_figures.direct_blocks_peak)
        space_figures.direct_blocks_peak = space_figures.direct_blocks;
    if (space_figures.direct_bytes > space_figures.direct_bytes_peak)
        space_figures.direct_bytes_peak = space_figures.direct_bytes;
}

static void forget(struct direct *direct) {
    ASSERT(space_is_locked());
    link_remove(&direct->link);
    space_figures.direct_blocks--;
    space_figures.direct_bytes -= direct->size;
}

void *direct_allocate(size_t size, size_t alignment, bool zero) {
    size = align_up(size, os_page_size());
    if (!space_lock()) return NULL;
    struct direct *direct = options.large_direct ? NULL : cache_find(size, alignment);
    bool used = direct != NULL;
    if (used) {
        uncache(direct);
    } else {
        direct = map_block(size, alignment);
        /* Sizes change, so what is cached is the less likely to be of use. */
        if (direct != NULL && cached_blocks > 0) cache_drop(direct_of(cache.next));
    }
    if (direct != NULL) {
        remember(direct);
        set_tag(direct);
    }
    space_unlock();
    if (direct == NULL) return NULL;
    if (used && zero && !os_purge((void *)direct->address, direct->size))
        memset((void *)direct->address, 0, direct->size);
    return (void *)direct->address;
}

bool direct_free(struct direct *direct) {
    if (!space_lock()) return true;
    bool freed = atomic_u64_exchange(&direct->tag, 0) != 0;
    if (freed) forget(direct);
    /* With guard pages the point is that a use after free faults. */
    if (freed && (!direct->guarded || !unmap(direct))) cache_add(direct);
    space_unlock();
    return freed;
}

/* ---- Resizing: the kernel moves the memory to where it likes, and the record follows ---- */

/* Where the memory was before it moved, which was unmapped a moment ago. It goes in pieces, so that
   no more is needed than what the growth has just been refused. */
static void put_back(const struct direct *direct, uintptr_t landed, size_t size) {
    enum { PIECE = 64 * 1024 };
    os_resize((void *)landed, size, direct->size);
    for (size_t done = 0, piece; done < direct->size; done += piece) {
        char *to = (char *)direct->address + done;
        piece = size_min(PIECE, direct->size - done);
        CHECK(os_map_aligned_at(to, piece, os_page_size()) == to);
        memcpy(to, (const void *)(landed + done), piece);
        os_unmap((void *)(landed + done), piece);
    }
}

/* Copies what has moved to where no record can be, as other windows have the slot. */
static struct direct *rehouse(const struct direct *from, uintptr_t landed, size_t size) {
    struct direct *to = map_block(size, os_page_size());
    if (to == NULL) {
        put_back(from, landed, size);
        return NULL;
    }
    memcpy((void *)to->address, (const void *)landed, from->size);
    os_unmap((void *)landed, size);
    space_count(0, size);
    return to;
}

/* The record of what was `old` and is now `size` bytes at `landed`, 0: nowhere. NULL: it could not
   stay there, and is back. */
static struct direct *settle(const struct direct *old, uintptr_t landed, size_t size) {
    if (landed == 0) return NULL;
    space_count(size, old->size);
    if (landed == old->address) return describe(landed, size, false);
    struct direct *to = window_reserve(landed, POOL_SIZE) ? describe(landed, size, false)
                                                          : rehouse(old, landed, size);
    if (to == NULL) space_count(old->size, size);
    return to;
}

/* While the memory moves there is no record: a fork may come. */
static void *resize(struct direct *from, size_t size) {
    ASSERT(space_is_locked());
    struct direct old = *from;
    forget(from);
    record_clear(from);
    uintptr_t landed = (uintptr_t)os_resize((void *)old.address, old.size, size);
    struct direct *to = settle(&old, landed, size);
    bool resized = to != NULL;
    if (!resized) to = describe(old.address, old.size, false);
    set_tag(to);
    remember(to);
    return resized ? (void *)to->address : NULL;
}

void *direct_resize(struct direct *direct, size_t size) {
    if (direct->guarded) return NULL;
    /* What grows will grow again: an eighth more of address space, so that a long row of small
       steps costs few system calls. */
    bool grows = size > direct->size && size < PTRDIFF_MAX / 2;
    size = align_up(grows ? size + size / 8 : size, os_page_size());
    if (!space_lock()) return NULL;
    void *result = grows && !window_prepare() ? NULL : resize(direct, size);
    space_unlock();
    return result;
}

/* For a message: in the middle of a block, at the start of a cached one, or of nobody. */
enum block_fault direct_fault_at(uintptr_t address) {
    enum block_fault fault = BLOCK_FOREIGN;
    if (!space_lock()) return fault;
    for (struct link *at = live.next; at != &live; at = at->next)
        if (address - direct_of(at)->address < direct_of(at)->size)
            fault = address % ALIGN == 0 ? BLOCK_INTERIOR : BLOCK_MISALIGNED;
    for (struct link *at = cache.next; at != &cache; at = at->next)
        if (address == direct_of(at)->address) fault = BLOCK_FREED;
    space_unlock();
    return fault;
}

/* Without a tag the mapping is cached, or was about to get one, or to be freed, by a thread that is
   gone: nobody uses it. */
static void rebuild_one(struct direct *direct, uintptr_t place) {
    if (direct->address != place) return;
    link_init(&direct->link);
    space_count(direct->size + 2 * guard_of(direct), 0);
    if (atomic_u64_load(&direct->tag) != 0)
        remember(direct);
    else
        cache_append(direct, size_min(options.purge_delay, DELAY_MOST_MS));
}

static void rebuild_arena(struct window *window, unsigned index) {
    for (unsigned i = index * ARENA_POOLS; i < (index + 1) * ARENA_POOLS; i++)
        rebuild_one(&window->record[i].direct, window->base + (uintptr_t)i * POOL_SIZE);
}

void direct_rebuild(void) {
    ASSERT(space_is_locked());
    link_init(&live);
    link_init(&cache);
    cached_blocks = space_figures.direct_cached = 0;
    space_figures.direct_blocks = space_figures.direct_bytes = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++)
            if (window->arena[i].kind == ARENA_NONE) rebuild_arena(window, i);
    set_next_due();
}
