/* SPDX-License-Identifier: MIT */
/*
 * type_pool.h - pools of one type's objects, and the blocks in them.
 *
 * A free block has the header 0 and the next free block in its second word, so that a walk over a
 * pool tells objects from free blocks by their first words. Above 2 KiB an object has a run of
 * pools of its own, which is a pool of capacity 1.
 *
 * A bin hands out the blocks of its current pool. Blocks that die meanwhile gather in the pool and
 * come to the bin when it has run out. Then comes the pool that has waited longest, as it has
 * gathered the most free blocks: objects that are young together share few pools. A pool without an
 * object goes back at once, unless it is current or held by a collection.
 *
 * Invariants, which type_pool_check checks:
 *   P1 capacity = used + blocks on free
 *   P2 used = objects in the pool + listed + (current: blocks with the bin)
 *   P3 unless held: partial is linked if and only if not current, not frozen, 0 < used < capacity
 *   P4 used > 0, but for pools that are current or held
 *   P5 ages have bits only where objects are; marks none between collections
 *   P6 of a tracked type: a pool with an object of generation 0 is in the young list, one with
 *      generation 1 in the young or the middle list, unless it is frozen; dying objects do not
 *      matter
 *   P7 marks of a round have bits only where objects are, and only in pools that are `rounded`
 *   P8 the frozen pools of a type come first, and the first knows the last
 */
#ifndef POOLALLOC_OBJECT_TYPE_POOL_H
#define POOLALLOC_OBJECT_TYPE_POOL_H

#include "object/object_heap.h"

enum {
    BLOCK_MIN = 16,        /* a header and the link of a free block */
    EXACT_MAX = SMALL_MAX, /* items up to here: a bin per 8 bytes */
    SHARED_MAX = 2048,     /* up to here a pool holds several blocks */
    BIN_CLASSES = EXACT_MAX / 8 + 1 + 6,
    PREFETCH_LINES = 4, /* cache lines of the next pool: more take longer than they save */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a bin for objects of `bytes`, at most SHARED_MAX. */
void type_pool_init_bin(struct bin *bin, poolobj_type *type, size_t bytes);
/* Bytes from block to block of the bin for an object of `bytes` with items. */
size_t type_pool_bin_stride(size_t bytes);
/* The bin for an object of `bytes`, at most SHARED_MAX; NULL: no memory. */
struct bin *type_pool_bin_for(poolobj_type *type, size_t bytes);
/* Leaves the bin with no current pool; the pool goes back if it has no object. */
void type_pool_retire_bin(struct bin *bin);
/* Leaves the bin with no current pool if that has no object. */
void type_pool_retire_empty(struct bin *bin);
/* Calls each with the bins of a type that were made. */
void type_pool_each_bin(poolobj_type *type, void (*each)(struct bin *bin));
/* Where blocks start in a pool that several share. */
struct object_set type_pool_starts(const struct type_pool *pool);
/* Blocks for a bin that has none left. False: no memory. */
bool type_pool_fill_bin(struct bin *bin);
/* A run for one large object; NULL: no memory. */
poolobj *type_pool_take_large(poolobj_type *type, size_t bytes);

/* The pool may have an object of generation 0. */
void type_pool_note_young(struct type_pool *pool);
/* What becomes of a pool that had no free block before, or has no object now. */
void type_pool_settle(struct type_pool *pool, bool was_full);
/* Ends a pool, whatever is in it. */
void type_pool_return(struct type_pool *pool);
/* Takes the blocks of objects of a held pool back; returns their number. */
size_t type_pool_free_set(struct type_pool *pool, struct object_set objects);
/* The pool is no longer held, after blocks were taken back. */
void type_pool_let_go(struct type_pool *pool);
/* Freezes all pools of the type: their bins do not know them, so that no object is made in them.
   Its free lists are empty before. */
void type_pool_close_all(poolobj_type *type);
/* Opens the frozen pools of the type again, and calls `each` with them. */
void type_pool_open_all(poolobj_type *type, void (*each)(struct type_pool *pool));
/* The tracked pool after this one that is not frozen, in the order of types; after NULL the first.
   NULL: no more. */
struct type_pool *type_pool_after(const poolobj_heap *heap, const struct type_pool *pool);
/* Ends the process if an invariant does not hold. */
void type_pool_check(struct type_pool *pool);
/* The pool in which an object starts at an address, which may be any; NULL: none does. */
struct type_pool *type_pool_find(uintptr_t address);
/* The pool that an address lies in, which may be any; NULL: none, or that of an object of more than
   one pool, behind its first. */
struct type_pool *type_pool_around(uintptr_t address);
/* Objects in the pool, those that are dying among them. */
size_t type_pool_count(const struct type_pool *pool);

/* ---- Free blocks ---- */

static inline poolobj *type_pool_next_free(const poolobj *block) {
    poolobj *next;
    memcpy(&next, block + 1, sizeof next);
    return next;
}
static inline void type_pool_link_free(poolobj *block, poolobj *next) {
    memset(block, 0, sizeof *block);
    memcpy((char *)(block + 1), &next, sizeof next);
}

static inline poolobj *type_pool_block(const struct type_pool *pool, uint32_t index) {
    return (poolobj *)(pool->base + (uintptr_t)index * pool->stride);
}
/* The block that starts in a granule: reciprocal = 2^32 / stride rounded up, exact below 4096. */
ALWAYS_INLINE poolobj *type_pool_at_granule(const struct type_pool *pool, unsigned granule) {
    uint64_t offset = ((uint64_t)granule << GRANULE_SHIFT) + pool->stride - 1;
    return type_pool_block(pool, (uint32_t)(offset * pool->reciprocal >> 32));
}

/* The object that the lowest bit of a word of a set of the pool stands for. */
ALWAYS_INLINE poolobj *type_pool_lowest(const struct type_pool *pool, unsigned word,
                                        uint64_t bits) {
    return type_pool_at_granule(pool, word * 64 + bit_lowest(bits));
}
/* Asks for the memory of the objects of a set, in a pool that comes soon, before it is needed. */
static inline void type_pool_prefetch_set(const struct type_pool *pool,
                                          const struct object_set *set) {
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = set->word[w]; rest != 0; rest &= rest - 1)
            __builtin_prefetch(type_pool_lowest(pool, w, rest));
}

/* An object has died: no bit stands for it. */
ALWAYS_INLINE void type_pool_unmark(const struct type_pool *pool, const poolobj *block) {
    if (!pool->marked) return;
    struct ages *ages = ledger_ages(block);
    struct marks *marks = ledger_marks(block);
    unsigned word = ledger_set_word(block);
    uint64_t others = ~ledger_set_bit(block);
    ages->low.word[word] &= others;
    ages->high.word[word] &= others;
    marks->white.word[word] &= others;
    if (likely(!pool->rounded)) return;
    struct marks *round = ledger_round(block);
    round->white.word[word] &= others;
    round->grey.word[word] &= others;
}

/* The block of an object that has died goes back to its pool. */
ALWAYS_INLINE void type_pool_put(struct type_pool *pool, poolobj *block) {
    type_pool_unmark(pool, block);
    poolobj *next = pool->free;
    type_pool_link_free(block, next);
    pool->free = block;
    pool->used--;
    if (unlikely(pool->used == 0 || next == NULL)) type_pool_settle(pool, next == NULL);
}

/* ---- Walks ---- */

/* Objects that died and wait to be taken apart (object.h) have DYING in their flags. */
enum object_flag {
    FINALIZE = 1,
    WEAKLY_REFERENCED = 2,
    SAVED = 4,
    DYING = 8,
    CHECKED = 16, /* of a heap that is: from its birth on */
};

static inline bool type_pool_finalizes(const poolobj_type *type) {
    return type->head >> 16 & FINALIZE;
}

static inline bool type_pool_is_object(const poolobj *block) {
    return block->count != 0 && !(block->flags & DYING);
}

/* The processor's own prefetch stops where an OS page does: pools that are walked one after the
   other ask for the beginning of the next. */
ALWAYS_INLINE void type_pool_prefetch(const struct type_pool *pool) {
    if (pool == NULL) return;
    for (unsigned line = 0; line < PREFETCH_LINES; line++)
        __builtin_prefetch((const char *)pool->base + line * CACHE_LINE);
}

static inline struct type_pool *type_pool_first(const poolobj_type *type) {
    return link_is_alone(&type->pools) ? NULL : link_owner(type->pools.next, struct type_pool, all);
}
static inline struct type_pool *type_pool_next(const struct type_pool *pool) {
    const struct link *next = pool->all.next;
    return next == &pool->type->pools ? NULL : link_owner(next, struct type_pool, all);
}
/* The pool a few places on, whose objects are asked for now; NULL: there is none. */
static inline struct type_pool *type_pool_ahead(struct type_pool *pool) {
    for (int i = 0; i < 3 && pool != NULL; i++) pool = type_pool_next(pool);
    return pool;
}

#ifdef __cplusplus
}
#endif

#endif
