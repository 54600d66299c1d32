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

static inline unsigned roll(struct heap *heap, unsigned below) {
    ASSERT(below > 0);
    if (unlikely(heap->dice.state == 0)) heap->dice.state = os_secret() ^ (uintptr_t)heap;
    return (unsigned)((chance_bits(&heap->dice) >> 32) * below >> 32);
}

/* A block by its word of spare bits and its bit in it. */
struct pick {
    unsigned word;
    uint64_t bit;
};

static struct pick pick_lowest(const uint64_t *spare) {
    unsigned w = 0;
    while (spare[w] == 0) w++;
    return (struct pick){w, spare[w] & -spare[w]};
}

/* The first from a random place on, and from the beginning again: any, and the likelier the longer
   the gap before it. To weigh all of them alike takes longer: see docs/decisions.md. */
static inline struct pick pick_from(const uint64_t *spare, unsigned place) {
    unsigned w = place / 64;
    uint64_t bits = spare[w] & ~(uint64_t)0 << place % 64;
    while (bits == 0) bits = spare[w = (w + 1) % POOL_WORDS];
    return (struct pick){w, bits & -bits};
}

void *heap_take_one(struct heap *heap, struct pool *pool) {
    const struct size_class *c = &size_classes[pool_class(pool)];
    uint64_t *spare = pool_spare(pool);
    struct pick pick = treat_does(TREAT_RANDOM) ? pick_from(spare, roll(heap, POOL_WORDS * 64))
                                                : pick_lowest(spare);
    spare[pick.word] ^= pick.bit;
    heap_count_taken(heap, pool, 1);
    uintptr_t block = window_record_base(pool) + pick.word * (uintptr_t)WORD_SPAN +
                      ((uintptr_t)bit_lowest(pick.bit) << ALIGN_SHIFT);
    if (unlikely(treat_measures != 0)) treat_out(block, c->stride, heap->asked);
    return block_make_live(&pool->live[pick.word], block);
}

uint64_t heap_pick_of_span(struct heap *heap, uint64_t bits) {
    ASSERT(treat_does(TREAT_RANDOM) && bits != 0);
    return bit_select(bits, roll(heap, bit_count(bits)));
}

/* Who holds a cold heap lets go of all that it has at the next moment. */
static bool may_keep(const struct heap *heap) {
    return heap->bare && (heap->warm || heap_state(heap) != HEAP_BUSY);
}

/* The first of the places, where heaps are many: each keeps less. */
static unsigned places_to_fill(unsigned places) {
    enum { PART_OF_MANY = 4 };
    if (atomic_u64_load(&heaps_in_use) < HEAPS_ARE_MANY) return places;
    return (unsigned)size_max(places / PART_OF_MANY, HELD_LEAST);
}

/* Holds a block, and returns the block that it takes the place of, if any. Where no blocks are
   held, it returns the same block. */
static inline struct round hold(struct heap *heap, struct round freed) {
    unsigned class_index = pool_class(pool_of_live(freed.word));
    unsigned places = size_classes[class_index].held;
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
    for (unsigned i = 0; held != NULL && i < size_classes[class_index].held; i++)
        count += held[i].word != NULL;
    return count;
}

/* ---- Quarantine ---- */

static inline void put_back_or_hold(struct heap *heap, struct round freed) {
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
    if (!treat_does(TREAT_WAIT)) {
        put_back_or_hold(heap, freed);
        return;
    }
    bool waits = may_keep(heap);
    if (!waits || !quarantine_add(&heap->quarantine, freed)) put_back_or_hold(heap, freed);
    while (quarantine_is_over(&heap->quarantine, options.quarantine)) release_oldest(heap);
}

void heap_end_quarantine(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    while (heap->quarantine.count > 0) release_oldest(heap);
    quarantine_end(&heap->quarantine);
}

void heap_put_back_held(struct heap *heap, unsigned class_index) {
    struct round *held = heap->held[class_index];
    for (unsigned i = 0; held != NULL && i < size_classes[class_index].held; i++) {
        struct round back = held[i];
        held[i] = (struct round){0, NULL};
        if (back.word != NULL) heap_put_back(heap, back);
    }
}
