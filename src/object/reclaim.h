/* SPDX-License-Identifier: MIT */
/*
 * reclaim.h - the end of the unreachable objects, in CPython's order:
 *
 *   leave    weak references with a callback are cleared and called, then finalizers run, once per
 *            object, each object held meanwhile
 *   look     what they made reachable again is white no more, with all it refers to. Skipped if no
 *            callback ran and no white object is of a type with a finalizer
 *   clear    the weak references that are left
 *   free     references from white objects to others are dropped, then `drop` is called, then all
 *            blocks go at once, and last what dies of the references dropped
 *
 * Cycles are not taken apart by clearing fields: nothing but white objects is left that could see
 * a white object, so all of them can go together.
 */
#ifndef POOLALLOC_OBJECT_RECLAIM_H
#define POOLALLOC_OBJECT_RECLAIM_H

#include "object/reach.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Splits the chain: pools without white objects are let go of, the others returned. */
struct type_pool *reclaim_pools(struct type_pool *chain);
/* Finalizes the white objects of the chain; those that come back are white no more. Returns how
   many came back. */
size_t reclaim_finalize(poolobj_heap *heap, struct type_pool *chain);
/* Keeps the white objects: each gets a reference and is SAVED. Returns their number. */
size_t reclaim_save(struct type_pool *chain);
/* Ends the white objects; returns their number. What dies of the references they held is left in
 *dead, to be ended when the pools, some of which are empty now, are let go of. */
size_t reclaim_free(poolobj_heap *heap, struct type_pool *chain, poolobj **dead);

#ifdef __cplusplus
}
#endif

#endif
