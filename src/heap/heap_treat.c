/* SPDX-License-Identifier: MIT */
/*
 * heap_treat: a heap whose blocks are treated (treat.h).
 *
 * A heap whose blocks are treated is bare and has no magazines. With TREAT_WAIT a block that is
 * freed, by whichever thread, waits in quarantine. With TREAT_RANDOM the memory of the magazines
 * has places for freed blocks, some for each class: a block that is freed, and has waited, gets a
 * place at random, and whatever was there goes back to its pool.
 */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/treat.h"
#include "os/options.h"
#include "os/os.h"

void heap_begin_treat(struct heap *heap) {
    heap_set_bare(heap, true);
    for (unsigned c = 1; c < CLASS_COUNT; c++) {
        struct link *list = &heap->partial[c];
        for (struct link *at = list->next; at != list; at = at->next)
            treat_clear_spare(link_owner(at, struct pool, link));
    }
}

/* ---- Random order ---- */

static unsigned roll(struct heap *heap, unsigned below) {
    ASSERT(below > 0);
    if (heap->dice.state == 0) heap->dice.state = os_secret() ^ (uintptr_t)heap;
    return (unsigned)((chance_bits(&heap->dice) >> 32) * below >> 32);
}

static uint64_t pick_lowest(const uint64_t *bits, unsigned *word) {
    *word = 0;
    while (bits[*word] == 0) ++*word;
    return bits[*word] & -bits[*word];
}

uint64_t heap_pick(struct heap *heap, const uint64_t *bits, unsigned count, unsigned *word) {
    if (!treat_does(TREAT_RANDOM)) return pick_lowest(bits, word);
    unsigned before = roll(heap, count), w = 0, here;
    while (before >= (here = bit_count(bits[w]))) {
        before -= here;
        w++;
        ASSERT(w < POOL_WORDS);
    }
    *word = w;
    return bit_select(bits[w], before);
}

/* Who holds a cold heap lets go of all that it has at the next moment. */
static bool may_keep(const struct heap *heap) {
    return heap->bare && (heap->warm || heap_state(heap) != HEAP_BUSY);
}

enum { LEAST_PLACES = 2 };

/* The number is such that all places of a heap together hold a few MiB at the most. */
unsigned heap_places(unsigned class_index) {
    enum { HELD_BYTES = 32 * 1024 };
    const struct size_class *c = &size_classes[class_index];
    size_t places = (uint64_t)HELD_BYTES * c->reciprocal >> 32; /* HELD_BYTES / c->stride */
    return (unsigned)size_min(size_max(places, LEAST_PLACES), c->magazine);
}

/* The first of the places, where heaps are many: each keeps less. */
static unsigned places_to_fill(unsigned places) {
    enum { PART_OF_MANY = 4 };
    if (atomic_u64_load(&heaps_in_use) < HEAPS_ARE_MANY) return places;
    return places / PART_OF_MANY > LEAST_PLACES ? places / PART_OF_MANY : LEAST_PLACES;
}

/* Holds a block, and returns the block that it takes the place of, if any. Where no blocks are
   held, it returns the same block. */
static struct round hold(struct heap *heap, struct round freed) {
    unsigned class_index = pool_class(pool_of_live(freed.word));
    unsigned places = heap_places(class_index);
    ASSERT(heap_is_mine(heap));
    if (!treat_does(TREAT_RANDOM) || !may_keep(heap)) return freed;
    if (heap->held[class_index] == NULL) {
        heap->held[class_index] = heap->rounds + heap->rounds_used;
        heap->rounds_used += places;
        CHECK(heap->rounds_used <= HEAP_ROUNDS);
    }
    struct round *place = heap->held[class_index] + roll(heap, places_to_fill(places));
    struct round before = *place;
    *place = freed;
    return before;
}

unsigned heap_held_blocks(const struct heap *heap, unsigned class_index) {
    const struct round *held = heap->held[class_index];
    unsigned count = 0;
    for (unsigned i = 0; held != NULL && i < heap_places(class_index); i++)
        count += held[i].word != NULL;
    return count;
}

/* ---- Quarantine ---- */

static void put_back_or_hold(struct heap *heap, struct round freed) {
    struct round back = hold(heap, freed);
    if (back.word != NULL) heap_put_back(heap, back);
}

static void release_oldest(struct heap *heap) {
    struct round block = quarantine_take(&heap->quarantine);
    treat_leave(block.block, magazine_stride(block));
    put_back_or_hold(heap, block);
}

void heap_dismiss(struct heap *heap, struct round freed) {
    ASSERT(heap_is_mine(heap));
    bool may_wait = treat_does(TREAT_WAIT) && may_keep(heap);
    if (!may_wait || !quarantine_add(&heap->quarantine, freed)) put_back_or_hold(heap, freed);
    while (quarantine_is_over(&heap->quarantine, options.quarantine)) release_oldest(heap);
}

void heap_end_quarantine(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    while (heap->quarantine.count > 0) release_oldest(heap);
    quarantine_end(&heap->quarantine);
}

void heap_put_back_held(struct heap *heap, unsigned class_index) {
    struct round *held = heap->held[class_index];
    for (unsigned i = 0; held != NULL && i < heap_places(class_index); i++) {
        struct round back = held[i];
        held[i] = (struct round){0, NULL};
        if (back.word != NULL) heap_put_back(heap, back);
    }
}
