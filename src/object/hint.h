/* SPDX-License-Identifier: MIT */
/*
 * hint.h - which objects may be garbage: trial deletion in slices, while the program runs between
 * them. What it leaves white is a guess that only a test may act on (verdict.h); but it always has
 * all that was unreachable when it began.
 *
 *   clear    hints are 0 and objects of the oldest generation from now on, so that collections of
 *            younger ones pass them by
 *   count    each object is white; its hint is its count less the references to it, modulo 256
 *   rescue   who has a hint is grey; what grey objects refer to becomes grey in turn, by sweeps or
 *            by a queue of pools (sweep.h)
 *   sieve    count and rescue once more, among the white alone
 *
 * Each function works on one pool and returns false if there is more to do in it.
 */
#ifndef POOLALLOC_OBJECT_HINT_H
#define POOLALLOC_OBJECT_HINT_H

#include "object/generation.h"
#include "object/round_scan.h"

#ifdef __cplusplus
extern "C" {
#endif

void hint_clear(struct gc_round *round, struct type_pool *pool);
bool hint_count(struct gc_round *round, struct type_pool *pool);
bool hint_rescue(struct gc_round *round, struct type_pool *pool);
/* Notes whether the pool has grey objects, for the choice between sweep and queue. Hints have done
   their part: those of white objects are 0 from here on, whatever the rescue has left. */
void hint_look(struct gc_round *round, struct type_pool *pool);
/* Goes on with the rescue in a pool of the queue; the pools of what it makes grey are queued. */
bool hint_visit(struct gc_round *round, struct type_pool *pool);
void hint_sieve_clear(struct gc_round *round, struct type_pool *pool);
bool hint_sieve_count(struct gc_round *round, struct type_pool *pool);

/* The queue of pools: each once, in the order in which they came. */
void hint_queue_clear(struct gc_round *round);
void hint_queue_add(struct gc_round *round, struct type_pool *pool);

/* Whether a round may count a white object; one that is dying or immortal is white no more. */
static inline bool hint_is_countable(const poolobj *object) {
    if (likely(object->count > 0)) return true;
    struct marks *marks = ledger_round(object);
    marks->white.word[ledger_set_word(object)] &= ~ledger_set_bit(object);
    return false;
}

#ifdef __cplusplus
}
#endif

#endif
