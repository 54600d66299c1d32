/* SPDX-License-Identifier: MIT */
/* heap_adopt: a heap whose owner is gone, and what it had. */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/space.h"
#include "heap/span.h"
#include "heap/treat.h"

/* Gives back the pages of a span that are not free yet: its owner may have ended in between. */
static void return_rest(uintptr_t base, unsigned pools) {
    const uintptr_t unit = space_page_step() * (uintptr_t)POOL_SIZE;
    for (uintptr_t page = base; page < base + pools * (uintptr_t)POOL_SIZE; page += unit) {
        uint64_t free = window_arena_at(page)->free;
        if (!(free >> (page >> POOL_SHIFT) % ARENA_POOLS & 1)) space_return(page, unit);
    }
}

/* Pools and blocks that were at hand are known by nobody; what is in their place says whose they
   are: the arena's free bits, tags and live bits, each exact at every moment. */
void heap_forget(struct heap *heap) {
    ASSERT(space_lock_is_held());
    memset(heap->rounds, 0, heap->rounds_used * sizeof heap->rounds[0]);
    memset(heap->cursors, 0, sizeof heap->cursors);
    heap_forget_rooms(heap);
    quarantine_end(&heap->quarantine);
    for (unsigned c = 0; c < CLASS_COUNT; c++) {
        heap->top[c] = heap->end[c] = &no_rounds;
        heap->seen[c] = NULL;
        link_init(&heap->partial[c]);
    }
    heap->rounds_used = heap->moved_pools = heap->empty_count = 0;
    heap->blocks = heap->live_lately = heap->polls_to_look = 0;
    atomic_u64_store(&heap->lost_blocks, 0);
    heap->idle_bytes = heap->idle_left = heap->idle_gone = heap->idle_again = 0;
    heap->messages = NULL;
    heap->message_count = 0;
    uint64_t pools = heap->reserve.pools;
    heap->reserve.pools = 0;
    if (pools != 0) pools &= ~window_arena_at(heap->reserve.base)->free;
    if (pools != 0) arena_return(heap->reserve.base, pools);
    for (unsigned i = 0; i < heap->leaving_count; i++) {
        uintptr_t base = heap->leaving[i];
        return_rest(base, size_classes[pool_class(&window_record_at(base)->pool)].pools);
    }
    heap->leaving_count = 0;
}

/* Ends the life of blocks in a word of bits. */
static void end_lives(struct pool *pool, const struct size_class *c, unsigned w, uint64_t blocks) {
    if (!size_class_is_span(pool_class(pool))) {
        atomic_u64_store(&pool->live[w], atomic_u64_load(&pool->live[w]) & ~blocks);
        return;
    }
    for (; blocks != 0; blocks &= blocks - 1) {
        uintptr_t offset = bit_lowest(blocks) * (uintptr_t)c->stride;
        struct pool *part = &((union record *)pool + offset / POOL_SIZE)->pool;
        struct atomic_u64 *word = pool_live(part, offset);
        uint64_t bit = (uint64_t)1 << (offset >> ALIGN_SHIFT & 63);
        atomic_u64_store(word, atomic_u64_load(word) & ~bit);
    }
}

/* Every block that is not live, or pending, is spare again; returns the number of the others. */
static unsigned rebuild_bits(struct pool *pool, const struct size_class *c) {
    bool is_span = size_class_is_span(pool_class(pool));
    unsigned taken = 0;
    for (unsigned w = 0; w < c->words; w++) {
        /* Partner: pending_deposit. */
        end_lives(pool, c, w, atomic_u64_exchange(&pool_pending(pool)[w], 0));
        uint64_t live = is_span ? span_live(pool, c) : atomic_u64_load(&pool->live[w]);
        pool_spare(pool)[w] = c->starts[w] & ~live;
        taken += bit_count(live);
    }
    if (is_span) *span_used(pool) = c->starts[0];
    return taken;
}

/* Gives back a pool or span without a live block. Some tags of a span may be missing, as its owner
   was just setting or clearing them one after the other. */
static void give_up_pool(struct pool *pool, const struct size_class *c) {
    uintptr_t base = window_record_base(pool), arena = align_down(base, ARENA_SIZE);
    memset(pool_spare(pool), 0, POOL_WORDS * sizeof(uint64_t));
    pool_set_owner(pool, NULL);
    if (size_class_is_span(pool_class(pool)))
        return_rest(base, c->pools);
    else if (!(window_arena_at(arena)->free >> (base - arena) / POOL_SIZE & 1))
        arena_return(arena, bit_range((unsigned)((base - arena) / POOL_SIZE), 1));
}

/* The owner that the first pool of a span has, if it is another than this one's: heap_hand_over was
   just about to give it all of them. */
static struct heap *new_owner(struct pool *first, struct pool *pool, struct heap *heap) {
    uint64_t tag = atomic_u64_load(&first->tag);
    if (first == pool || tag == 0 || atomic_u8_load(&first->offset) != 0) return heap;
    return tag_heap(tag, window_record_base(first));
}

/* Takes a pool to be full whose token somebody has: it may be just taken over. */
static void adopt_as_full(struct heap *heap, struct pool *pool) {
    memset(pool_spare(pool), 0, POOL_WORDS * sizeof(uint64_t));
    pool->taken = size_classes[pool_class(pool)].capacity;
    heap->blocks += pool->taken;
    pool->state = POOL_FULL;
    link_init(&pool->link);
}

void heap_adopt(struct heap *heap, struct pool *pool, bool has_token) {
    ASSERT(space_lock_is_held());
    struct pool *first = pool_first(pool), *before = &((union record *)pool - 1)->pool;
    const struct size_class *c = &size_classes[pool_class(pool)];
    struct heap *owner = new_owner(first, pool, heap);
    if (owner != heap) atomic_u64_store(&pool->tag, tag_of_heap(window_record_base(pool), owner));
    if (owner != heap || (pool != first && pool_owner(before) == heap)) return;
    if (!has_token) {
        adopt_as_full(heap, first);
        return;
    }
    atomic_u8_store(&first->class_index, pool_class(pool));
    first->taken = (uint16_t)rebuild_bits(first, c);
    treat_clear_spare(first);
    first->purged = first->stirred = first->lean = false;
    first->freed = 0;
    first->state = first->taken < c->capacity ? POOL_PARTIAL : POOL_FULL;
    link_init(&first->link);
    if (first->taken == 0) {
        give_up_pool(first, c);
        return;
    }
    pool_set_owner(first, heap);
    heap->blocks += first->taken;
    if (size_class_is_span(pool_class(first))) heap->idle_bytes += span_idle_bytes(first);
    if (first->state == POOL_PARTIAL)
        link_add_after(&heap->partial[pool_class(first)], &first->link);
}
