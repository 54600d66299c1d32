/* SPDX-License-Identifier: MIT */
/*
 * run.h - large blocks in arenas: a run of exactly the pages that the block needs. Spans are runs
 * too, but belong to heaps (heap.h).
 */
#ifndef POOLALLOC_RUN_H
#define POOLALLOC_RUN_H

#include "heap/window.h"

#ifdef __cplusplus
extern "C" {
#endif

enum run_choice {
    RUN_ANYWHERE,
    RUN_WHERE_MEMORY_IS, /* NULL if no free range with memory behind it is long enough */
};

/* A block of `size` bytes at a multiple of `alignment`, all zero if `zero`; NULL: no memory. */
void *run_allocate(size_t size, size_t alignment, bool zero, enum run_choice choice);
/* False, and nothing done: another thread freed it at the same time. If the space lock is out of
   reach, the block stays, and the result is true. */
bool run_free(struct large *run);
/* Makes the block `size` bytes long where it is, and gives the pages back that it needs no longer.
   False, and nothing done: the pages behind it are in use, or the space lock is out of reach. */
bool run_resize(struct large *run, size_t size);

#ifdef __cplusplus
}
#endif

#endif
