/* SPDX-License-Identifier: MIT */
/*
 * generation.h - how old objects are, and which pools have young ones.
 *
 * The objects of a collection of generation g are those of age 0 to g. Before it counts anything,
 * they move up: who survives is where it belongs, and who does not has no age any more.
 */
#ifndef POOLALLOC_OBJECT_GENERATION_H
#define POOLALLOC_OBJECT_GENERATION_H

#include "object/object.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A collection of `generation` begins. Returns the chain of the pools that may have objects of it,
   by next_work. They are held, so that none goes away, until generation_let_go. */
struct type_pool *generation_take(poolobj_heap *heap, int generation);
/* Where objects of ages 0 to `generation` are in a pool, or free blocks. */
struct object_set generation_places(const struct type_pool *pool, int generation);
/* Where objects of ages 0 to `generation` are: those that are in the collection. */
struct object_set generation_members(const struct type_pool *pool, int generation);
/* The members are a generation older from now on. */
void generation_age(struct type_pool *pool, const struct object_set *members, int generation);
/* Moves the pools of the chain, which have no object of generation 0, to the lists where they
   belong: current ones to the young, as they will have some. */
void generation_sort(poolobj_heap *heap, struct type_pool *chain);
/* All objects of the pool are of the oldest generation from now on. */
void generation_promote(struct type_pool *pool);
/* All objects of the two younger generations are of the oldest from now on, and the counts of
   these are set back. */
void generation_promote_young(poolobj_heap *heap);
/* The pools of the chain are no longer held. */
void generation_let_go(struct type_pool *chain);

/* Freezes all pools that the collector tracks: whole, whatever the ages of their objects, and
   without a write to any object. Between collections. */
void generation_freeze(poolobj_heap *heap);
/* Opens all frozen pools again, their objects of age OLDEST. Between collections. */
void generation_unfreeze(poolobj_heap *heap);
/* Freezes all pools there are, those that the collector does not track too. */
void generation_freeze_all(poolobj_heap *heap);
/* Objects in frozen pools. */
size_t generation_frozen(const poolobj_heap *heap);

#ifdef __cplusplus
}
#endif

#endif
