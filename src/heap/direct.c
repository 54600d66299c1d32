/* SPDX-License-Identifier: MIT */
#include "heap/direct.h"

#include "base/check.h"
#include "heap/space.h"
#include "os/options.h"
#include "os/os.h"

/* A few, so that they are searched in no time; bounded in bytes, as they are memory nobody uses. */
enum { CACHE_BLOCKS = 8, RETRY_MS = 60000 };
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

/* One that is on no list. */
static bool unmap(struct direct *direct) {
    ASSERT(space_is_locked());
    uintptr_t address = direct->address;
    size_t guard = direct->guarded ? os_page_size() : 0;
    size_t size = direct->size;
    if (!os_unmap((void *)(address - guard), size + 2 * guard)) return false;
    space_count(0, size + 2 * guard);
    memset(direct, 0, sizeof *direct);
    return true;
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
    cache_append(direct, size_min(options.purge_delay, 1 << 30));
    while (cached_blocks > CACHE_BLOCKS || space_figures.direct_cached > CACHE_BYTES)
        if (!cache_drop(direct_of(cache.next))) break;
}

/* ---- Blocks ---- */

static struct direct *describe(uintptr_t address, size_t size, bool guarded) {
    ASSERT(space_is_locked());
    struct direct *direct = &record_at(address)->direct;
    link_init(&direct->link);
    direct->address = address;
    direct->size = size;
    direct->guarded = guarded;
    direct->due = 0;
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
    space_lock();
    struct direct *direct = options.large_direct ? NULL : cache_find(size, alignment);
    bool used = direct != NULL;
    if (used) {
        uncache(direct);
    } else {
        direct = map_block(size, alignment);
        /* Sizes change, so what is cached is the less likely to be of use. */
        if (direct != NULL && cached_blocks > 0) cache_drop(direct_of(cache.next));
    }
    if (direct != NULL) remember(direct);
    space_unlock();
    if (direct == NULL) return NULL;
    uintptr_t address = direct->address;
    set_tag(direct);
    if (used && zero && !os_purge((void *)address, direct->size))
        memset((void *)address, 0, direct->size);
    return (void *)address;
}

bool direct_free(struct direct *direct) {
    if (atomic_u64_exchange(&direct->tag, 0) == 0) return false; /* partner: another free */
    space_lock();
    forget(direct);
    /* With guard pages the point is that a use after free faults. */
    if (!direct->guarded || !unmap(direct)) cache_add(direct);
    space_unlock();
    return true;
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

static void *resize(struct direct *from, size_t size) {
    ASSERT(space_is_locked());
    uintptr_t landed = (uintptr_t)os_resize((void *)from->address, from->size, size);
    if (landed == 0) return NULL;
    space_count(size, from->size);
    struct direct *to = from;
    if (landed != from->address) {
        size_t old_size = from->size;
        to = window_reserve(landed, POOL_SIZE) ? describe(landed, size, false)
                                               : rehouse(from, landed, size);
        if (to == NULL) {
            space_count(old_size, size);
            return NULL;
        }
    }
    forget(from);
    if (to != from) memset(from, 0, sizeof *from);
    to->size = size;
    set_tag(to);
    remember(to);
    return (void *)to->address;
}

void *direct_resize(struct direct *direct, size_t size) {
    if (direct->guarded) return NULL;
    /* What grows will grow again: an eighth more of address space, so that a long row of small
       steps costs few system calls. */
    bool grows = size > direct->size && size < PTRDIFF_MAX / 2;
    size = align_up(grows ? size + size / 8 : size, os_page_size());
    space_lock();
    void *result = grows && !window_prepare() ? NULL : resize(direct, size);
    space_unlock();
    return result;
}

/* For a message: in the middle of a block, at the start of a cached one, or of nobody. */
enum block_fault direct_fault_at(uintptr_t address) {
    enum block_fault fault = BLOCK_FOREIGN;
    space_lock();
    for (struct link *at = live.next; at != &live; at = at->next)
        if (address - direct_of(at)->address < direct_of(at)->size)
            fault = address % ALIGN == 0 ? BLOCK_INTERIOR : BLOCK_MISALIGNED;
    for (struct link *at = cache.next; at != &cache; at = at->next)
        if (address == direct_of(at)->address) fault = BLOCK_FREED;
    space_unlock();
    return fault;
}

void direct_rebuild(void) {
    ASSERT(space_is_locked());
    link_init(&live);
    link_init(&cache);
    cached_blocks = space_figures.direct_cached = 0;
    set_next_due();
}
