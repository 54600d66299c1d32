/* SPDX-License-Identifier: MIT */
/*
 * free_list.h - the free lists of types that ask for them: dead objects that are made anew before
 * any other block. They look like all free blocks, header 0, but their pools count them as used.
 *
 * Invariant F1, which free_list_check checks: a bin's listed_count = blocks on its list = sum of
 * `listed` of its pools, and at most listed_max.
 */
#ifndef POOLALLOC_OBJECT_FREE_LIST_H
#define POOLALLOC_OBJECT_FREE_LIST_H

#include "base/check.h"
#include "object/type_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Gives the blocks of the lists of a type back to their pools. True: there were some. */
bool free_list_empty(poolobj_type *type);
/* Gives the blocks of all lists of a heap back to their pools. True: there were some. */
bool free_list_empty_all(poolobj_heap *heap);
void free_list_check(const poolobj_heap *heap);

/* Puts the block of an object that has died on the list, in a pool whose bin has one. False: the
   list is full. */
static inline bool free_list_put(struct type_pool *pool, poolobj *block) {
    ASSERT(pool->lists);
    struct bin *bin = pool->bin;
    if (bin->listed_count >= bin->listed_max) return false;
    type_pool_unmark(pool, block);
    type_pool_link_free(block, bin->listed);
    bin->listed = block;
    bin->listed_count++;
    pool->listed++;
    return true;
}

/* Takes the latest block of a list that is not empty; *pool is the block's. */
static inline poolobj *free_list_take(struct bin *bin, struct type_pool **pool) {
    ASSERT(bin->listed_count > 0);
    poolobj *block = bin->listed;
    *pool = ledger_pool(block);
    bin->listed = type_pool_next_free(block);
    bin->listed_count--;
    (*pool)->listed--;
    return block;
}

#ifdef __cplusplus
}
#endif

#endif
