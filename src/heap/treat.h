/* SPDX-License-Identifier: MIT */
/*
 * treat.h - how blocks are treated, where more is done to a block on its way out and back than to
 * find it: for programs whose mistakes are to be found, and hindered from being of use to others.
 *
 * The measures are chosen once, at the start, and each by itself. Heaps are bare then, so that all
 * requests and frees come to a slow path by themselves, and treat what they hand out and get back:
 *
 * TREAT_ZERO  a freed block is cleared, and is zero when it is handed out again: who has written
 *             there meanwhile has written to a free block.
 *
 * Z1 With TREAT_ZERO all memory that is free reads as zero: pages in no pool, and blocks that are
 *    spare. What was free before is cleared at the start. A block is cleared while it is live, or
 *    before anybody knows that it is spare; in the child of a fork that may be undone, and
 *    heap_adopt clears it.
 */
#ifndef POOLALLOC_TREAT_H
#define POOLALLOC_TREAT_H

#include "heap/pool.h"

enum treat_measure { TREAT_ZERO = 1 };

/* The measures in force; 0, the default: none. Written by treat_begin alone. */
extern uint32_t treat_measures;

static inline bool treat_does(enum treat_measure measure) {
    return unlikely((treat_measures & measure) != 0);
}

#ifdef __cplusplus
extern "C" {
#endif

/* Before the process has a second thread; whoever has heaps sees to Z1. */
void treat_begin(uint32_t measures);

/* A block of a pool is about to be live. Ends the process if it was written while it was free. */
void treat_out(uintptr_t block, size_t stride);
/* A block of a pool is about to be spare. */
void treat_back(uintptr_t block, size_t stride);
/* The end of a block that has its pages to itself is about to be free: its last `size` bytes, whole
   OS pages. */
void treat_pages_back(uintptr_t end, size_t size);
/* Z1 for the blocks of a pool, or of a span by its first, that are spare; */
void treat_clear_spare(struct pool *pool);
/* and for pages that are in no pool. With the space lock. */
void treat_clear_pages(void);

#ifdef __cplusplus
}
#endif

#endif
