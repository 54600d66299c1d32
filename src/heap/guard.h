/* SPDX-License-Identifier: MIT */
/*
 * guard.h - blocks between inaccessible pages, for one allocation in so many (guard_sample=): what
 * reads or writes past them, or after their free, faults at that instruction.
 *
 * The pool is a row of slots with a guard page before the first and behind each:
 *   guard | slot | guard | slot | guard
 * A slot has GUARD_MAX bytes of address space, or an OS page where that is longer, and memory
 * behind the pages of its block while that lives. The block ends where the slot does, as closely as
 * its alignment allows, or begins where the slot begins. What is left of its pages on either side
 * holds a pattern that free compares.
 *
 * A slot that was freed is inaccessible and without memory, and the one that was freed first is
 * used again first. So that it takes long even where all blocks live, live blocks have at most half
 * as many pages as there are slots.
 *
 *   G1 a slot is LIVE if and only if its block's pages are accessible; while they are about to
 *      become so, or are no more, it is BUSY
 *   G2 the slots in the queue are FREED, and are all that are, but for those that a thread could
 *      not put there: these stay as they are
 *   G3 pages_live = sum of the pages of slots that are LIVE or BUSY, or FREED and not in the queue
 *
 * The states are true at every moment, so that a fork may come between any two stores. All else is
 * under a lock of its own; where it is out of reach there is no guarded block.
 */
#ifndef POOLALLOC_GUARD_H
#define POOLALLOC_GUARD_H

#include "base/atomic.h"
#include "heap/fault.h"
#include "os/stack.h"

enum {
    GUARD_MAX = 16 * 1024, /* longer requests are never guarded */
    GUARD_FRAMES =
        24, /* callers that are kept: most of what a guarded block costs is to find them */
    GUARD_SLOT_COST = 512, /* what a slot takes beside the pages of its block */
    GUARD_BARE = 128,      /* one in fewer than that: nothing is ever at hand (heap.h: bare) */
};

enum guard_slot_state { GUARD_UNUSED, GUARD_LIVE, GUARD_FREED, GUARD_BUSY };

struct guard_trace {
    uint32_t depth, unused;
    uintptr_t callers[GUARD_FRAMES]; /* innermost first */
};

struct guard_slot {
    struct atomic_u64 address; /* of the block; 0: it never had one */
    struct atomic_u32 state;   /* enum guard_slot_state */
    uint32_t next;             /* of the queue: its number + 1; 0: none */
    struct atomic_u32 size;    /* of the block; */
    uint32_t stride;           /* and that of its class */
    struct guard_trace asked, freed;
};

struct guard_pool {
    uintptr_t base; /* of the first guard page */
    size_t size;    /* of all */
    size_t slot_count;
    size_t distance;              /* from slot to slot */
    struct atomic_u64 pages_live; /* OS pages */
    size_t pages_most;
    size_t slots_used;       /* those behind them never had a block */
    uint32_t oldest, newest; /* of the queue */
    struct guard_slot slots[];
};

#ifdef __cplusplus
extern "C" {
#endif

/* The pool (struct guard_pool *), 0 until the first guarded block: also for other processes. */
extern struct atomic_u64 guard_pool_now;

/* From now on one allocation in `every` is to be guarded, 0: none, with so much memory for their
   pages and for what is known of them. The memory can't be changed once the pool is there. */
void guard_begin(size_t every, size_t memory);
/* 0: none is guarded. */
size_t guard_every(void);
/* How likely a block of `size` bytes is guarded; and how many events of a Poisson process are in
   it, of which one or more have that chance. */
double guard_chance(size_t size);
double guard_events(size_t size);

struct guard_request {
    size_t size, alignment; /* a power of two, up to POOL_SIZE */
    size_t stride;          /* of the size class that would have served it */
    bool at_start;          /* the block begins behind a guard page, rather than end before one */
};
/* True if guard_allocate may have a slot. */
bool guard_has_room(void);
/* A block, all zero, asked for by `asked`; NULL: there is no room. */
void *guard_allocate(const struct guard_request *request, const struct stack *asked);
/* Frees a live block, and notes the callers. False, and nothing done: another thread freed it at
   the same time. Ends the process if the bytes beside the block were written. */
bool guard_free(uintptr_t address);
/* True if the address is in the pool, guard pages included. */
bool guard_has(uintptr_t address);
/* What is at the address; *usable is set if that is a live block. BLOCK_FOREIGN: not from here. */
enum block_fault guard_find(uintptr_t address, size_t *usable);

enum guard_kind { GUARD_OVERFLOW, GUARD_UNDERFLOW, GUARD_USE_AFTER_FREE };
/* What is known of the block at an address of the pool, or next to it. */
struct guard_story {
    enum guard_kind kind; /* if it was an access to the address */
    uintptr_t block;
    size_t size, stride; /* stride 0: the block is of no class */
    bool is_freed;
    struct stack asked, freed;
};
/* False: the address is not in the pool, or no block is near. Takes no lock. */
bool guard_tell(uintptr_t address, struct guard_story *story);

struct guard_figures {
    size_t blocks, bytes; /* live */
    size_t page_bytes;    /* of the pages of live blocks */
    size_t metadata_bytes;
};
void guard_count(struct guard_figures *figures);
/* Ends the process if an invariant does not hold or bytes beside a live block were written; no
   other thread may allocate or free. */
void guard_check(void);

/* In the child of a fork: if a thread that is gone was at it, the queue is made anew. */
void guard_after_fork(uint32_t survivor);
/* For tests: nothing has been guarded so far. */
void guard_reset_for_test(void);

#ifdef __cplusplus
}
#endif

#endif
