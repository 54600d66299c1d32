/* SPDX-License-Identifier: MIT */
#include "heap/note.h"

#include "base/check.h"

enum {
    PLACE_SHIFT = NOTE_CALLER_BITS,
    POOL_NUMBER_SHIFT = PLACE_SHIFT + NOTE_PLACE_BITS,
    BLOCKS_OF_SPAN_MOST = 64, /* one bit of a word for each */
};
static_assert(POOL_SIZE / ALIGN <= 1 << NOTE_PLACE_BITS, "a place in a pool has room");
static_assert(BLOCKS_OF_SPAN_MOST <= 1 << NOTE_PLACE_BITS, "an index in a span has room");
static_assert(ARENA_POOLS == 1 << NOTE_POOL_BITS, "a number of a pool has room");
static_assert(POOL_NUMBER_SHIFT + NOTE_POOL_BITS <= 64, "a note is a word");

void note_begin(struct notes *notes, uint64_t seed) {
    notes->chance.state = seed;
    notes->pools_left = note_distance(notes);
}

int note_distance(struct notes *notes) {
    return (int)(chance_distance(&notes->chance) * (NOTE_MEAN / POOL_SIZE));
}

/* ---- Words ---- */

static uint64_t pool_number(uintptr_t base) { return base / POOL_SIZE % ARENA_POOLS; }

static uint64_t place_of_block(const struct pool *first, uintptr_t address) {
    uint64_t offset = address - window_record_base(first);
    const struct size_class *c = &size_classes[pool_class(first)];
    return size_class_is_span(pool_class(first)) ? offset * c->reciprocal >> 32
                                                 : offset >> ALIGN_SHIFT;
}

static uintptr_t block_at_place(const struct pool *first, uint64_t place) {
    ASSERT(place < 1 << NOTE_PLACE_BITS);
    bool of_span = size_class_is_span(pool_class(first));
    return window_record_base(first) +
           place * (of_span ? size_classes[pool_class(first)].stride : ALIGN);
}

static uint64_t note_place(uint64_t note) {
    return note >> PLACE_SHIFT & ((1 << NOTE_PLACE_BITS) - 1);
}

/* The note of a pool's arena, 0 if it is about another pool. */
static uint64_t note_of(const struct pool *first) {
    uintptr_t base = window_record_base(first);
    uint64_t note = atomic_u64_load(&window_arena_at(base)->note);
    return note >> POOL_NUMBER_SHIFT == pool_number(base) ? note : 0;
}

/* ---- Notes ---- */

static void note_small(struct pool *pool, uintptr_t block, uintptr_t caller) {
    ASSERT(block % ALIGN == 0);
    ASSERT(caller >> NOTE_CALLER_BITS == 0);
    uintptr_t base = window_record_base(pool);
    uint64_t note = caller | place_of_block(pool, block) << PLACE_SHIFT |
                    pool_number(base) << POOL_NUMBER_SHIFT;
    atomic_u64_store(&window_arena_at(base)->note, note);
    pool->noted = true;
}

void note_caller(struct notes *notes, const struct heap *heap, const void *block,
                 const void *caller) {
    uintptr_t base = notes->due, address = (uintptr_t)block;
    notes->due = 0;
    union record *record = window_record_at(base);
    uint64_t tag = atomic_u64_load(&record->pool.tag);
    if ((uintptr_t)caller >> NOTE_CALLER_BITS != 0 || tag == 0) return;
    if (tag_kind(tag, base) != TAG_HEAP) {
        if (record->large.address == address) record->large.caller = (uintptr_t)caller;
        return;
    }
    if (tag_heap(tag, base) != heap) return;
    size_t size = size_classes[pool_class(&record->pool)].pools * (size_t)POOL_SIZE;
    if (address - base < size) note_small(&record->pool, address, (uintptr_t)caller);
}

void note_renew(struct notes *notes, struct pool *pool) {
    uint64_t note = note_of(pool);
    pool->noted = note != 0;
    if (note == 0) return;
    uintptr_t address = block_at_place(pool, note_place(note));
    uint64_t live = atomic_u64_load(pool_live(&window_record_at(address)->pool, address));
    if (!(live >> (address >> ALIGN_SHIFT & 63) & 1)) notes->due = window_record_base(pool);
}

uintptr_t note_find(const struct block *block) {
    if (block->kind == TAG_RUN || block->kind == TAG_DIRECT) return block->large->caller;
    if (block->kind != TAG_HEAP) return 0;
    struct pool *first = pool_first(&window_record_at(block->address)->pool);
    uint64_t note = first->noted ? note_of(first) : 0;
    bool is_it = note != 0 && block_at_place(first, note_place(note)) == block->address;
    return is_it ? note & (((uint64_t)1 << NOTE_CALLER_BITS) - 1) : 0;
}
