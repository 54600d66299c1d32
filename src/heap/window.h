/* SPDX-License-Identifier: MIT */
/*
 * window.h - what we know of an address: metadata in dense arrays beside the heap, indexed by
 * address. Nothing of the allocator lies in memory that programs write.
 *
 * A window is WINDOW_SHIFT bits of address space (64 MiB, or 32) that holds memory of ours; its
 * arrays are one lazily touched mapping, between stretches of inaccessible address space:
 *   record  what there is to know of 4 KiB: struct pool, range or large. All that a free looks at
 *           is in one cache line (two with 8-byte alignment), so that a free misses once
 *   spare   bits of the places where blocks start (of a span: one per block, in its first word):
 *           blocks that the pool can give; neither live nor at hand (heap.h)
 *   arena   one per 256 KiB, under the space lock
 *   pending bits of the same places, and a token per pool: see pending.h
 *
 * Windows are found in a table of 2^16 slots by bits of the address. Addresses 4 TiB apart (2 TiB)
 * share a slot, and memory is used only where the slot is free: space_map looks for another place.
 * So 4 TiB are as much as blocks in arenas, and the first pages of direct mappings, can take. A
 * look-up never trusts the slot alone: a tag contains the address of its pool.
 */
#ifndef POOLALLOC_WINDOW_H
#define POOLALLOC_WINDOW_H

#include "base/atomic.h"
#include "base/list.h"
#include "heap/geometry.h"

struct heap;

/* A pool, or one of a span's. Other threads read the tag, the class and the live bits: the owner
   alone writes them, until somebody takes the pool over, so a remote free never takes the line
   away. What is in brackets is said by the first pool of a span for all of it. */
struct pool {
    struct atomic_u64 tag; /* who has it (tag.h); changes only when the pool changes hands */
    struct link link;      /* [on the partial list of its heap and class if and only if PARTIAL] */
    uint16_t taken;        /* [blocks that are live or at hand] */
    struct atomic_u8 class_index;
    struct atomic_u8 offset; /* number of pools from the start of the span */
    uint8_t state;           /* [enum pool_state] */
    bool purged : 1;         /* [pages of the span went back to the system] */
    bool stirred : 1;        /* [blocks went out or came back since the last look at its age] */
    bool lean : 1;           /* [no block came back since its free pages went back] */
    uint8_t freed;           /* a block that began here was freed, for whoever frees it again */
    bool noted;              /* [the arena's note was about it once: note.h] */
    /* A bit per ALIGN bytes, set if and only if a live block starts there. */
    struct atomic_u64 live[POOL_WORDS] __attribute__((aligned(POOL_WORDS * 8)));
};

/* The first and the last page of free pages side by side (range.h). It overlays nothing that other
   threads read but the tag, which is 0 here, and `freed`, which is kept. */
struct range {
    struct atomic_u64 tag;
    struct link link; /* of the bin; first page alone */
    uint32_t pages;   /* length; 0: no range begins or ends here */
    uint8_t touched;  /* the range is in the touched set; first page alone */
    uint8_t inner;    /* arenas up to one inside with memory, 0: none; first page alone */
    uint8_t freed;
};

/* A block that takes whole pages, those of a run in arenas or a mapping of its own (the record of
   its first page). Under the space lock, but for the tag. */
struct large {
    struct atomic_u64 tag;
    struct link link; /* list of direct mappings; a run is on none */
    uint32_t room; /* guarded direct mapping: inaccessible OS pages behind it for it to grow into */
    bool guarded;  /* direct mapping: guard pages around it and its room */
    uint8_t unused_too;
    uint8_t freed;
    uintptr_t address; /* of the block */
    size_t size;       /* usable, whole OS pages */
    uintptr_t caller;  /* who asked for it (note.h); 0: not known */
    uintptr_t end;     /* of what was asked for (seal.h); 0: not known */
};

union record {
    struct pool pool;
    struct range range;
    struct large large;
};
static_assert(offsetof(struct pool, tag) == 0 && offsetof(struct large, tag) == 0 &&
                  offsetof(struct range, tag) == 0,
              "all begin with the tag");
static_assert(offsetof(struct range, freed) == offsetof(struct pool, freed) &&
                  offsetof(struct large, freed) == offsetof(struct pool, freed),
              "all have the mark of a freed block at one place");

/* 256 KiB of address space. The words describe its 64 pages, lowest address in bit 0. */
struct arena {
    uint64_t free;          /* handed to nobody */
    uint64_t touched;       /* may have memory behind them; those not in it read as zero */
    uint64_t young;         /* became free since the purger looked last; part of free */
    uint64_t refault;       /* were purged by amount, and not asked for since (purge.h) */
    uint64_t refault_at;    /* when that was last, in ms of os_clock_ms */
    uint64_t hedges;        /* inaccessible, and of the run before them (hedge.h) */
    struct link link;       /* OF_POOLS: arenas of one rank */
    struct link dirty;      /* queue of the purger, if and only if it waits there */
    uint64_t due;           /* while on the queue: when to look, in ms of os_clock_ms */
    struct atomic_u64 note; /* who asked for a block in one of its pools: see note.h */
    uintptr_t base;
    uint8_t kind; /* enum arena_kind */
    uint8_t rank; /* OF_POOLS: number of free pages, see arena.h */
    bool huge;    /* it is the first of those that have one huge page behind them (huge.h) */
    bool closed;  /* OF_RUNS: it is inaccessible, as it was never used (space.c); OF_POOLS: its last
                     pool is (arena.c) */
};

enum arena_kind {
    ARENA_NONE,     /* not ours */
    ARENA_OF_RUNS,  /* free pages are in ranges; the others in runs of any length */
    ARENA_OF_POOLS, /* cut into pools */
};

#define WINDOW_ALIGNMENT (2 * MIB)
#define WINDOW_STRIDE (4 * MIB) /* from one to the next, with what lies around them */

struct window {
    union record record[WINDOW_POOLS];
    uint64_t spare[WINDOW_WORDS];
    uintptr_t base;
    struct window *next; /* list of all windows */
    struct arena arena[WINDOW_ARENAS];
};

/* The tokens and bits of pending.h lie in front of the rest: so the mapping has no 2 MiB that the
   kernel would make one page of, and a record is one alignment from its window. */
#define WINDOW_PENDING (WINDOW_WORDS * sizeof(uint64_t))
#define WINDOW_BEFORE (WINDOW_PENDING + WINDOW_POOLS * sizeof(uint64_t))

static inline struct atomic_u64 *window_pending(struct window *window) {
    return (struct atomic_u64 *)((char *)window - WINDOW_PENDING);
}
static inline struct atomic_u64 *window_tokens(struct window *window) {
    return (struct atomic_u64 *)((char *)window - WINDOW_BEFORE);
}

/* Slots hold the distance from `nowhere` to the window. An empty slot so leads to records where
   nothing is ours, and look-ups need no test for it. */
struct window_table {
    struct atomic_u64 distance[WINDOW_SLOTS];
    union record nowhere[WINDOW_POOLS];
};

#ifdef __cplusplus
extern "C" {
#endif

extern struct window_table window_table;
/* The newest window (struct window *): the list's head, also for readers of other processes. */
extern struct atomic_u64 window_newest;

/* False if a window of [address, address + size) would need a slot that another has. With the space
   lock. */
bool window_fits(uintptr_t address, size_t size);
/* Makes the windows of [address, address + size) exist. False if one does not fit or there is no
   memory for it. With the space lock. */
bool window_reserve(uintptr_t address, size_t size);
/* Maps memory for a window, so that the next one needed does not fail for the lack of it. With the
   space lock. */
bool window_prepare(void);
/* Arenas side by side in one window are free and have no memory behind them: nor have their records
   any more, all zero now. With the space lock. */
void window_purge(uintptr_t base, size_t arenas);
/* Arenas side by side are nobody's: what is known of their pages goes, records, spare bits and
   pending bits, as far as it is whole OS pages. With the space lock. */
void window_leave(uintptr_t base, size_t arenas);
/* Called with each arena that window_purge or window_leave is called for, before; NULL: nobody. Who
   keeps arrays of his own beside arenas gives theirs back. With the space lock. */
extern void (*window_purge_hook)(uintptr_t arena);
/* All windows, newest first; a walk may go on while others are added. */
struct window *window_first(void);
/* Address space taken by windows, in bytes. */
size_t window_bytes(void);

/* The index is 64 bits wide because the compiler otherwise extends it, on the fast paths too. */
static inline uint64_t window_pool_index(uintptr_t address) {
    return (address >> POOL_SHIFT) & (WINDOW_POOLS - 1);
}

/* The record for an address, or one of `nowhere`, or by a shared slot that of another address. */
ALWAYS_INLINE struct pool *window_look_up(uintptr_t address) {
    uint64_t slot = (address >> WINDOW_SHIFT) & (WINDOW_SLOTS - 1);
    uint64_t distance = atomic_u64_load(&window_table.distance[slot]);
    uint64_t offset = window_pool_index(address) * sizeof(union record);
    return (struct pool *)((uintptr_t)window_table.nowhere + distance + offset);
}

/* The window that holds an address, NULL if none does. */
static inline struct window *window_at(uintptr_t address) {
    uint64_t distance = atomic_u64_load_acquire(
        &window_table.distance[(uint16_t)(address >> WINDOW_SHIFT)]); /* partner: reserve_one */
    if (distance == 0) return NULL;
    struct window *window = (struct window *)((uintptr_t)window_table.nowhere + distance);
    return window->base == align_down(address, (size_t)1 << WINDOW_SHIFT) ? window : NULL;
}

/* The record of an address that a window holds. */
static inline union record *window_record_at(uintptr_t address) {
    return &window_at(address)->record[window_pool_index(address)];
}

/* Windows are aligned to WINDOW_ALIGNMENT: what lies in one leads to it. */
static inline struct window *window_of(const void *inside) {
    return (struct window *)align_down((uintptr_t)inside, WINDOW_ALIGNMENT);
}

/* The address that a record is about. */
static inline uintptr_t window_record_base(const void *record) {
    struct window *window = window_of(record);
    return window->base + (uintptr_t)((const union record *)record - window->record) * POOL_SIZE;
}

/* Where the arena behind that of an address begins. */
static inline uintptr_t window_next_arena(uintptr_t address) {
    return align_down(address, ARENA_SIZE) + ARENA_SIZE;
}

/* The arena of an address, NULL if no window covers it. Its kind may be ARENA_NONE. */
static inline struct arena *window_arena_at(uintptr_t address) {
    struct window *window = window_at(address);
    return window ? &window->arena[(address >> ARENA_SHIFT) & (WINDOW_ARENAS - 1)] : NULL;
}

/* True if a range holds the page: it is free, and its arena one of runs. With the space lock. */
static inline bool window_page_is_free(uintptr_t page) {
    const struct arena *arena = window_arena_at(page);
    return arena != NULL && arena->kind == ARENA_OF_RUNS &&
           (arena->free >> ((page >> POOL_SHIFT) % ARENA_POOLS) & 1);
}

#ifdef __cplusplus
}
#endif

#endif
