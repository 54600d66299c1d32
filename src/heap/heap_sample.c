/* SPDX-License-Identifier: MIT */
/*
 * heap_sample: which blocks of a heap are sampled, without a branch on the fast paths.
 *
 * Whether a block will be sampled is decided when it comes to be at hand, and so before malloc
 * takes it, or in the slow path that hands it out:
 *
 * - a block put into a magazine, and to be sampled, is marked there: to the fast path it looks like
 *   the bottom, so that malloc comes to the slow path. Free's slow paths decide for each block. For
 *   those that free puts there without one, the poll decides: it comes after a number of frees that
 *   no pattern of the program's can follow (chance_trials), so each free has the same chance to be
 *   looked at, and the poll thins them out to the chance that a block of that size is to have;
 * - of blocks put into a cursor, those before the next event; the class is then marked, and malloc,
 *   when the cursor is used up, comes to the slow path;
 * - where a block goes from a pool to the program, at once.
 *
 * A decision whose block goes back to its pool instead is void; no decision looks at what others
 * were. What is sampled is not the block at hand, which stays there and is decided upon again, but
 * one of the shared heap (allocate.c): frees of such blocks come to a slow path by their tags.
 *
 *   S1 a class with a mark in its magazine has an empty cursor, no mark of its own, and its bit in
 *      marked_rounds
 */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/inbox.h"
#include "heap/sample.h"
#include "os/os.h"

/* ---- Marks of rounds ---- */

static uint64_t bit_of(unsigned class_index) { return (uint64_t)1 << class_index % 64; }

static void mark_top(struct heap *heap, unsigned class_index) {
    struct round *top = heap->top[class_index];
    uintptr_t place = top->block >> ALIGN_SHIFT & 63;
    if (!size_class_is_span(class_index)) heap_empty_cursor(heap, class_index); /* S1 */
    top->word = (struct atomic_u64 *)((uintptr_t)top->word | ROUND_MARK | place << ROUND_PLACE);
    top->block = 0;
    heap->marked_rounds[class_index / 64] |= bit_of(class_index);
}

void heap_round_remove_mark(struct round *round) {
    ASSERT(heap_round_is_marked(round));
    uintptr_t word = (uintptr_t)round->word, place = word >> ROUND_PLACE & 63;
    round->word = (struct atomic_u64 *)(word & (((uintptr_t)1 << ROUND_PLACE) - 1));
    struct pool *pool = pool_of_live(round->word);
    round->block = window_record_base(pool) + (uintptr_t)(round->word - pool->live) * WORD_SPAN +
                   (place << ALIGN_SHIFT);
}

void heap_remove_marks(struct heap *heap, unsigned class_index) {
    heap->marked_rounds[class_index / 64] &= ~bit_of(class_index);
    for (struct round *at = heap->top[class_index]; !heap_round_is_bottom(at); at--)
        heap_round_unmark(at);
}

/* ---- Decisions ---- */

/* Whoever wants every block gets every block, however short. */
static double next_distance(struct heap *heap) {
    size_t mean = sample_mean_begun();
    return mean > 1 ? chance_distance(&heap->chance) * (double)mean : 0;
}

unsigned heap_meet_event(struct heap *heap, size_t size) {
    unsigned before = (unsigned)(heap->to_event / (double)size);
    heap->to_event = next_distance(heap);
    return before;
}

unsigned heap_decide_cursor(struct heap *heap, unsigned class_index, unsigned count) {
    ASSERT(count > 0);
    unsigned before = heap_meet_event(heap, size_classes[class_index].stride);
    heap->marked[class_index / 64] |= bit_of(class_index);
    return before < count ? before : count - 1;
}

void heap_forget_mark(struct heap *heap, unsigned class_index) {
    heap->marked[class_index / 64] &= ~bit_of(class_index);
}

/* Marks the block on top of its magazine with that chance. */
static void decide_top(struct heap *heap, unsigned class_index, double chance) {
    if (chance_unit(&heap->chance) < chance) mark_top(heap, class_index);
}

void heap_decide_put(struct heap *heap, uintptr_t address) {
    unsigned class_index = atomic_u8_load(&window_look_up(address)->class_index);
    if (heap->top[class_index]->block == address)
        decide_top(heap, class_index, sample_chance_at_hand(class_index));
}

/* The number is over by itself, or another thread has set it to 1, which is no event. */
void heap_decide_poll(struct heap *heap, uintptr_t address) {
    unsigned class_index = atomic_u8_load(&window_look_up(address)->class_index);
    if (heap->top[class_index]->block != address) return;
    double chance = sample_chance_at_hand(class_index);
    decide_top(heap, class_index, inbox_calls(heap) ? chance : chance * heap->poll_mean);
}

uint32_t heap_next_poll(struct heap *heap, unsigned most) {
    heap->poll_mean = heap->bare || most < heap->poll_most ? most : heap->poll_most;
    return chance_trials(&heap->chance, heap->poll_mean);
}

enum heap_sampling heap_take_mark(struct heap *heap, unsigned class_index) {
    struct round *top = heap->top[class_index];
    if (!heap_round_is_marked(top)) {
        heap_forget_mark(heap, class_index);
        return HEAP_SAMPLE;
    }
    heap_round_remove_mark(top);
    decide_top(heap, class_index, sample_chance_at_hand(class_index));
    return HEAP_SAMPLE_AT_HAND;
}

/* All at hand is decided upon by the same rule from here on. */
void heap_set_sampling(struct heap *heap, bool sampling) {
    ASSERT(heap_is_mine(heap));
    heap_flush(heap);
    heap->sampling = sampling;
    memset(heap->marked, 0, sizeof heap->marked);
    memset(heap->marked_rounds, 0, sizeof heap->marked_rounds);
    if (!sampling) return;
    static struct atomic_u64 streams;
    heap->chance.state = os_random((unsigned)atomic_u64_add(&streams, 1) + 1000) ^ os_clock_ns();
    heap->to_event = next_distance(heap);
    heap->poll_most = (unsigned)(size_min(sample_mean_begun() / SAMPLE_AT_HAND, UINT32_MAX));
    atomic_u32_store(&heap->frees_to_poll, heap_next_poll(heap, HEAP_POLL_FREES));
}
