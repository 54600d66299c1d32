/* SPDX-License-Identifier: MIT */
#include "object/verdict.h"

#include "base/check.h"
#include "object/weakref.h"
#include "os/os.h"

static inline struct object_set *white_of(const struct type_pool *pool) {
    return &ledger_round((void *)pool->base)->white;
}

static void prefetch_ahead(struct type_pool *pool) {
    const struct type_pool *ahead = type_pool_ahead(pool);
    if (ahead != NULL) type_pool_prefetch_set(ahead, white_of(ahead));
}

/* ---- Sums ---- */

static bool add_sum(struct gc_round *round, poolobj *object) {
    if (!hint_is_countable(object)) return false;
    round->sum += (uint32_t)object->count;
    round->candidates++;
    return true;
}

ALWAYS_INLINE void add_edges(struct gc_round *round, poolobj *const *slots, size_t count) {
    uint64_t edges = 0;
    for (size_t i = 0; i < count; i++)
        edges += ledger_set_has(&ledger_round(slots[i])->white, slots[i]);
    round->edges += edges;
}

static inline void edges_span(poolobj *const *slots, size_t count, void *arg) {
    struct scan *scan = (struct scan *)arg;
    count = round_scan_part(scan, &slots, count);
    add_edges(scan->round, slots, count);
}

bool verdict_sum(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->phase == ROUND_DRY);
    struct object_set white = *white_of(pool);
    round->work++;
    if (!ledger_set_any(&white)) return true;
    prefetch_ahead(pool);
    hint_queue_add(round, pool);
    return round_scan_set(round, pool, &white, add_sum, edges_span);
}

bool verdict_is_garbage(const struct gc_round *round) { return round->sum == round->edges; }

static inline void all_edges(poolobj *const *slots, size_t count, void *round) {
    add_edges((struct gc_round *)round, slots, count);
}

/* Adds the sums of a pool. True: each of its white objects is white still. */
static bool sum_pool(struct gc_round *round, struct type_pool *pool, uint8_t *flags) {
    ASSERT(round->phase == ROUND_CHECK);
    struct object_set white = *white_of(pool);
    bool all = true;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = white.word[w]; rest != 0; rest &= rest - 1) {
            poolobj *object = type_pool_lowest(pool, w, rest);
            if (!add_sum(round, object)) {
                all = false;
                continue;
            }
            *flags |= object->flags;
            object_references(pool->type, pool, object, all_edges, round);
        }
    return all;
}

/* ---- All pools with white objects ----
 * The pools that the sums have noted, or every pool if there were too many. */

struct walk {
    size_t next;
    struct type_pool *pool;
};

static struct type_pool *next_noted(const struct gc_round *round, struct walk *walk) {
    ASSERT(!round->overflow);
    while (walk->next < round->queue_last) {
        struct type_pool *pool = round->scratch->queue[walk->next++ % ROUND_QUEUE_MAX];
        if (pool != NULL) return pool;
    }
    return NULL;
}

static struct type_pool *next_pool(const poolobj_heap *heap, struct walk *walk) {
    const struct gc_round *round = &heap->round;
    if (!round->overflow) return next_noted(round, walk);
    return walk->pool = type_pool_after(heap, walk->pool);
}

/* The objects of the pool so many places on are asked for, which the processor does not foresee. */
enum { NOTED_AHEAD = 4 };

static void prefetch_noted(const struct gc_round *round, const struct walk *walk) {
    size_t at = walk->next + NOTED_AHEAD;
    if (round->overflow) prefetch_ahead(walk->pool);
    if (round->overflow || at >= round->queue_last) return;
    const struct type_pool *pool = round->scratch->queue[at % ROUND_QUEUE_MAX];
    if (pool != NULL) type_pool_prefetch_set(pool, white_of(pool));
}

static bool has_calls(poolobj_heap *heap) {
    struct walk walk = {heap->round.queue_first, NULL};
    if (heap->weak.used == 0) return false;
    for (struct type_pool *pool; (pool = next_pool(heap, &walk)) != NULL;)
        for (unsigned w = 0; w < MARK_WORDS; w++)
            for (uint64_t rest = white_of(pool)->word[w]; rest != 0; rest &= rest - 1) {
                const poolobj *object = type_pool_lowest(pool, w, rest);
                if (object->flags & WEAKLY_REFERENCED && weakref_is_called(heap, object))
                    return true;
            }
    return false;
}

/* Adds the sums of all pools. False: an object in them is white no more, to which references may
   have been counted. */
static bool sum_all(poolobj_heap *heap, uint8_t *flags) {
    struct gc_round *round = &heap->round;
    struct walk walk = {round->queue_first, NULL};
    bool all = true;
    *flags = 0;
    round->sum = round->edges = round->candidates = 0;
    for (struct type_pool *pool; (pool = next_pool(heap, &walk)) != NULL;) {
        prefetch_noted(round, &walk);
        all &= sum_pool(round, pool, flags);
    }
    round->work += 4 * round->candidates;
    return all;
}

void verdict_check(poolobj_heap *heap, bool *called) {
    struct gc_round *round = &heap->round;
    uint8_t flags;
    bool all = sum_all(heap, &flags);
    if (!all) all = sum_all(heap, &flags); /* the program did not run: it is none this time */
    CHECK(all);
    *called = verdict_is_garbage(round) &&
              (flags & FINALIZE || (flags & WEAKLY_REFERENCED && has_calls(heap)));
}

/* ---- Finalizers and callbacks ---- */

static void each_white(struct type_pool *pool, void (*each)(poolobj *object, void *arg),
                       void *arg) {
    const struct object_set *white = white_of(pool);
    for (unsigned w = 0; w < MARK_WORDS; w++) {
        uint64_t seen = 0, rest;
        while ((rest = white->word[w] & ~seen) != 0) {
            seen |= rest & -rest;
            each(type_pool_lowest(pool, w, rest), arg);
        }
    }
}

static void clear_called(poolobj *object, void *cleared) {
    if (object->flags & WEAKLY_REFERENCED)
        weakref_clear(object_heap(object), object, true, (struct link *)cleared);
}

static void finalize_candidate(poolobj *object, void *unused) {
    (void)unused;
    if (type_pool_is_object(object)) object_finalize(object);
}

/* All are cleared before the first is called: no callback sees another white object through one. */
static void call_weakrefs(poolobj_heap *heap) {
    ASSERT(heap->weak.used > 0);
    struct walk walk = {heap->round.queue_first, NULL};
    struct link cleared;
    link_init(&cleared);
    for (struct type_pool *pool; (pool = next_pool(heap, &walk)) != NULL;)
        each_white(pool, clear_called, &cleared);
    weakref_call(&cleared);
}

static bool has_finalizers(const struct type_pool *pool) {
    return type_pool_finalizes(pool->type) && ledger_set_any(white_of(pool));
}

void verdict_call(poolobj_heap *heap, uint64_t until) {
    ASSERT(heap->round.phase == ROUND_CHECK && !heap->round.certified);
    struct walk walk = {heap->round.queue_first, NULL};
    if (heap->weak.used > 0) call_weakrefs(heap);
    for (struct type_pool *pool; (pool = next_pool(heap, &walk)) != NULL;) {
        if (!has_finalizers(pool)) continue;
        pool->held = true;
        each_white(pool, finalize_candidate, NULL);
        bool ends = pool->used == 0; /* the walk must have left it when it goes */
        if (ends) walk.pool = NULL;
        type_pool_let_go(pool);
        if (ends && heap->round.overflow) return;
        if (os_clock_ns() >= until) return;
    }
}

/* ---- The end ---- */

static bool clear_all(struct gc_round *round, poolobj *object) {
    struct link cleared;
    (void)round;
    if (!(object->flags & WEAKLY_REFERENCED)) return true;
    link_init(&cleared);
    ASSERT(!weakref_is_called(object_heap(object), object));
    weakref_clear(object_heap(object), object, false, &cleared);
    weakref_call(&cleared);
    return true;
}

static inline void drop_garbage_span(poolobj *const *slots, size_t count, void *arg) {
    struct scan *scan = (struct scan *)arg;
    count = round_scan_part(scan, &slots, count);
    for (size_t i = 0; i < count; i++) {
        poolobj *to = slots[i];
        if (likely(ledger_set_has(&ledger_round(to)->white, to)) || to == NULL) continue;
        scan->round->dead = object_drop(to, scan->round->dead);
    }
}

bool verdict_drop(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->certified && pool->held);
    struct object_set white = *white_of(pool);
    round->work++;
    if (ledger_set_any(&white)) prefetch_ahead(pool);
    return round_scan_set(round, pool, &white, clear_all, drop_garbage_span);
}

static void drop_candidate(poolobj *object, void *unused) {
    (void)unused;
    ASSERT(object_type(object)->drop != NULL);
    object_type(object)->drop(object);
}

void verdict_free(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->certified && pool->held);
    struct object_set white = *white_of(pool);
    round->work++;
    if (!ledger_set_any(&white)) return;
    if (pool->type->drop != NULL) each_white(pool, drop_candidate, NULL);
    size_t count = type_pool_free_set(pool, white);
    poolobj_heap *heap = pool->type->heap;
    heap->count[0] -= (int)size_min(count, (size_t)heap->count[0]);
    round->freed += count;
    round->work += 2 * count;
}
