/* SPDX-License-Identifier: MIT */
#include "object/pace.h"

#include "base/check.h"

#include <limits.h>

/* What is held makes a collection due when it has grown by so much, and by one of so many parts. */
static const int64_t YOUNG_LEAST = 4 * (int64_t)MIB, FULL_LEAST = 8 * (int64_t)MIB;
static const size_t PROCESS_LEAST = 8 * MIB;
enum { YOUNG_PARTS = 16, FULL_PARTS = 4, PROCESS_PARTS = 8, STEPS_OF_YOUNG = 64 };

/* A full collection looks at an object in about the time in which so many bytes are made. */
enum { BYTES_AN_OBJECT = 4 };

/* Shares of garbage, of ALL. */
enum { ALL = 1024, HARDLY_ANY = ALL / 64, MUCH = ALL / 8 };
/* The threshold of the youngest, where it adapts: at least so many; at most so many, which a pause
   of a fraction of a millisecond has time for; and at most one of so many old objects, beyond some.
 */
enum { YOUNG_LEAST_COUNT = 700, YOUNG_MOST = 8192, YOUNG_SPARE = 4096, YOUNG_PART = 32 };

/* Objects that have grown old by the time of ten collections of ten of the least threshold. */
enum { OLD_ENOUGH = 100 * YOUNG_LEAST_COUNT };

/* A full collection found little if less than one object of so many was garbage; after one that
   found little, the next finds little up to a larger share. */
enum { LITTLE = 64, LITTLE_NO_MORE = 8 };

/* Minor rounds between two major ones at the most, and major ones after a minor one in vain. */
enum { MINORS_MOST = 8, FORGO = 8 };

static int64_t largest(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t young_growth(const poolobj_heap *heap) {
    return largest(YOUNG_LEAST, heap->pace.outside / YOUNG_PARTS);
}

/* ---- When ---- */

bool pace_is_automatic(const poolobj_heap *heap) {
    return heap->enabled && !heap->collecting && !heap->closing && heap->threshold[0] > 0;
}

/* True if young objects last, as far as has been seen. */
static bool is_lasting(const poolobj_heap *heap) {
    return heap->pace.share < HARDLY_ANY && heap->threshold[0] >= YOUNG_SPARE;
}

/* While young objects last, one collection in so many looks at them, whether they still do; where
   the others are due, the young objects become old without a look. */
enum { LOOK_EVERY = 4 };

static bool is_pressed(const poolobj_heap *heap) {
    return heap->pace.process_grew || heap->pace.outside > heap->pace.mark;
}

void pace_arm(poolobj_heap *heap) {
    heap->trigger = heap->waiting != NULL ? heap->next_slice : INT_MAX;
    if (heap->options & POOLOBJ_GC_POLLED) heap->trigger = INT_MAX;
    if (!pace_is_automatic(heap) || heap->options & POOLOBJ_GC_POLLED) return;
    int due = is_pressed(heap) ? 0 : heap->threshold[0];
    if (due < heap->trigger) heap->trigger = due;
    if (pace_steps(heap) && heap->round.next < heap->trigger) heap->trigger = heap->round.next;
}

/* A full collection costs as much as there is: without the quarter, a heap that only grows would be
   walked a number of times that grows with it. */
static bool is_worthwhile(const poolobj_heap *heap, int generation) {
    if (generation == OLDEST && pace_steps(heap)) return false;
    size_t part = heap->pace.little && heap->options & POOLOBJ_GC_ADAPTIVE ? 2 : 4;
    return generation < OLDEST || heap->long_lived_pending >= heap->long_lived_total / part;
}

/* Where the young wait for longer, collections of the middle generation count for more objects. */
static bool is_over(const poolobj_heap *heap, int generation) {
    if (heap->count[generation] > heap->threshold[generation]) return true;
    return generation == OLDEST && heap->options & POOLOBJ_GC_ADAPTIVE &&
           heap->long_lived_pending > OLD_ENOUGH;
}

static int due_now(const poolobj_heap *heap) {
    if (heap->pace.outside > heap->pace.full_mark && !pace_steps(heap)) return OLDEST;
    for (int g = OLDEST; g >= 0; g--)
        if (is_over(heap, g) && is_worthwhile(heap, g)) return g;
    bool young = heap->pace.process_grew || heap->pace.outside > heap->pace.young_mark;
    return young ? 0 : -1;
}

int pace_due(const poolobj_heap *heap) {
    int due = due_now(heap);
    if (due != 0 || !(heap->options & POOLOBJ_GC_ADAPTIVE)) return due;
    size_t next = heap->pace.middle + (size_t)heap->threshold[0];
    return is_lasting(heap) || next > YOUNG_MOST ? 1 : 0;
}

bool pace_may_promote(poolobj_heap *heap) {
    struct pace *pace = &heap->pace;
    if (!(heap->options & POOLOBJ_GC_ADAPTIVE) || !is_lasting(heap) || is_pressed(heap)) {
        pace->lasting = 0;
        return false;
    }
    return ++pace->lasting > LOOK_EVERY && pace->lasting % LOOK_EVERY != 0;
}

bool pace_step_is_due(const poolobj_heap *heap) {
    if (!pace_steps(heap)) return false;
    return heap->count[0] > heap->round.next || heap->pace.outside > heap->pace.step_mark;
}

/* What is held may grow while a round is under way, in which few objects are made: it gets its
   steps all the same. */
static void set_mark(poolobj_heap *heap) {
    struct pace *pace = &heap->pace;
    int64_t other = pace_steps(heap) ? pace->step_mark : pace->full_mark;
    pace->mark = other < pace->young_mark ? other : pace->young_mark;
}

void pace_wait_for_step(poolobj_heap *heap) {
    heap->round.next = heap->count[0] + STEP_BIRTHS;
    heap->pace.step_mark = heap->pace.outside + young_growth(heap) / STEPS_OF_YOUNG;
    set_mark(heap);
    pace_arm(heap);
}

/* ---- What has happened ---- */

/* The most young objects that are worth while to wait for. */
static int young_most(const poolobj_heap *heap) {
    return (int)size_min(YOUNG_MOST, YOUNG_SPARE + heap->long_lived_total / YOUNG_PART);
}

static void adapt(poolobj_heap *heap, size_t examined, size_t garbage) {
    ASSERT(garbage <= examined);
    int *threshold = &heap->threshold[0], most = young_most(heap);
    if (examined == 0) return;
    unsigned share = (unsigned)(garbage * ALL / examined);
    heap->pace.share = (3 * heap->pace.share + share) / 4;
    if (share > ALL / 2)
        *threshold = YOUNG_LEAST_COUNT; /* what the program does has changed */
    else if (heap->pace.share > MUCH)
        *threshold = (int)size_max((size_t)*threshold / 2, YOUNG_LEAST_COUNT);
    else if (heap->pace.share < HARDLY_ANY)
        *threshold = (int)size_min(2 * (size_t)*threshold, (size_t)most);
}

void pace_collected(poolobj_heap *heap, int generation, size_t examined, size_t garbage) {
    ASSERT(generation >= 0 && generation <= OLDEST);
    ASSERT(garbage <= examined);
    struct pace *pace = &heap->pace;
    const size_t survivors = examined - garbage;
    pace->middle = generation == 0 ? pace->middle + survivors : 0;
    if (generation == OLDEST) {
        heap->long_lived_total = survivors;
        heap->long_lived_pending = 0;
        pace->minors = 0;
        if (heap->options & POOLOBJ_GC_ADAPTIVE)
            pace->little = garbage < examined / (pace->little ? LITTLE_NO_MORE : LITTLE);
    } else {
        if (generation == OLDEST - 1) heap->long_lived_pending += survivors;
        if (heap->options & POOLOBJ_GC_ADAPTIVE) adapt(heap, examined, garbage);
    }
}

/* ---- Minor rounds ---- */

bool pace_may_be_minor(const poolobj_heap *heap) {
    const struct pace *pace = &heap->pace;
    if (!(heap->options & POOLOBJ_GC_ADAPTIVE) || pace->outside > pace->full_mark) return false;
    return pace->recent_pays && pace->minors < MINORS_MOST;
}

static void note_major(struct pace *pace, bool pays) {
    pace->forgo -= pace->forgo > 0;
    pace->recent_pays = pays && pace->forgo == 0;
}

static void note_minor(struct pace *pace, bool pays) {
    pace->minors++;
    pace->forgo = pays ? 0 : FORGO;
    pace->recent_pays = pays;
}

/* What has become old since a round began is not of it. */
void pace_round_ended(poolobj_heap *heap) {
    const struct gc_round *round = &heap->round;
    const size_t since = heap->long_lived_pending, freed = size_min(round->freed, round->examined);
    const bool pays = freed > round->pending / 2;
    if (round->minor) {
        heap->long_lived_pending = since + round->pending - size_min(freed, round->pending);
        note_minor(&heap->pace, pays);
    } else {
        pace_collected(heap, OLDEST, round->examined, freed);
        heap->long_lived_pending = since;
        note_major(&heap->pace, pays);
    }
}

void pace_settle(poolobj_heap *heap, int generation) {
    ASSERT(generation >= 0 && generation <= OLDEST);
    struct pace *pace = &heap->pace;
    int64_t total = (int64_t)heap->long_lived_total;
    pace->young_mark = pace->outside + young_growth(heap);
    if (generation == OLDEST)
        pace->full_mark = pace->outside + largest(largest(FULL_LEAST, pace->outside / FULL_PARTS),
                                                  total * BYTES_AN_OBJECT);
    store_poll();
    size_t process = store_in_use();
    pace->process_mark = process + size_max(PROCESS_LEAST, process / PROCESS_PARTS);
    pace->process_grew = false;
    set_mark(heap);
}

void pace_look(poolobj_heap *heap) {
    if (heap->pace.process_grew || !(heap->options & POOLOBJ_GC_ADAPTIVE)) return;
    if (store_in_use() <= heap->pace.process_mark) return;
    heap->pace.process_grew = true;
    pace_arm(heap);
}
