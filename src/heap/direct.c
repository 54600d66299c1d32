/* SPDX-License-Identifier: MIT */
#include "heap/direct.h"

#include "base/check.h"
#include "heap/space.h"
#include "os/options.h"
#include "os/os.h"

/* A few, so that they are searched in no time; bounded in bytes, as they are memory nobody uses. */
enum { CACHE_BLOCKS = 8 };
static const size_t CACHE_BYTES = 128 * MIB;

/* Under the space lock. */
static struct link live = {&live, &live};
static struct link cache = {&cache, &cache}; /* oldest first */
static size_t cached_blocks, cached_bytes;
static struct atomic_u32 next_due; /* of the oldest, 0: none */

static struct direct *direct_of(struct link *link) { return link_owner(link, struct direct, link); }

static struct direct *record_at(uintptr_t address) {
    return &window_at(address)->record[window_pool_index(address)].direct;
}

static size_t size_of(const struct direct *direct) { return (size_t)direct->pools * POOL_SIZE; }

static void set_tag(uintptr_t address, bool there) {
    atomic_u64_store(&window_at(address)->front.tag[window_pool_index(address)],
                     there ? tag_of_kind(address, TAG_DIRECT) : 0);
}

static void set_next_due(void) {
    atomic_u32_store(&next_due, link_is_alone(&cache) ? 0 : direct_of(cache.next)->due);
}

/* ---- The cache ---- */

static void uncache(struct direct *direct) {
    link_remove(&direct->link);
    direct->due = 0;
    cached_blocks--;
    cached_bytes -= size_of(direct);
    set_next_due();
}

/* The smallest that is at most a quarter too long. */
static struct direct *cache_find(size_t size, size_t alignment) {
    struct direct *best = NULL;
    for (struct link *at = cache.next; at != &cache; at = at->next) {
        struct direct *direct = direct_of(at);
        if (size_of(direct) < size || size_of(direct) > size + size / 4) continue;
        if (direct->address % alignment != 0) continue;
        if (best == NULL || direct->pools < best->pools) best = direct;
    }
    return best;
}

static bool unmap(struct direct *direct) {
    uintptr_t address = direct->address;
    size_t guard = direct->guarded ? os_page_size() : 0;
    size_t size = size_of(direct);
    if (!os_unmap((void *)(address - guard), size + 2 * guard)) return false;
    space_count(0, size + 2 * guard);
    return true;
}

/* At the mapping limit the kernel refuses to unmap: the mapping then stays in the cache, without
   memory behind it, for a later try. */
static bool cache_drop(struct direct *direct) {
    if (!unmap(direct)) {
        os_purge((void *)direct->address, size_of(direct));
        direct->due += 60000;
        link_remove(&direct->link);
        link_add_after(cache.prev, &direct->link);
        set_next_due();
        return false;
    }
    uncache(direct);
    return true;
}

bool direct_purge_is_due(void) {
    uint32_t due = atomic_u32_load(&next_due);
    return due != 0 && (int32_t)((uint32_t)os_clock_ms() - due) >= 0;
}

bool direct_purge(bool all) {
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
    uint64_t delay = size_min(options.purge_delay, 1 << 30);
    direct->due = (uint32_t)(os_clock_ms() + delay) | 1; /* 0 means none */
    link_add_after(cache.prev, &direct->link);
    cached_blocks++;
    cached_bytes += size_of(direct);
    while (cached_blocks > CACHE_BLOCKS || cached_bytes > CACHE_BYTES)
        if (!cache_drop(direct_of(cache.next))) break;
    set_next_due();
}

/* ---- Blocks ---- */

static void *map(size_t size, size_t alignment, bool guarded) {
    if (guarded && alignment <= os_page_size()) return os_map_guarded(size);
    return alignment <= os_page_size() ? os_map(size) : os_map_aligned(size, alignment);
}

static struct direct *map_block(size_t size, size_t alignment) {
    bool guarded = options.large_direct && alignment <= os_page_size();
    size_t guard = guarded ? os_page_size() : 0;
    uintptr_t address = (uintptr_t)map(size, alignment, guarded);
    if (address == 0 && (direct_purge(true) | space_release()))
        address = (uintptr_t)map(size, alignment, guarded);
    if (address == 0) return NULL;
    if (!window_reserve(address, POOL_SIZE)) {
        os_unmap((void *)(address - guard), size + 2 * guard);
        return NULL;
    }
    struct direct *direct = record_at(address);
    link_init(&direct->link);
    direct->address = address;
    direct->pools = (uint32_t)(size / POOL_SIZE);
    direct->guarded = guarded;
    direct->due = 0;
    space_count(size + 2 * guard, 0);
    return direct;
}

static void remember(struct direct *direct) {
    link_add_after(&live, &direct->link);
    space_figures.direct_blocks++;
    space_figures.direct_bytes += size_of(direct);
}

static void forget(struct direct *direct) {
    link_remove(&direct->link);
    space_figures.direct_blocks--;
    space_figures.direct_bytes -= size_of(direct);
}

void *direct_allocate(size_t size, size_t alignment, bool zero) {
    size = align_up(size, os_page_size());
    space_enter();
    struct direct *direct = options.large_direct ? NULL : cache_find(size, alignment);
    bool used = direct != NULL;
    if (used) {
        uncache(direct);
    } else {
        /* Sizes change, so what is cached is the less likely to be of use. */
        if (cached_blocks > 0) cache_drop(direct_of(cache.next));
        direct = map_block(size, alignment);
    }
    if (direct != NULL) remember(direct);
    space_leave();
    if (direct == NULL) return NULL;
    uintptr_t address = direct->address;
    set_tag(address, true);
    if (used && zero && !os_purge((void *)address, size_of(direct)))
        memset((void *)address, 0, size_of(direct));
    return (void *)address;
}

void direct_free(struct direct *direct) {
    set_tag(direct->address, false);
    space_enter();
    forget(direct);
    /* With guard pages the point is that a use after free faults. */
    if (!direct->guarded || !unmap(direct)) cache_add(direct);
    space_leave();
}

/* The target is mapped, and its window made, before the memory moves: nothing can fail half way. */
static void *move(struct direct *from, size_t size) {
    size_t old_size = size_of(from);
    struct direct *to = map_block(size, os_page_size());
    if (to == NULL) return NULL;
    uintptr_t target = to->address;
    if (!os_move((void *)from->address, old_size, (void *)target, size)) {
        if (!unmap(to)) cache_add(to);
        return NULL;
    }
    set_tag(from->address, false);
    set_tag(target, true);
    forget(from);
    space_count(0, old_size);
    remember(to);
    return (void *)target;
}

void *direct_resize(struct direct *direct, size_t size) {
    if (direct->guarded) return NULL;
    /* What grows will grow again: an eighth more of address space, so that a long row of small
       steps costs few system calls. */
    bool grows = size > size_of(direct) && size < PTRDIFF_MAX / 2;
    size = align_up(grows ? size + size / 8 : size, os_page_size());
    void *result = (void *)direct->address;
    space_enter();
    if (os_resize(result, size_of(direct), size)) {
        space_count(size, size_of(direct));
        forget(direct);
        direct->pools = (uint32_t)(size / POOL_SIZE);
        remember(direct);
    } else {
        result = move(direct, size);
    }
    space_leave();
    return result;
}

/* For a message: in the middle of a block, at the start of a cached one, or of nobody. */
enum block_fault direct_fault_at(uintptr_t address) {
    enum block_fault fault = BLOCK_FOREIGN;
    space_enter();
    for (struct link *at = live.next; at != &live; at = at->next)
        if (address - direct_of(at)->address < size_of(direct_of(at)))
            fault = address % ALIGN == 0 ? BLOCK_INTERIOR : BLOCK_MISALIGNED;
    for (struct link *at = cache.next; at != &cache; at = at->next)
        if (address == direct_of(at)->address) fault = BLOCK_FREED;
    space_leave();
    return fault;
}

void direct_rebuild(void) {
    link_init(&live);
    link_init(&cache);
    cached_blocks = cached_bytes = 0;
    set_next_due();
}
