/* SPDX-License-Identifier: MIT */
/* heap_check: the invariants of heap.h, one by one. */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/span.h"
#include "heap/treat.h"

/* Returns the bytes that it adds to heap->idle_bytes. */
static size_t check_pool(struct heap *heap, struct pool *pool, unsigned class_index) {
    const struct size_class *c = &size_classes[class_index];
    uint64_t *spare = pool_spare(pool);
    unsigned spares = 0;
    CHECK(pool_class(pool) == class_index && pool->state == POOL_PARTIAL);
    CHECK(tag_heap(atomic_u64_load(&pool->tag), window_record_base(pool)) == heap);
    for (unsigned w = 0; w < c->words; w++) {
        CHECK((spare[w] & ~c->starts[w]) == 0); /* H1 */
        spares += bit_count(spare[w]);
    }
    CHECK(pool->taken + spares == c->capacity);          /* H2 */
    CHECK(pool->taken > 0 && pool->taken < c->capacity); /* H3 */
    return size_class_is_span(class_index) ? span_idle_bytes(pool) : 0;
}

static void check_at_hand(struct heap *heap, unsigned class_index, uintptr_t address,
                          const struct atomic_u64 *word) {
    struct block block;
    CHECK(block_find(address, &block) == BLOCK_FREED); /* H1 */
    CHECK(block.class_index == class_index && block.heap == heap && block.word == word);
}

/* Each returns the number of blocks. */

static int64_t check_magazine(struct heap *heap, unsigned class_index) {
    struct round *at = heap->top[class_index];
    for (; !heap_round_is_bottom(at); at--) {
        struct round round = *at;
        CHECK(heap->sampling || !heap_round_is_marked(at));
        CHECK(!heap_round_is_marked(at) || size_class_is_span(class_index) ||
              heap->cursors[class_index].bits == 0);                                /* S1 */
        CHECK(!heap_round_is_marked(at) || heap_may_have_marks(heap, class_index)); /* S1 */
        heap_round_unmark(&round);
        check_at_hand(heap, class_index, round.block, round.word);
    }
    return heap->top[class_index] - at;
}

static int64_t check_cursor(struct heap *heap, unsigned class_index) {
    const struct cursor *cursor = &heap->cursors[class_index];
    for (uint64_t left = cursor->bits; left != 0; left &= left - 1) {
        uintptr_t address = cursor->base + ((uintptr_t)bit_lowest(left) << ALIGN_SHIFT);
        check_at_hand(heap, class_index, address, cursor->word);
    }
    return bit_count(cursor->bits);
}

static int64_t check_held(struct heap *heap, unsigned class_index) {
    const struct round *held = heap->held[class_index];
    for (unsigned i = 0; held != NULL && i < size_classes[class_index].held; i++)
        if (held[i].word != NULL) check_at_hand(heap, class_index, held[i].block, held[i].word);
    return heap_held_blocks(heap, class_index);
}

/* Counts the blocks in quarantine, class by class. */
static void check_quarantine(struct heap *heap, int64_t *waiting) {
    size_t bytes = 0;
    for (size_t i = 0; i < heap->quarantine.count; i++) {
        struct round round = quarantine_look(&heap->quarantine, i);
        unsigned class_index = pool_class(pool_of_live(round.word));
        check_at_hand(heap, class_index, round.block, round.word);
        treat_leave(round.block, size_classes[class_index].stride);
        bytes += size_classes[class_index].stride;
        waiting[class_index]++;
    }
    CHECK(bytes == atomic_u64_load(&heap->quarantine.bytes)); /* Q1 */
}

/* H1 for a small pool, whose bits of both kinds stand for the same places. */
static void check_pool_bits(struct pool *pool) {
    const struct size_class *c = &size_classes[pool_class(pool)];
    for (unsigned w = 0; w < POOL_WORDS; w++) {
        uint64_t live = atomic_u64_load(&pool->live[w]), spare = pool_spare(pool)[w];
        CHECK((live & spare) == 0 && ((live | spare) & ~c->starts[w]) == 0);
    }
}

/* H5. The pending bits first: other threads set them, for blocks that are live. True if all blocks
   are pending: the pool is no more the heap's, but whoever has the token is about to take it. */
static bool check_pending(struct pool *pool, uint64_t *pending) {
    const struct size_class *c = &size_classes[pool_class(pool)];
    const struct atomic_u64 *bits = pool_pending(pool);
    for (unsigned w = 0; w < POOL_WORDS; w++)
        pending[w] = atomic_u64_load_acquire(&bits[w]); /* partner: pending_deposit */
    if (heap_pool_is_complete(pool, pending)) return true;
    bool is_span = size_class_is_span(pool_class(pool));
    for (unsigned w = 0; w < c->words; w++)
        CHECK((pending[w] & ~(is_span ? span_live(pool, c) : atomic_u64_load(&pool->live[w]))) ==
              0);
    return false;
}

/* Adds to *blocks what the pools of an arena have taken, and to balance[c] what of that is not
   live, by class. */
static void check_arena(struct heap *heap, const struct arena *arena, int64_t *balance,
                        size_t *blocks) {
    if (arena->kind == ARENA_NONE) return;
    for (unsigned i = 0; i < ARENA_POOLS; i++) {
        uintptr_t address = arena->base + (uintptr_t)i * POOL_SIZE;
        struct pool *pool = &window_record_at(address)->pool;
        if (atomic_u64_load(&pool->tag) != tag_of_heap(address, heap)) continue;
        unsigned class_index = pool_class(pool);
        uint64_t pending[POOL_WORDS];
        if (atomic_u8_load(&pool->offset) == 0) *blocks += pool->taken;
        if (POOLALLOC_LIVE_BITS && check_pending(pool_first(pool), pending)) continue;
        if (!size_class_is_span(class_index)) check_pool_bits(pool);
        if (atomic_u8_load(&pool->offset) == 0) treat_check(pool, pending);
        balance[class_index] -= pool_live_blocks(pool);
        if (atomic_u8_load(&pool->offset) == 0) balance[class_index] += pool->taken;
    }
}

/* Returns the bytes that it adds to heap->idle_bytes. */
static size_t check_partial(struct heap *heap, unsigned class_index) {
    struct link *list = &heap->partial[class_index];
    size_t idle_bytes = 0;
    bool lean = false;
    for (struct link *at = list->next; at != list; at = at->next) {
        struct pool *pool = link_owner(at, struct pool, link);
        CHECK(pool->lean || !lean); /* H8 */
        lean = pool->lean;
        idle_bytes += check_pool(heap, pool, class_index);
    }
    return idle_bytes;
}

void heap_check(struct heap *heap) {
    int64_t balance[CLASS_COUNT] = {0}, waiting[CLASS_COUNT] = {0};
    size_t idle_bytes = 0, blocks = 0;
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++)
            check_arena(heap, &window->arena[i], balance, &blocks);
    /* H6. Pools that are taken over meanwhile are counted as lost before their tags go. */
    CHECK(blocks + atomic_u64_load_acquire(&heap->lost_blocks) >= heap->blocks);
    check_quarantine(heap, waiting);
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        int64_t at_hand = check_magazine(heap, c) + check_held(heap, c) + waiting[c];
        if (!size_class_is_span(c)) at_hand += check_cursor(heap, c);
        CHECK(balance[c] == at_hand);                                         /* H2 */
        CHECK((heap->has_room[c / 64] >> c % 64 & 1) == (heap->room[c] > 0)); /* H7 */
        idle_bytes += check_partial(heap, c);
    }
    CHECK(heap->idle_bytes == idle_bytes && heap->leaving_count == 0); /* H4 */
}
