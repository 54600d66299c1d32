/* SPDX-License-Identifier: MIT */
#include "heap/extent.h"

#include "base/check.h"
#include "heap/space.h"
#include "os/os.h"

static size_t arenas_for(size_t size) { return (size + ARENA_SIZE - 1) / ARENA_SIZE; }

static struct atomic_u64 *tag_at(uintptr_t address) { return &record_at(address)->pool.tag; }

/* The arena's pools that lie below `end`. */
static uint64_t pools_below(const struct arena *arena, uintptr_t end) {
    if (end <= arena->base) return 0;
    size_t count = (end - arena->base + POOL_SIZE - 1) / POOL_SIZE;
    return bit_range(0, (unsigned)size_min(count, ARENA_POOLS));
}

static void clear_pools(const struct arena *arena, uint64_t pools) {
    while (pools != 0) {
        unsigned first = bit_lowest(pools);
        uint64_t rest = ~(pools >> first);
        unsigned count = rest == 0 ? ARENA_POOLS - first : bit_lowest(rest);
        memset((char *)arena->base + (size_t)first * POOL_SIZE, 0, (size_t)count * POOL_SIZE);
        pools &= ~bit_range(first, count);
    }
}

/* The pools of [from, to) that lie in one arena. */
static uint64_t pools_between(const struct arena *arena, uintptr_t from, uintptr_t to) {
    return pools_below(arena, to) & ~pools_below(arena, from);
}

/* Clears what of a new extent may hold old contents. */
static void clear(uintptr_t from, uintptr_t to) {
    for (uintptr_t at = from; at < to; at += ARENA_SIZE) {
        struct arena *arena = arena_at(at);
        clear_pools(arena, pools_between(arena, from, to) & arena->touched);
    }
}

/* Notes that [from, to) may be written from now on. With the space lock. */
static void touch(uintptr_t from, uintptr_t to) {
    ASSERT(space_is_locked());
    for (uintptr_t at = align_down(from, ARENA_SIZE); at < to; at += ARENA_SIZE) {
        struct arena *arena = arena_at(at);
        arena->touched |= pools_between(arena, from, to);
    }
}

void *extent_allocate(size_t size, size_t alignment, bool zero) {
    size = align_up(size, os_page_size());
    if (!space_lock()) return NULL;
    struct arena *first = space_take_aligned(arenas_for(size), alignment);
    if (first != NULL) {
        first->kind = ARENA_EXTENT;
        first->length = (uint32_t)arenas_for(size);
        first->size = size;
        if (!zero) touch(first->base, first->base + size);
    }
    space_unlock();
    if (first == NULL) return NULL;
    if (zero) {
        clear(first->base, first->base + size);
        if (!space_lock()) return NULL; /* nobody has it then, as nobody can give it back */
        touch(first->base, first->base + size);
        space_unlock();
    }
    atomic_u64_store(tag_at(first->base), tag_of_kind(first->base, TAG_EXTENT));
    return (void *)first->base;
}

bool extent_free(struct arena *first) {
    if (!space_lock()) return true;
    bool freed = atomic_u64_exchange(tag_at(first->base), 0) != 0;
    if (freed) space_return(first, first->length);
    space_unlock();
    return freed;
}

bool extent_resize(struct arena *first, size_t size) {
    size_t have = first->length;
    size = align_up(size, os_page_size());
    size_t want = arenas_for(size);
    if (!space_lock()) return false;
    bool done = want <= have || space_extend(first, have, want - have);
    if (done && want < have) space_return(arena_at(first->base + want * ARENA_SIZE), have - want);
    if (done) {
        if (size > first->size) touch(first->base + first->size, first->base + size);
        first->length = (uint32_t)want;
        first->size = size;
    }
    space_unlock();
    return done;
}
