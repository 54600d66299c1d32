/* SPDX-License-Identifier: MIT */
/*
 * store.h - where a heap of objects gets memory and gives it back: the one module of this folder
 * that knows the allocator below. Pools come from the arenas that malloc's pools come from, the
 * fullest first, so what objects leave free serves everybody and goes back to the system.
 */
#ifndef POOLALLOC_OBJECT_STORE_H
#define POOLALLOC_OBJECT_STORE_H

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

/* Bytes that the process has in use of the allocator below. */
size_t store_in_use(void);

/* Small structs of the library's own, zeroed; NULL: no memory. */
void *store_allocate(size_t bytes);
void store_free(void *block);

#ifdef __cplusplus
}
#endif

#endif
