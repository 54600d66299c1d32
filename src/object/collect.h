/* SPDX-License-Identifier: MIT */
/*
 * collect.h - a collection from beginning to end, and the end of a heap.
 */
#ifndef POOLALLOC_OBJECT_COLLECT_H
#define POOLALLOC_OBJECT_COLLECT_H

#include "object/generation.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Collects; returns how many unreachable objects there were, without those that came back. 0 inside
   of another collection. */
size_t collect_generation(poolobj_heap *heap, int generation);
/* A step of a round, which begins if none is under way: for `budget` nanoseconds or `work` objects
   and references. True: the round goes on, or one has ended that was a minor one, so that the
   next step begins a major one. */
bool collect_step(poolobj_heap *heap, uint64_t budget, uint64_t work);
/* Ends a round that is under way. */
void collect_abort(poolobj_heap *heap);
/* The oldest generation that automatic collection would take up now, 2 for a step; or -1. */
int collect_what_is_due(const poolobj_heap *heap);
/* Ends some of the deaths that wait, and collects what is due, if anything is. */
COLD void collect_due(poolobj_heap *heap);

/* Calls `each` with all living objects, or those of one type if it is not NULL, but for those that
   a round has condemned. It may not end any. */
void collect_walk(poolobj_heap *heap, const poolobj_type *type,
                  void (*each)(poolobj *object, void *arg), void *arg);
/* Called for a heap that ends. Collects garbage and calls finalizers until no garbage is left, or a
   few times at most, then calls `drop`. */
void collect_last(poolobj_heap *heap);

#ifdef __cplusplus
}
#endif

#endif
