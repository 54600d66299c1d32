/* SPDX-License-Identifier: MIT */
/*
 * round.h - a full collection in steps, between which the program runs and does what it likes:
 * references may move between fields and variables by plain stores, without a change of any count.
 *
 *   clear, count, rescue   a guess at what is garbage, in slices            (hint.h)
 *   batches                what lies side by side tested and freed, each at one instant (batch.h)
 *   pieces                 small pieces of it tested and freed, each at one instant  (piece.h)
 *   aside, group           what is left put aside, from where it comes back in groups  (group.h)
 *   dry, check             a group tested: in slices, then at one instant   (verdict.h)
 *   sieve                  the test failed: a better guess, in slices; the last without the program
 *   drop, free             what the test has condemned goes, in slices; the next group follows
 *
 * All that is unreachable when a round begins is gone when it ends, but for what finalizers brought
 * back: no program code reaches it, collections of younger generations pass it by, and each phase
 * keeps it white. Nothing that the program can reach is ever freed: whatever was missed while it
 * ran makes a wrong guess, and a wrong guess fails the test.
 *
 * A minor round looks at recent pools alone: those in which objects have become old since the
 * beginning of the last round but one. Objects of others are outside for it, as variables are: what
 * they refer to lives, and what of them is unreachable waits for a major round. All else is the
 * same, as the test holds for any set of objects.
 */
#ifndef POOLALLOC_OBJECT_ROUND_H
#define POOLALLOC_OBJECT_ROUND_H

#include "object/hint.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Begins a round, of recent pools alone if it is a minor one; none is under way. False: no memory
   for it. */
bool round_begin(poolobj_heap *heap, bool minor);
/* Goes on until `until` of os_clock_ns, or for `work` objects and references, or to the end. Caller
   keeps other collections from beginning meanwhile. */
void round_run(poolobj_heap *heap, uint64_t until, uint64_t work);
/* Ends a round that is under way, as a full collection or a freeze is to begin: what was condemned
   goes, the rest is left as it is. Returns how many objects went. */
size_t round_abort(poolobj_heap *heap);

static inline bool round_is_active(const poolobj_heap *heap) {
    return heap->round.phase != ROUND_IDLE;
}
/* Whether an object is condemned: then nothing leads to it but weak references and walks over all
   objects. */
static inline bool round_has_condemned(const poolobj_heap *heap, const poolobj *object) {
    return unlikely(heap->round.certified) && ledger_set_has(&ledger_round(object)->white, object);
}

#ifdef __cplusplus
}
#endif

#endif
