/* SPDX-License-Identifier: MIT */
/*
 * round_scan.h - how a round goes through objects: pool by pool, and through an object with many
 * references part by part, so that it can stop after any SCAN_FIELDS of them and go on in the next
 * step, whatever became of the object meanwhile.
 */
#ifndef POOLALLOC_OBJECT_ROUND_SCAN_H
#define POOLALLOC_OBJECT_ROUND_SCAN_H

#include "object/object.h"

enum { SCAN_FIELDS = 4096 };

#ifdef __cplusplus
extern "C" {
#endif

/* A walk over the fields of one object: what `traverse` calls comes as often as it likes, and only
   the part is looked at that begins after `skip` fields and has up to `room`. */
struct scan {
    struct gc_round *round;
    uintptr_t nowhere;
    size_t skip, room;
    bool cut;    /* there are more fields */
    bool frozen; /* a part of the heap is */
};

/* The part of a span of fields that belongs to the walk. */
ALWAYS_INLINE size_t round_scan_part(struct scan *scan, poolobj *const **slots, size_t count) {
    size_t skip = size_min(scan->skip, count);
    scan->skip -= skip;
    *slots += skip;
    count -= skip;
    if (unlikely(count > scan->room)) {
        count = scan->room;
        scan->cut = true;
    }
    scan->room -= count;
    return count;
}

/* Only objects of a type with `traverse`, and large ones, may have more references than a step has
   time for. */
static inline bool round_scan_is_short(const struct type_pool *pool) {
    return pool->bin != NULL && pool->type->traverse == NULL;
}

/* Whether so few of the objects that were tried were freed that trying more costs too much: below a
   quarter, after four times what one batch or piece may have. */
static inline bool round_scan_is_in_vain(uint64_t tried, uint64_t freed, size_t of_one) {
    return tried > 4 * of_one && freed < tried / 4;
}

/* Visits the next fields of an object; false: there are more. `visit` gets the scan. */
ALWAYS_INLINE bool round_scan_object(struct gc_round *round, struct type_pool *pool,
                                     poolobj *object, poolobj_visit visit) {
    size_t skip = round->part == object ? round->field : 0;
    struct scan scan = {round, pool->type->heap->nowhere, skip, SCAN_FIELDS,
                        false, pool->type->heap->frozen};
    object_references(pool->type, pool, object, visit, &scan);
    round->work += 1 + SCAN_FIELDS - scan.room;
    round->part = scan.cut ? object : NULL;
    round->field = skip + SCAN_FIELDS;
    return !scan.cut;
}

/* Calls `begin` with each object of a set, from the granule on where the round is, and visits the
   fields of those for which it returns true. False: there is more. */
ALWAYS_INLINE bool round_scan_set(struct gc_round *round, struct type_pool *pool,
                                  const struct object_set *set,
                                  bool (*begin)(struct gc_round *round, poolobj *object),
                                  poolobj_visit visit) {
    const unsigned from = round->granule / 64;
    for (unsigned w = from; w < MARK_WORDS; w++) {
        uint64_t rest = set->word[w];
        if (w == from) rest &= ~(uint64_t)0 << round->granule % 64;
        for (; rest != 0; rest &= rest - 1) {
            poolobj *object = type_pool_lowest(pool, w, rest);
            if (round->part != object && !begin(round, object)) continue;
            if (round_scan_object(round, pool, object, visit)) continue;
            round->granule = w * 64 + bit_lowest(rest);
            return false;
        }
    }
    round->granule = 0;
    return true;
}

#ifdef __cplusplus
}
#endif

#endif
