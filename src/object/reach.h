/* SPDX-License-Identifier: MIT */
/*
 * reach.h - which objects of a collection are unreachable: trial deletion, in passes over pools.
 *
 *   whiten    every object of the collection is white; its working count is a copy of its count
 *   subtract  each reference from one of them to another takes one off the other's working count
 *   rescue    who has some left is referred to from outside: grey. Each grey object's references
 *             are visited once, and the white objects they lead to become grey in turn
 *
 * What is white then is only referred to by what is white.
 *
 * Invariants of a working count after `subtract`, the second of which debug builds and
 * POOLOBJ_GC_VERIFY check:
 *   R1 working count = count - references from objects of the collection
 *   R2 a working count is not negative: otherwise a type reports a reference it does not hold
 */
#ifndef POOLALLOC_OBJECT_REACH_H
#define POOLALLOC_OBJECT_REACH_H

#include "object/generation.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Enters the objects of the generations 0 to `generation` in the pools of the chain, makes them a
   generation older, and leaves the unreachable white. Returns how many objects it made white. */
size_t reach_find(poolobj_heap *heap, struct type_pool *chain, int generation);
/* The white objects of the chain as if they were all there are: those that are reachable from
   outside of them are white no more. */
void reach_find_again(poolobj_heap *heap, struct type_pool *chain);
/* White objects of the chain. */
size_t reach_count(const struct type_pool *chain);
/* Calls `each` with the white objects of a pool; it may end any object. */
void reach_each(struct type_pool *pool, void (*each)(poolobj *object, void *arg), void *arg);

#ifdef __cplusplus
}
#endif

#endif
