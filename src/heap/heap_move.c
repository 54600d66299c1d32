/* SPDX-License-Identifier: MIT */
/* heap_move: pools that change hands; see docs/protocol.md. */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/purge.h"
#include "heap/space.h"
#include "heap/span.h"

static size_t idle_bytes(struct pool *pool) {
    return size_class_is_span(pool_class(pool)) ? span_idle_bytes(pool) : 0;
}

/* Whoever frees a block of the pool meanwhile may still see the old owner in the tag, who passes it
   on. */
void heap_hand_over(struct heap *from, struct pool *pool, struct heap *to) {
    ASSERT(heap_is_mine(from) && pool->state == POOL_PARTIAL);
    link_remove(&pool->link);
    from->idle_bytes -= idle_bytes(pool);
    from->blocks -= pool->taken;
    pool->state = POOL_ADRIFT;
    atomic_in_sequence();
    pool_set_owner(pool, to);
}

void heap_receive(struct heap *heap, struct pool *pool) {
    ASSERT(heap_is_mine(heap) && pool->state == POOL_ADRIFT);
    pool->lean = false;
    link_add_after(&heap->partial[pool_class(pool)], &pool->link);
    heap->idle_bytes += idle_bytes(pool);
    heap->blocks += pool->taken;
    pool->state = POOL_PARTIAL;
}

bool heap_pool_is_complete(const struct pool *pool, const uint64_t *bits) {
    const struct size_class *c = &size_classes[pool_class(pool)];
    return memcmp(bits, c->starts, c->words * sizeof *bits) == 0;
}

/* Clears the tags, the last first: while some are there, the first pool of a span says what they
   are. */
static void clear_tags(struct pool *pool, unsigned pools) {
    union record *record = (union record *)pool;
    for (unsigned i = pools; i-- > 0;) atomic_u64_store_release(&record[i].pool.tag, 0);
}

static int bury_span(struct pool *pool, const struct size_class *c) {
    for (unsigned i = 0; i < c->capacity; i++) {
        uintptr_t offset = (uintptr_t)i * c->stride;
        struct atomic_u64 *word =
            pool_live(&((union record *)pool + offset / POOL_SIZE)->pool, offset);
        uint64_t bit = (uint64_t)1 << (offset >> ALIGN_SHIFT & 63);
        if (!(atomic_u64_and(word, ~bit) & bit)) return (int)i;
    }
    return -1;
}

static int bury_small(struct pool *pool, const struct size_class *c) {
    for (unsigned w = 0; w < c->words; w++) {
        uint64_t missing = c->starts[w] & ~atomic_u64_exchange(&pool->live[w], 0);
        if (missing != 0) return (int)(w * 64 + bit_lowest(missing));
    }
    return -1;
}

int heap_bury_pool(struct pool *pool) {
    const struct size_class *c = &size_classes[pool_class(pool)];
    atomic_u64_add(&pool_owner(pool)->lost_blocks, c->capacity); /* partner: heap_check */
    clear_tags(pool, c->pools);
    int wrong = size_class_is_span(pool_class(pool)) ? bury_span(pool, c) : bury_small(pool, c);
    memset(pool_spare(pool), 0, POOL_WORDS * sizeof(uint64_t));
    pool->state = POOL_EMPTY;
    pool->freed = size_class_is_span(pool_class(pool)) && c->capacity == 1;
    return POOLALLOC_LIVE_BITS ? wrong : -1;
}

static void return_one(const struct pool *pool) {
    uintptr_t base = window_record_base(pool), arena = align_down(base, ARENA_SIZE);
    if (size_class_is_span(pool_class(pool)))
        space_return(base, size_classes[pool_class(pool)].pools * (size_t)POOL_SIZE);
    else
        arena_return(arena, bit_range((unsigned)((base - arena) / POOL_SIZE), 1));
}

void heap_return_pools(struct pool *const *pools, unsigned count) {
    if (!space_lock()) return;
    for (unsigned i = 0; i < count; i++) return_one(pools[i]);
    purge_excess();
    space_unlock();
}
