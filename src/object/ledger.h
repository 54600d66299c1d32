/* SPDX-License-Identifier: MIT */
/*
 * ledger.h - what is known of objects beyond themselves: dense arrays beside the pools, found by
 * address. The collector counts and marks here and nowhere else, so that a visited reference does
 * not touch the object it leads to, and a living object's page is never written.
 *
 * A ledger stands for a window (heap/window.h) that holds pools of objects, of any heap: one lazily
 * touched mapping, made when the first pool there is taken. What it has on an arena goes back to
 * the system with the arena. By place:
 *   - count: one per GRANULE of 16 bytes, and so per object, as none is smaller
 *   - marks: bits per granule, of the collection that is under way; all 0 between collections
 *   - ages: bits per granule, the generation of the object that starts there
 *   - round: marks of the round that is under way (round.h); collections of the younger generations
 *     run in between and leave them alone
 *   - hint: counts modulo 256 of that round, one per granule
 *   - pool: one record per 4 KiB
 *
 * Different heaps write to different words of it, each to those of its own pools.
 *
 * NULL leads to a ledger too, in which nothing is marked for it and its count is 1; neither is ever
 * written. So most loops over references need no test for it. Addresses that are multiples of 4 TiB
 * lead to the same place (2 TiB with 8-byte alignment): no object starts there. Slots are those of
 * windows, so that where a window has its slot, its ledger has, too.
 */
#ifndef POOLALLOC_OBJECT_LEDGER_H
#define POOLALLOC_OBJECT_LEDGER_H

#include <poolobj.h>

#include "base/atomic.h"
#include "base/list.h"
#include "heap/geometry.h"

enum {
    LEDGER_SHIFT = WINDOW_SHIFT,
    LEDGER_SLOTS = WINDOW_SLOTS,
    LEDGER_POOLS = 1 << (LEDGER_SHIFT - POOL_SHIFT),
    LEDGER_ARENAS = 1 << (LEDGER_SHIFT - ARENA_SHIFT),
    GRANULE_SHIFT = 4,
    GRANULE = 1 << GRANULE_SHIFT,
    POOL_GRANULES = POOL_SIZE / GRANULE,
    MARK_WORDS = POOL_GRANULES / 64,
};

/* A set of the objects of a pool: bit n stands for the object that starts in granule n. */
struct object_set {
    uint64_t word[MARK_WORDS];
};

/* White: in the collection and not known to live. Grey: known to live, its references not visited.
   In one line, because a visit moves the bit from one to the other. */
struct marks {
    struct object_set white, grey;
};

/* The generation in binary. Both 0 for free blocks: a new object is in generation 0
   without a word written. */
struct ages {
    struct object_set low, high;
};

struct bin;

/* A pool of one type's objects, or a run of pools or arenas that holds one large object (the record
   of its first pool). The first line is all that the death of an object touches. */
struct type_pool {
    poolobj *free; /* blocks to be handed out, linked by their second words */
    poolobj_type *type;
    uintptr_t base;
    struct bin *bin;
    uint32_t used; /* blocks not on `free`: live, dying, on the bin's free list, or with the bin */
    uint32_t capacity;
    uint32_t stride;     /* bytes from block to block */
    uint32_t reciprocal; /* of stride: see type_pool_at_granule */
    bool current;        /* the bin hands out its blocks */
    bool marked;         /* ages or marks may have bits */
    bool held;           /* not to be given back: a collection goes through it */
    bool young;          /* in the heap's young list */
    bool lists;          /* the bin has a free list */
    bool rounded : 1;    /* marks of a round may have bits */
    bool queued : 1;     /* in the queue of a round */
    bool frozen : 1;     /* closed: takes part in no collection, and no object is made in it */
    uint8_t recent : 2;  /* rounds to come that it is in, as objects of it became old lately */
    uint16_t listed;     /* its blocks on the bin's free list */
    struct link partial; /* in the bin, as P3 of type_pool.h says, or alone */

    struct link all;             /* of the type */
    struct link generation;      /* in the heap's young or middle list, or alone */
    struct type_pool *next_work; /* in the chain of a collection */
    struct type_pool *next_grey; /* in a queue of pools with grey objects; NULL: in none */
    size_t bytes;                /* of the run */
};

struct ledger {
    uint32_t count[LEDGER_POOLS][POOL_GRANULES];
    struct marks marks[LEDGER_POOLS];
    struct ages ages[LEDGER_POOLS];
    struct type_pool pool[LEDGER_POOLS];
    struct marks round[LEDGER_POOLS];
    uint8_t hint[LEDGER_POOLS][POOL_GRANULES];
    uint64_t used[LEDGER_ARENAS / 64]; /* arenas with pools of objects since their last purge */
};

#ifdef __cplusplus
extern "C" {
#endif

extern struct atomic_u64 ledger_table[LEDGER_SLOTS]; /* struct ledger *, or 0 */

/* Makes the ledger of an address, and that of NULL, exist. False: no memory, or the slot is taken.
   Caller holds the space lock. */
bool ledger_reserve(uintptr_t address);
/* Whether the pool at an address shares its place in the ledger with NULL. */
static inline bool ledger_is_of_null(uintptr_t pool) {
    return pool % ((uintptr_t)LEDGER_SLOTS << LEDGER_SHIFT) == 0;
}
/* Address space taken by ledgers. With the space lock. */
size_t ledger_bytes(void);
/* For any address: whether ledger_of is its own. */
bool ledger_covers(uintptr_t address);

/* The ledger of an address that has one. Partner of the load: none needed, as the object was made
   in this thread or handed over. */
ALWAYS_INLINE struct ledger *ledger_of(uintptr_t address) {
    return (struct ledger *)atomic_u64_load(&ledger_table[(uint16_t)(address >> LEDGER_SHIFT)]);
}
ALWAYS_INLINE uint64_t ledger_index(uintptr_t address) {
    return address >> POOL_SHIFT & (LEDGER_POOLS - 1);
}

/* The place of an object's count, and of its hint, in the ledger. */
ALWAYS_INLINE uintptr_t ledger_granule(const void *object) {
    return (uintptr_t)object >> GRANULE_SHIFT & ((1 << (LEDGER_SHIFT - GRANULE_SHIFT)) - 1);
}
ALWAYS_INLINE uint32_t *ledger_count(const void *object) {
    return &ledger_of((uintptr_t)object)->count[0][0] + ledger_granule(object);
}
ALWAYS_INLINE struct type_pool *ledger_pool(const void *object) {
    uintptr_t address = (uintptr_t)object;
    return &ledger_of(address)->pool[ledger_index(address)];
}
ALWAYS_INLINE struct marks *ledger_marks(const void *object) {
    uintptr_t address = (uintptr_t)object;
    return &ledger_of(address)->marks[ledger_index(address)];
}
ALWAYS_INLINE struct marks *ledger_round(const void *object) {
    uintptr_t address = (uintptr_t)object;
    return &ledger_of(address)->round[ledger_index(address)];
}
ALWAYS_INLINE uint8_t *ledger_hint(const void *object) {
    return &ledger_of((uintptr_t)object)->hint[0][0] + ledger_granule(object);
}
/* Ask for the count of an object, or its hint, before it is needed. The address need not be one of
   an object, nor have a ledger. */
ALWAYS_INLINE void ledger_prefetch_count(const void *object) {
    uintptr_t counts = (uintptr_t)ledger_of((uintptr_t)object) + offsetof(struct ledger, count);
    __builtin_prefetch((void *)(counts + ledger_granule(object) * sizeof(uint32_t)), 1);
}
ALWAYS_INLINE void ledger_prefetch_hint(const void *object) {
    uintptr_t hints = (uintptr_t)ledger_of((uintptr_t)object) + offsetof(struct ledger, hint);
    __builtin_prefetch((void *)(hints + ledger_granule(object)), 1);
}
ALWAYS_INLINE struct ages *ledger_ages(const void *object) {
    uintptr_t address = (uintptr_t)object;
    return &ledger_of(address)->ages[ledger_index(address)];
}

/* The word and the bit of an object in a set of its pool. */
ALWAYS_INLINE unsigned ledger_set_word(const void *object) {
    return (unsigned)((uintptr_t)object >> (GRANULE_SHIFT + 6) & (MARK_WORDS - 1));
}
ALWAYS_INLINE uint64_t ledger_set_bit(const void *object) {
    return (uint64_t)1 << ((uintptr_t)object >> GRANULE_SHIFT & 63);
}
static inline bool ledger_set_has(const struct object_set *set, const void *object) {
    return set->word[ledger_set_word(object)] & ledger_set_bit(object);
}
static inline unsigned ledger_set_count(const struct object_set *set) {
    unsigned count = 0;
    for (unsigned w = 0; w < MARK_WORDS; w++) count += bit_count(set->word[w]);
    return count;
}
static inline bool ledger_set_any(const struct object_set *set) {
    uint64_t any = 0;
    for (unsigned w = 0; w < MARK_WORDS; w++) any |= set->word[w];
    return any != 0;
}
/* Makes an object grey if it is white. Without a branch: that it is white is as likely as not, and
   known only when the marks are there. */
ALWAYS_INLINE void ledger_rescue(struct marks *marks, const void *object) {
    unsigned word = ledger_set_word(object);
    uint64_t hit = marks->white.word[word] & ledger_set_bit(object);
    marks->white.word[word] ^= hit;
    marks->grey.word[word] |= hit;
}
/* Makes an object white that is grey. */
ALWAYS_INLINE void ledger_make_white(struct marks *marks, const void *object) {
    unsigned word = ledger_set_word(object);
    uint64_t bit = ledger_set_bit(object);
    marks->grey.word[word] &= ~bit;
    marks->white.word[word] |= bit;
}
/* Makes all white that are grey. */
static inline void ledger_make_all_white(struct marks *marks) {
    for (unsigned w = 0; w < MARK_WORDS; w++) marks->white.word[w] |= marks->grey.word[w];
    memset(&marks->grey, 0, sizeof marks->grey);
}

#ifdef __cplusplus
}
#endif

#endif
