/* SPDX-License-Identifier: MIT */
/*
 * heap_idle: free blocks of a heap that hold memory which others could use: those of spans, whose
 * pages go back to the system, and those in magazines, which keep spans and pools from going back.
 *
 * Pages go by amount, when a heap has gathered too many of them, and by age, where nothing happened
 * to a span from one look to the next.
 */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/purge.h"
#include "heap/space.h"
#include "heap/span.h"
#include "os/options.h"

/* The part of the pages in use that may be free blocks of spans, beside what is earned. */
enum { IDLE_SHARE = 8 };

/* Bytes of free blocks in spans that the heap may gather before their pages go back. */
static size_t idle_room(const struct heap *heap) {
    return heap->idle_kept + purge_in_use() / IDLE_SHARE * POOL_SIZE;
}

/* A few blocks at hand may keep as many spans from other use. So the blocks of a class that were
   not asked for lately go back to their spans and pools. */
COLD void heap_settle_magazines(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        if (heap->top[c] == heap->seen[c]) heap_empty_magazine(heap, c);
        heap->seen[c] = heap->top[c];
    }
    heap->moved_pools = 0; /* what went back just now says nothing about the others */
    heap->idle_most = size_min(heap->idle_most, heap->idle_left + idle_room(heap));
}

/* Blocks of which nothing is left are idle no longer; those that share pages with live ones are,
   and have nothing more to give. */
static void purge_span(struct heap *heap, struct pool *pool) {
    size_t before = span_idle_bytes(pool);
    pool->lean = true;
    if (before == 0) return;
    space_split_huge(window_record_base(pool));
    span_purge(pool);
    heap->idle_bytes -= before - span_idle_bytes(pool);
}

/* Purges the spans of a list that are not lean, which come first (H8). */
static void purge_list(struct heap *heap, struct link *list) {
    for (struct link *at = list->next; at != list; at = at->next) {
        struct pool *pool = link_owner(at, struct pool, link);
        if (pool->lean) return;
        purge_span(heap, pool);
    }
}

/* Purges the spans of a list that lay still since the last look, which come last from now on. */
static void purge_still(struct heap *heap, struct link *list) {
    for (struct link *at = list->next, *next; at != list; at = next) {
        struct pool *pool = link_owner(at, struct pool, link);
        next = at->next;
        if (pool->lean) return;
        if (!pool->stirred) {
            purge_span(heap, pool);
            link_remove(at);
            link_add_after(list->prev, at);
        }
        pool->stirred = false;
    }
}

void heap_purge_spans(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    for (unsigned c = 1 + SMALL_CLASSES; c < CLASS_COUNT; c++) purge_list(heap, &heap->partial[c]);
}

void heap_purge_aged(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    if (options.purge_delay == 0)
        heap_purge_spans(heap);
    else
        for (unsigned c = 1 + SMALL_CLASSES; c < CLASS_COUNT; c++)
            purge_still(heap, &heap->partial[c]);
}

/* A heap that hands out again most of what went back may keep more, up to a quarter of what the
   process uses. What is left after purging shares pages with live blocks. */
COLD void heap_purge_idle(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    size_t most = size_max(HEAP_IDLE_LEAST, purge_in_use() / 4 * POOL_SIZE);
    if (options.purge_delay == PURGE_NEVER) return;
    bool too_early = heap->idle_again > heap->idle_gone / 2;
    heap->idle_kept = too_early ? size_min(heap->idle_kept * 2, most) : HEAP_IDLE_LEAST;
    heap->idle_again = heap->idle_gone = 0;
    size_t before = heap->idle_bytes;
    heap_purge_spans(heap);
    heap->idle_gone = before - heap->idle_bytes;
    heap->idle_left = heap->idle_bytes;
    heap->idle_most = heap->idle_left + idle_room(heap);
}
