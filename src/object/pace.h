/* SPDX-License-Identifier: MIT */
/*
 * pace.h - when it is time to collect.
 *
 * By objects: CPython's rules, of 3.11. A generation is due when what was made since, or the number
 * of collections of the next younger one, exceeds its threshold; the oldest only when what waits
 * for it is a quarter of what there is.
 *
 * With POOLOBJ_GC_ADAPTIVE the threshold of the youngest follows what is found: where hardly any of
 * the young are garbage it doubles, to as many as a short pause has time for and no more than a
 * small part of all objects; where much is, it falls. While hardly any are garbage, both younger
 * generations are collected at once, so that an object is looked at once before it is old; and
 * three times of four they become old without a look. After a full collection that found hardly
 * anything the next waits for a half of what there is, until one finds much. Where most objects
 * that become old are garbage soon afterwards, rounds are minor (round.h): what they leave of
 * these still counts, so that a heap grows no further than without them; and after some of them a
 * major one is next, as what was old before may be garbage, too.
 *
 * By memory: objects may hold more than shows in their number. `outside` counts what the program
 * tells, the tables of values, and objects that have pools of their own. When it has grown since
 * the last collection, the young are due; when it has grown since the last full one by more than a
 * quarter, and more than what costs less than looking at all objects, a full one is. Memory that
 * nobody tells of shows in the growth of the whole process, where its malloc says how much it has
 * given out (poolalloc_in_use): then the young are due, which costs little where it was for
 * nothing.
 */
#ifndef POOLALLOC_OBJECT_PACE_H
#define POOLALLOC_OBJECT_PACE_H

#include "object/object_heap.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { STEP_BIRTHS = 512 }; /* between two steps */

/* Sets heap->trigger after a change of what it follows from. */
void pace_arm(poolobj_heap *heap);
/* Whether collections begin by themselves now. */
bool pace_is_automatic(const poolobj_heap *heap);
/* The oldest generation that is due, or -1. */
int pace_due(const poolobj_heap *heap);
/* Whether a step of a round that goes on by itself is due. */
bool pace_step_is_due(const poolobj_heap *heap);
/* The next step is due in a while. */
void pace_wait_for_step(poolobj_heap *heap);
/* Whether the young, which are due, may become old without a look: counts the times. */
bool pace_may_promote(poolobj_heap *heap);
/* A collection of `generation` has looked at so many objects, and so many of them were garbage. */
void pace_collected(poolobj_heap *heap, int generation, size_t examined, size_t garbage);
/* A round has come to its end. */
void pace_round_ended(poolobj_heap *heap);
/* Whether a round that is due now is to be a minor one. */
bool pace_may_be_minor(const poolobj_heap *heap);
/* Memory has settled after a collection. */
void pace_settle(poolobj_heap *heap, int generation);

/* Whether a round is under way that goes on by itself. */
static inline bool pace_steps(const poolobj_heap *heap) {
    return heap->round.phase != ROUND_IDLE && heap->options & POOLOBJ_GC_INCREMENTAL;
}
/* Objects hold so many bytes more outside of the pools that they share, or less. */
static inline void pace_press(poolobj_heap *heap, ptrdiff_t bytes) {
    heap->pace.outside += bytes;
    if (unlikely(bytes > 0 && heap->pace.outside > heap->pace.mark)) pace_arm(heap);
}
/* Looks at the memory of the process, now that some was taken for objects. */
void pace_look(poolobj_heap *heap);

#ifdef __cplusplus
}
#endif

#endif
