/* SPDX-License-Identifier: MIT */
/*
 * verdict.h - the end of all that is white: the test of piece.h on all white objects at once, and
 * how those go for which it holds.
 *
 * The sums are first taken in slices, which costs no pause and mostly tells whether it is worth
 * while; what counts is the second time, at one instant. Then nothing but white objects leads to a
 * white object, and it stays so: the program has no way to any. So all references that they hold to
 * others are dropped in slices, while all of them are whole, and their blocks go last.
 */
#ifndef POOLALLOC_OBJECT_VERDICT_H
#define POOLALLOC_OBJECT_VERDICT_H

#include "object/hint.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adds the sums of a pool and notes it, if it has white objects. False: there is more. */
bool verdict_sum(struct gc_round *round, struct type_pool *pool);
bool verdict_is_garbage(const struct gc_round *round);
/* Takes the sums of all pools at this instant. Sets *called to whether the white objects are
   garbage with finalizers or callbacks that are due. */
void verdict_check(poolobj_heap *heap, bool *called);
/* Calls the finalizers and callbacks that are due, finalizers until `until` of os_clock_ns; what is
 * white is to be tested anew. */
void verdict_call(poolobj_heap *heap, uint64_t until);
/* Drops what white objects hold of others, and weak references to them. False: there is more. */
bool verdict_drop(struct gc_round *round, struct type_pool *pool);
/* Frees the white objects of a held pool. */
void verdict_free(struct gc_round *round, struct type_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
