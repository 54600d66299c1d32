/* SPDX-License-Identifier: MIT */
/*
 * heap_rest: a thread that has freed nearly all it had may not come again for long, and until then
 * nobody can use what is at hand for it. So where other threads are, it lets go of that when its
 * last blocks are freed. Fast paths do not count mallocs: how many blocks are live is known where a
 * poll counts those at hand. The next look comes when half of them may have been freed, and, where
 * they become fewer, the next poll when most of them may have been.
 */
#include "heap/heap.h"

#include "base/check.h"

enum {
    REST_SHARE = 8,   /* fewer than one live block to so many at hand: nearly none */
    REST_LEAST = 64,  /* fewer at hand are not worth a visit to the arenas */
    REST_EVERY = 100, /* ms, so that threads with much to do in short pieces lose nothing */
};

static size_t in_magazines(const struct heap *heap) {
    size_t count = 0;
    for (unsigned w = 0; w * 64 < CLASS_COUNT; w++) {
        for (uint64_t rest = heap->has_room[w]; rest != 0; rest &= rest - 1) {
            unsigned c = w * 64 + bit_lowest(rest);
            ASSERT(heap->room[c] > 0); /* H7 */
            count += heap->room[c] - (size_t)(heap->end[c] - heap->top[c]);
        }
    }
    return count;
}

static size_t in_cursors(const struct heap *heap) {
    size_t count = 0;
    for (unsigned c = 1; c <= SMALL_CLASSES; c++)
        if (heap->cursors[c].bits != 0) count += bit_count(heap->cursors[c].bits);
    return count;
}

bool heap_comes_to_rest(struct heap *heap, uint64_t now, unsigned *frees) {
    ASSERT(heap_is_mine(heap));
    if (heap->polls_to_look > 0) {
        heap->polls_to_look--;
        return false;
    }
    size_t held = in_magazines(heap) + in_cursors(heap);
    size_t live = heap->blocks - held - atomic_u64_load(&heap->lost_blocks);
    bool falls = live < heap->live_lately / 2;
    bool rests = falls && held >= REST_LEAST && live < held / REST_SHARE && now >= heap->rest_due;
    heap->live_lately = size_max(live, heap->live_lately / 2);
    heap->polls_to_look = live / 2 / HEAP_POLL_FREES;
    if (rests) heap->rest_due = now + REST_EVERY;
    if (falls && !rests) *frees = (unsigned)size_min(*frees, live - live / 8 + 1);
    return rests;
}

size_t heap_held(const struct heap *heap, size_t most) {
    size_t held = heap->empty_count + bit_count(heap->reserve.pools);
    held += in_magazines(heap) + in_cursors(heap) + heap->quarantine.count;
    for (unsigned c = 1; c < CLASS_COUNT && held < most; c++) held += heap_held_blocks(heap, c);
    return size_min(held, most);
}
