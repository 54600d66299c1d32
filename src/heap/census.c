/* SPDX-License-Identifier: MIT */
#include "heap/census.h"

#include "base/check.h"
#include "heap/emergency.h"
#include "heap/guard.h"
#include "heap/message.h"
#include "heap/purge.h"
#include "heap/sample.h"
#include "heap/space.h"
#include "heap/thread_heap.h"

/* Counts by live bits, which a span has in all its pools. Of a pool that changes hands meanwhile
   not more is counted than a pool can hold. */
static void count_pool(struct census *census, const struct pool *pool) {
    unsigned class_index = atomic_u8_load(&pool->class_index);
    unsigned capacity = size_classes[class_index].capacity;
    unsigned live = pool_live_blocks(pool);
    if (live > capacity) live = capacity;
    if (atomic_u8_load(&pool->offset) == 0) census->class_free[class_index] += capacity;
    if (live == 0) return;
    census->used_blocks += live;
    census->used_bytes += (size_t)live * size_classes[class_index].stride;
    census->class_blocks[class_index] += live;
    *(size_class_is_span(class_index) ? &census->span_pools : &census->pools) += 1;
}

static void count_run(struct census *census, const struct large *run) {
    census->runs++;
    census->used_blocks++;
    census->used_bytes += run->size;
}

/* Pages in use between runs that have no tag lie in a large block, or are pools without blocks. */
static void count_pages(struct census *census, struct window *window, unsigned first) {
    for (unsigned i = first; i < first + ARENA_POOLS; i++) {
        uintptr_t page = window->base + (uintptr_t)i * POOL_SIZE;
        uint64_t tag = atomic_u64_load_acquire(&window->record[i].pool.tag); /* partner: run.c */
        if (tag == 0) continue;
        if (tag_kind(tag, page) == TAG_HEAP) count_pool(census, &window->record[i].pool);
        if (tag_kind(tag, page) == TAG_RUN) count_run(census, &window->record[i].large);
    }
}

/* Rows of free pages; of those that go on from arena to arena, one in all. */
static void count_free(struct census *census, const struct arena *arena) {
    const struct arena *before = window_arena_at(arena->base - ARENA_SIZE);
    unsigned rows = bit_count(arena->free & ~(arena->free << 1));
    bool continues = arena->kind == ARENA_OF_RUNS && (arena->free & 1) && before != NULL &&
                     before->kind == ARENA_OF_RUNS && before->free >> 63;
    census->free_runs += rows - continues;
    census->releasable_bytes += (size_t)bit_count(arena->free & arena->touched) * POOL_SIZE;
}

static void count_window(struct census *census, struct window *window) {
    for (unsigned i = 0; i < WINDOW_ARENAS; i++) {
        struct arena *arena = &window->arena[i];
        if (arena->kind == ARENA_NONE) continue;
        census->touched_bytes += (size_t)bit_count(arena->touched) * POOL_SIZE;
        census->arena_bytes += ARENA_SIZE;
        count_free(census, arena);
        if (arena->free == ~(uint64_t)0) continue;
        census->arenas++;
        count_pages(census, window, i * ARENA_POOLS);
    }
}

/* class_free is the capacity of all pools so far. */
static void subtract_live(struct census *census) {
    for (unsigned c = 1; c < CLASS_COUNT; c++)
        census->class_free[c] -= size_min(census->class_free[c], census->class_blocks[c]);
}

static void count_heaps(struct census *census) {
    census->served_is_known = true;
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) {
        if (heap->counting) census->served += heap->served;
        census->served_is_known &= heap->counting;
        census->waiting_bytes += atomic_u64_load(&heap->quarantine.bytes);
        census->metadata_bytes += quarantine_ring_bytes(&heap->quarantine);
    }
    census->heaps = thread_heap_count();
}

static void count_emergency(struct census *census) {
    size_t blocks, bytes;
    emergency_count(&blocks, &bytes);
    census->used_blocks += blocks;
    census->used_bytes += bytes;
    census->touched_bytes += bytes;
    census->mapped_bytes += bytes;
}

/* The pages of a block are mapped for it alone. */
static void count_guards(struct census *census) {
    struct guard_figures guards;
    guard_count(&guards);
    census->used_blocks += guards.blocks;
    census->used_bytes += guards.bytes;
    census->touched_bytes += guards.page_bytes;
    census->mapped_bytes += guards.page_bytes;
    census->metadata_bytes += guards.metadata_bytes;
}

/* Where the lock is out of reach the counts are those of the moment. */
void census_make(struct census *census) {
    memset(census, 0, sizeof *census);
    bool locked = space_lock();
    for (struct window *window = window_first(); window != NULL; window = window->next)
        count_window(census, window);
    census->direct_blocks = space_figures.direct_blocks;
    census->direct_bytes = space_figures.direct_bytes;
    census->direct_blocks_peak = space_figures.direct_blocks_peak;
    census->direct_bytes_peak = space_figures.direct_bytes_peak;
    census->mapped_bytes = space_figures.mapped;
    census->mapped_peak = space_figures.mapped_peak;
    census->metadata_bytes =
        window_bytes() + thread_heap_bytes() + message_bytes() + sample_table_bytes();
    census->purges = purge_count();
    census->lock_takings = space_lock_takings();
    if (locked) space_unlock();
    subtract_live(census);
    count_emergency(census);
    count_guards(census);
    census->used_blocks += census->direct_blocks;
    census->used_bytes += census->direct_bytes;
    census->touched_bytes += census->direct_bytes;
    count_heaps(census);
}

size_t census_free_blocks(const struct census *census) {
    size_t blocks = 0;
    for (unsigned c = 1; c < CLASS_COUNT; c++) blocks += census->class_free[c];
    return blocks;
}

/* A pool that is free has no tag and no live block. */
static void check_free_pools(struct window *window, const struct arena *arena, unsigned first) {
    for (unsigned i = 0; i < ARENA_POOLS; i++) {
        if (!(arena->free >> i & 1)) continue;
        const struct pool *pool = &window->record[first + i].pool;
        CHECK(atomic_u64_load(&pool->tag) == 0 && pool_live_blocks(pool) == 0);
    }
}

void census_check(void) {
    thread_heap_adopt();
    if (!space_lock()) return;
    for (struct window *window = window_first(); window != NULL; window = window->next)
        for (unsigned i = 0; i < WINDOW_ARENAS; i++)
            if (window->arena[i].kind != ARENA_NONE)
                check_free_pools(window, &window->arena[i], i * ARENA_POOLS);
    arena_check();
    space_check();
    space_unlock();
    for (struct heap *heap = thread_heap_first(); heap != NULL; heap = heap->next) heap_check(heap);
    guard_check();
}
