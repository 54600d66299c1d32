/* SPDX-License-Identifier: MIT */
/*
 * store.h - where a heap of objects gets memory and gives it back: the one module of this folder
 * that knows what lies below. Pools come from arenas that all heaps of objects of the process
 * share, the fullest first, so what one leaves free serves the others and goes back to the system.
 * Small structs and tables come from the process's malloc, whichever that is: of it no more is
 * asked than malloc, calloc, realloc and free, and poolalloc_in_use if it has that.
 *
 * All functions but those of a struct store may be called by any thread.
 */
#ifndef POOLALLOC_OBJECT_STORE_H
#define POOLALLOC_OBJECT_STORE_H

#include <poolobj.h>
#include <stdlib.h>

#include "heap/arena.h"

enum { STORE_EMPTY_POOLS = 16 };

/* Single pools at hand, so that the space lock is taken once for several. */
struct store {
    struct arena_pools reserve;
    uintptr_t empty[STORE_EMPTY_POOLS];
    unsigned empty_count;
};

#ifdef __cplusplus
extern "C" {
#endif

/* Memory of `bytes`, rounded up to whole pools (above 256 KiB to whole arenas), with a ledger;
   contents undefined. 0: no memory. */
uintptr_t store_take(struct store *store, size_t bytes);
/* Gives back what was taken with the same size. */
void store_return(struct store *store, uintptr_t base, size_t bytes);
/* Gives back all that is at hand. */
void store_close(struct store *store);

/* From now on the children of forks mend what other threads left. After a first store_take. */
void store_watch_forks(void);

/* Bytes of pools that the heaps of the process have, and of blocks as far as its malloc tells. */
size_t store_in_use(void);
/* Gives back what has been free for long. Cheap where nothing is due. */
void store_poll(void);
/* Gives all free memory but `keep` bytes back to the system; true if any went. */
bool store_trim(size_t keep);
/* Unmaps free address space, for when malloc has no more; true if any went. */
bool store_relieve(void);

void store_figures(poolobj_memory_figures *figures);

/* Small structs of the library's own, zeroed; NULL: no memory. */
void *store_allocate(size_t bytes);
static inline void store_free(void *block) { free(block); }

#ifdef __cplusplus
}
#endif

#endif
