/* SPDX-License-Identifier: MIT */
/*
 * treat.h - how blocks are treated, where more is done to a block on its way out and back than to
 * find it: for programs whose mistakes are to be found, and hindered from being of use to others.
 *
 * The measures are chosen once, at the start, and each by itself. Heaps are bare then, so that all
 * requests and frees come to a slow path by themselves, and treat what they hand out and get back:
 *
 * TREAT_ZERO: a freed block is cleared, and is zero when it is handed out again. Who has written
 * there meanwhile has written to a free block.
 *
 * TREAT_SEAL: a block is sealed for the size that was asked for (seal.h). Who has written behind
 * that end is found when it is freed.
 *
 * TREAT_EXACT: a free by a thread that does not own the block sets its pending bit at once
 * (pending.h), and every free looks at it. So a second free is found where it is made.
 *
 * TREAT_RANDOM: blocks are handed out of their pool from random places on, and a freed one first
 * takes the place of another that was freed before, at random, which goes back to its pool then
 * (heap_treat.c). So nobody can tell which block comes next.
 *
 * TREAT_WAIT: a freed block is in quarantine (quarantine.h) until others that were freed after it
 * take its place there, and with TREAT_ZERO must be zero when it leaves.
 *
 * Z1 With TREAT_ZERO all memory that is free reads as zero: pages in no pool, and blocks that are
 *    spare. What was free before is cleared at the start. A block is cleared while it is live, or
 *    before anybody knows that it is spare; in the child of a fork that may be undone, and
 *    heap_adopt clears it.
 */
#ifndef POOLALLOC_TREAT_H
#define POOLALLOC_TREAT_H

#include "heap/block.h"
#include "heap/seal.h"

enum treat_measure {
    TREAT_ZERO = 1,
    TREAT_SEAL = 2,
    TREAT_EXACT = 4,
    TREAT_RANDOM = 8,
    TREAT_WAIT = 16,
};

/* The measures in force; 0, the default: none. Written by treat_begin alone. */
extern uint32_t treat_measures;

static inline bool treat_does(enum treat_measure measure) {
    return unlikely((treat_measures & measure) != 0);
}

/* Bytes that a block has for a request of `size`. */
static inline size_t treat_room(size_t size) {
    return treat_does(TREAT_SEAL) && size <= PTRDIFF_MAX ? size + SEAL_SIZE : size;
}

#ifdef __cplusplus
extern "C" {
#endif

/* Puts the measures in force before there is a second thread; whoever has heaps sees to Z1. */
void treat_begin(uint32_t measures);

/* A block of a pool is about to be live, for `size` bytes. Ends the process if it was written while
   it was free. */
void treat_out(uintptr_t block, size_t stride, size_t size);
/* A block of a pool is about to be spare. Ends the process if it was written behind its end. */
void treat_back(uintptr_t block, size_t stride);
/* A block of a pool that is free is about to leave the quarantine. Ends the process if it was
   written meanwhile. */
void treat_leave(uintptr_t block, size_t stride);
/* A block that is found has as many usable bytes as were asked for, if that is known; by
   `function`, which the program has called. */
void treat_measure(const char *function, struct block *block);
/* True if `usable` of a block that was measured is what was asked for. */
bool treat_is_measured(const struct block *block);
/* A block that was measured has `size` bytes from now on, where it is. False: it has no such room,
   or too much of it. */
bool treat_resize(const struct block *block, size_t size);
/* Gives a block that was measured `size` bytes, where it has the room. */
void treat_shrink(const struct block *block, size_t size);
/* A block with pages of its own, at the address, is for `size` bytes. NULL will do. */
void treat_pages_out(void *block, size_t size);
/* Ends the process if live blocks of a pool, or span by its first, were written behind their ends;
   those of `pending` are about to be free. */
void treat_check(struct pool *pool, const uint64_t *pending);
/* The end of a block that has its pages to itself is about to be free: its last `size` bytes, whole
   OS pages. */
void treat_pages_back(uintptr_t end, size_t size);
/* Makes Z1 hold for the spare blocks of a pool, or of a span by its first pool. */
void treat_clear_spare(struct pool *pool);
/* Makes Z1 hold for pages that are in no pool. With the space lock. */
void treat_clear_pages(void);

#ifdef __cplusplus
}
#endif

#endif
