/* SPDX-License-Identifier: MIT */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/space.h"

/* Pools are taken from and given back to the shared arenas so many at a time. */
enum { POOLS_AT_ONCE = 8 };

/* Frees of an active pool until heap_pool_turn is called for nothing but the time of day. */
enum { ACTIVE_FREES = 256 };

struct atomic_u64 all_taken = {~(uint64_t)0};


static void bin_close(struct bin *bin) {
    bin->word = &all_taken;
    bin->starts = 0;
}

void heap_init(struct heap *heap) {
    for (unsigned c = 0; c < CLASS_COUNT; c++) {
        bin_close(&heap->bins[c]);
        heap->bins[c].unit = size_class_is_span(c) ? size_classes[c].stride : ALIGN;
        link_init(&heap->classes[c].partial);
    }
}

/* ---- States of pools ---- */

static unsigned live_blocks(const struct pool *pool) {
    const struct atomic_u64 *words = pool_words(pool);
    unsigned live = 0;
    for (unsigned w = 0; w < size_classes[pool->class_index].words; w++)
        live += bit_count(atomic_u64_load(&words[w]));
    return live;
}

/* A quarter of a pool, at most 16: with less, pools that are nearly full are taken for a block or
   two, and every malloc is slow; with more, memory waits in them (bench/README.md). */
static unsigned frees_until_partial(unsigned class_index) {
    return (unsigned)size_max(size_min(size_classes[class_index].capacity / 4, 16), 1);
}

static void active_to_full(struct class_pools *pools) {
    struct pool *pool = pools->active;
    if (pool == NULL) return;
    pool->state = POOL_FULL;
    *pool_needed(pool) = (uint16_t)frees_until_partial(pool->class_index);
    pools->active = NULL;
}

static void to_active(struct class_pools *pools, struct pool *pool) {
    pools->active = pool;
    pool->state = POOL_ACTIVE;
    *pool_needed(pool) = ACTIVE_FREES;
}

static void to_partial(struct heap *heap, struct pool *pool, unsigned live) {
    pool->state = POOL_PARTIAL;
    *pool_needed(pool) = (uint16_t)live;
    link_add_after(&heap->classes[pool->class_index].partial, &pool->link);
}

/* ---- Pools from and to the arenas ---- */

static void set_tags(uintptr_t base, unsigned count, struct heap *heap, enum tag_kind kind) {
    struct window_front *front = &window_at(base)->front;
    for (unsigned i = 0; i < count; i++) {
        uintptr_t at = base + (uintptr_t)i * POOL_SIZE;
        atomic_u64_store(&front->tag[window_pool_index(at)],
                         heap ? tag_make(at, heap, kind, i) : 0);
    }
}

static void return_pools(uintptr_t base, unsigned count) {
    uintptr_t arena = align_down(base, ARENA_SIZE);
    arena_return(arena, bit_range((unsigned)(base - arena) / POOL_SIZE, count));
}

/* The older half: what was emptied last is the likeliest to be in the cache. */
static void return_empty(struct heap *heap, unsigned count) {
    for (unsigned i = 0; i < count; i++) set_tags(heap->empty[i], 1, NULL, TAG_SMALL);
    space_enter();
    for (unsigned i = 0; i < count; i++) return_pools(heap->empty[i], 1);
    space_leave();
    heap->empty_count -= count;
    memmove(heap->empty, heap->empty + count, heap->empty_count * sizeof heap->empty[0]);
}

static void to_empty(struct heap *heap, struct pool *pool) {
    unsigned pools = size_classes[pool->class_index].pools;
    pool->state = POOL_EMPTY;
    if (pools == 1 && !size_class_is_span(pool->class_index)) {
        if (heap->empty_count == HEAP_EMPTY_POOLS) return_empty(heap, HEAP_EMPTY_POOLS / 2);
        heap->empty[heap->empty_count++] = pool->base;
        return;
    }
    set_tags(pool->base, pools, NULL, TAG_SPAN);
    atomic_u64_store(pool_words(pool) + 1, 0); /* span_used_before */
    space_enter();
    return_pools(pool->base, pools);
    space_leave();
}

static bool take_address(struct heap *heap, uintptr_t *address, bool *zeroed) {
    *zeroed = false;
    if (heap->empty_count > 0) {
        *address = heap->empty[--heap->empty_count];
        return true;
    }
    if (heap->reserve.pools == 0) {
        space_enter();
        bool taken = arena_take_pools(POOLS_AT_ONCE, &heap->reserve);
        space_leave();
        if (!taken) return false;
    }
    unsigned i = bit_lowest(heap->reserve.pools);
    heap->reserve.pools &= heap->reserve.pools - 1;
    *address = heap->reserve.base + (uintptr_t)i * POOL_SIZE;
    *zeroed = !(heap->reserve.touched >> i & 1);
    set_tags(*address, 1, heap, TAG_SMALL);
    return true;
}

static bool take_span(struct heap *heap, unsigned pools, uintptr_t *address, bool *zeroed) {
    struct arena_pools taken;
    space_enter();
    bool done = arena_take_span(pools, &taken);
    space_leave();
    if (!done) return false;
    *address = taken.base + (uintptr_t)bit_lowest(taken.pools) * POOL_SIZE;
    *zeroed = taken.touched == 0;
    set_tags(*address, pools, heap, TAG_SPAN);
    return true;
}

static struct pool *take_pool(struct heap *heap, unsigned class_index) {
    uintptr_t address;
    bool zeroed;
    bool taken = size_class_is_span(class_index)
                     ? take_span(heap, size_classes[class_index].pools, &address, &zeroed)
                     : take_address(heap, &address, &zeroed);
    if (!taken) return NULL;
    struct pool *pool = &window_at(address)->record[window_pool_index(address)].pool;
    link_init(&pool->link);
    pool->base = address;
    pool->class_index = (uint8_t)class_index;
    pool->zeroed = zeroed;
    return pool;
}

/* ---- Taking blocks ---- */

/* Takes the first free block of the active pool, and points the bin at its word. NULL: the pool is
   full, or there is none. */
static inline void *take_from_active(struct heap *heap, unsigned class_index) {
    struct pool *pool = heap->classes[class_index].active;
    if (pool == NULL) return NULL;
    const struct size_class *c = &size_classes[class_index];
    struct atomic_u64 *words = pool_words(pool);
    for (unsigned w = 0; w < c->words; w++) {
        uint64_t free_starts = c->starts[w] & ~atomic_u64_load(&words[w]);
        if (free_starts == 0) continue;
        struct bin *bin = &heap->bins[class_index];
        bin->word = &words[w];
        bin->base = pool->base + (uintptr_t)w * WORD_SPAN;
        bin->starts = unlikely(heap->counting) ? 0 : c->starts[w];
        heap->served++;
        return bin_take(bin, free_starts);
    }
    return NULL;
}

void *heap_take_own(struct heap *heap, unsigned class_index) {
    void *block = take_from_active(heap, class_index);
    struct class_pools *pools = &heap->classes[class_index];
    if (block != NULL || link_is_alone(&pools->partial)) return block;
    struct pool *pool = link_owner(pools->partial.next, struct pool, link);
    link_remove(&pool->link);
    active_to_full(pools);
    to_active(pools, pool);
    return take_from_active(heap, class_index);
}

void *heap_take(struct heap *heap, unsigned class_index) {
    void *block = heap_take_own(heap, class_index);
    if (block != NULL) return block;
    struct pool *pool = take_pool(heap, class_index);
    if (pool == NULL) return NULL;
    active_to_full(&heap->classes[class_index]);
    to_active(&heap->classes[class_index], pool);
    return take_from_active(heap, class_index);
}

/* ---- Freeing ---- */

/* Spans have three words of bitmap left: the second holds the blocks that were freed before, and so
   may not be zero any more. */
static struct atomic_u64 *span_used_before(const struct block *block) { return block->word + 1; }

bool heap_block_is_zero(const struct block *block) {
    return size_class_is_span(block->class_index) && block->pool->zeroed &&
           !(atomic_u64_load(span_used_before(block)) & block->bit);
}

void heap_free(struct heap *heap, const struct block *block) {
    atomic_u64_store(block->word, atomic_u64_load(block->word) & ~block->bit);
    if (block->kind == TAG_SPAN) {
        struct atomic_u64 *used = span_used_before(block);
        atomic_u64_store(used, atomic_u64_load(used) | block->bit);
    }
    if (--*pool_needed(block->pool) == 0) heap_pool_turn(heap, block->pool);
}

/* `needed` told the number of live blocks exactly, so nothing is counted here. */
bool heap_pool_turn(struct heap *heap, struct pool *pool) {
    unsigned class_index = pool->class_index;
    switch ((enum pool_state)pool->state) {
    case POOL_FULL:
        to_partial(heap, pool,
                   size_classes[class_index].capacity - frees_until_partial(class_index));
        return false;
    case POOL_PARTIAL:
        link_remove(&pool->link);
        to_empty(heap, pool);
        return false;
    case POOL_ACTIVE:
    case POOL_EMPTY:
        break;
    }
    *pool_needed(pool) = ACTIVE_FREES;
    return true;
}

/* ---- Between heaps ---- */

/* Whoever frees a block of the pool meanwhile may still see the old owner in the tag; the old
   owner's drain passes it on. */
bool heap_move_pool(struct heap *from, struct heap *to, unsigned class_index) {
    struct link *partial = &from->classes[class_index].partial;
    if (link_is_alone(partial)) return false;
    struct pool *pool = link_owner(partial->next, struct pool, link);
    link_remove(&pool->link);
    set_tags(pool->base, size_classes[class_index].pools, to,
             size_class_is_span(class_index) ? TAG_SPAN : TAG_SMALL);
    link_add_after(&to->classes[class_index].partial, &pool->link);
    return true;
}

/* ---- All of it ---- */

static void release_active(struct heap *heap, unsigned class_index) {
    struct pool *pool = heap->classes[class_index].active;
    if (pool == NULL || live_blocks(pool) != 0) return;
    heap->classes[class_index].active = NULL;
    bin_close(&heap->bins[class_index]);
    to_empty(heap, pool);
}

void heap_close_bins(struct heap *heap) {
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        struct pool *pool = heap->classes[c].active;
        if (pool == NULL) continue;
        unsigned live = live_blocks(pool);
        if (live == 0) {
            release_active(heap, c);
            continue;
        }
        bin_close(&heap->bins[c]);
        active_to_full(&heap->classes[c]);
        if (live < size_classes[c].capacity) to_partial(heap, pool, live);
    }
}

void heap_release(struct heap *heap) {
    for (unsigned c = 1; c < CLASS_COUNT; c++) release_active(heap, c);
    if (heap->empty_count > 0) return_empty(heap, heap->empty_count);
    if (heap->reserve.pools == 0) return;
    space_enter();
    arena_return(heap->reserve.base, heap->reserve.pools);
    space_leave();
    heap->reserve.pools = 0;
}

static void check_pool(struct heap *heap, struct pool *pool, unsigned class_index) {
    const struct size_class *c = &size_classes[class_index];
    struct window *window = window_at(pool->base);
    struct atomic_u64 *words = pool_words(pool);
    CHECK(pool->class_index == class_index);
    CHECK(tag_heap(atomic_u64_load(&window->front.tag[window_pool_index(pool->base)]),
                   pool->base) == heap);
    for (unsigned w = 0; w < c->words; w++)
        CHECK((atomic_u64_load(&words[w]) & ~c->starts[w]) == 0); /* H1 */
    if (pool->state == POOL_PARTIAL)
        CHECK(*pool_needed(pool) == live_blocks(pool)); /* H2 */
}

void heap_check(struct heap *heap) {
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        struct class_pools *pools = &heap->classes[c];
        struct bin *bin = &heap->bins[c];
        for (struct link *at = pools->partial.next; at != &pools->partial; at = at->next) {
            struct pool *pool = link_owner(at, struct pool, link);
            CHECK(pool->state == POOL_PARTIAL);
            check_pool(heap, pool, c);
        }
        CHECK(bin->word != &all_taken || bin->starts == 0); /* H3 */
        if (pools->active == NULL) continue;
        CHECK(pools->active->state == POOL_ACTIVE);
        check_pool(heap, pools->active, c);
    }
}
