/* SPDX-License-Identifier: MIT */
#include "object/reach.h"

#include "base/check.h"

/* ---- Enter and subtract ---- */

/* Immortal objects have a working count that nothing takes to 0. */
static void copy_counts(const struct type_pool *pool, const struct object_set *set) {
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = set->word[w]; rest != 0; rest &= rest - 1) {
            poolobj *object = type_pool_at_granule(pool, w * 64 + bit_lowest(rest));
            *count_of(object) = (uint32_t)object->count;
        }
}

static size_t enter(struct type_pool *pool, int generation) {
    struct object_set members = generation_members(pool, generation);
    marks_of((void *)pool->base)->white = members;
    generation_age(pool, &members, generation);
    return set_count(&members);
}

/* References to what is not in the collection take nothing off. */
static inline void subtract_span(poolobj *const *slots, size_t count, void *arg) {
    (void)arg;
    for (size_t i = 0; i < count; i++) {
        const poolobj *to = slots[i];
        const struct marks *marks = marks_of(to);
        *count_of(to) -= set_has(&marks->white, to);
    }
}

static void subtract(const struct type_pool *pool) {
    const struct object_set white = marks_of((void *)pool->base)->white;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = white.word[w]; rest != 0; rest &= rest - 1) {
            poolobj *object = type_pool_at_granule(pool, w * 64 + bit_lowest(rest));
            object_references(pool->type, pool, object, subtract_span, NULL);
        }
}

/* ---- Enter and subtract in one pass, when all there are take part ----
 * No reference leads to an object that is not entered, but for untracked and frozen ones, whose
 * counts mean nothing. So the working counts may start at 0 and be added up in any order. */

static inline void subtract_always(poolobj *const *slots, size_t count, void *arg) {
    (void)arg;
    for (size_t i = 0; i < count; i++) *count_of(slots[i]) -= 1;
}

static void clear_counts(struct type_pool *chain) {
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        memset(count_of((void *)pool->base), 0,
               pool->bin != NULL ? POOL_GRANULES * sizeof(uint32_t) : sizeof(uint32_t));
}

static size_t enter_and_subtract(struct type_pool *pool) {
    struct object_set members = generation_members(pool, OLDEST);
    const poolobj_type *type = pool->type;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = members.word[w]; rest != 0; rest &= rest - 1) {
            poolobj *object = type_pool_at_granule(pool, w * 64 + bit_lowest(rest));
            *count_of(object) += (uint32_t)object->count;
            object_references(type, pool, object, subtract_always, NULL);
        }
    marks_of((void *)pool->base)->white = members;
    generation_age(pool, &members, OLDEST);
    return set_count(&members);
}

/* ---- Rescue ---- */

/* Pools with grey objects, in the order in which they got their first: a pool then has gathered
   more by the time it is looked at. */
struct queue {
    struct type_pool *first, *last;
};

static struct type_pool queue_end; /* so that next_grey tells whether a pool is queued */

static void queue_add(struct queue *queue, struct type_pool *pool) {
    if (pool->next_grey != NULL) return;
    pool->next_grey = &queue_end;
    if (queue->first == &queue_end)
        queue->first = pool;
    else
        queue->last->next_grey = pool;
    queue->last = pool;
}

/* Without branches that depend on what is found, which nothing predicts. */
static inline void rescue_span(poolobj *const *slots, size_t count, void *arg) {
    for (size_t i = 0; i < count; i++) {
        const poolobj *to = slots[i];
        struct marks *marks = marks_of(to);
        unsigned word = set_word(to);
        uint64_t found = marks->white.word[word] & set_bit(to), grey = marks->grey.word[word];
        marks->white.word[word] ^= found;
        marks->grey.word[word] = grey | found;
        if (unlikely(grey == 0 && found != 0)) queue_add((struct queue *)arg, type_pool_of(to));
    }
}

static void visit_word(struct type_pool *pool, unsigned word, struct queue *queue) {
    uint64_t *grey = &marks_of((void *)pool->base)->grey.word[word];
    while (*grey != 0) {
        uint64_t rest = *grey;
        *grey = 0;
        for (; rest != 0; rest &= rest - 1) {
            poolobj *object = type_pool_at_granule(pool, word * 64 + bit_lowest(rest));
            object_references(pool->type, pool, object, rescue_span, queue);
        }
    }
}

static void visit_pool(struct type_pool *pool, struct queue *queue) {
    const struct object_set *grey = &marks_of((void *)pool->base)->grey;
    uint64_t any;
    do {
        any = 0;
        for (unsigned w = 0; w < MARK_WORDS; w++) visit_word(pool, w, queue);
        for (unsigned w = 0; w < MARK_WORDS; w++) any |= grey->word[w];
    } while (any != 0);
}

/* Empties the queue. */
static void rescue(struct queue *queue) {
    while (queue->first != &queue_end) {
        struct type_pool *pool = queue->first;
        visit_pool(pool, queue);
        queue->first = pool->next_grey;
        pool->next_grey = NULL;
    }
}

/* Bit n: counts[n] is not 0. */
static uint64_t nonzero(const uint32_t *counts) {
    uint64_t word = 0;
    for (unsigned i = 0; i < 64; i++) word |= (uint64_t)(counts[i] != 0) << i;
    return word;
}

/* The objects of a pool that are referred to from outside become grey. */
static void find_roots(struct type_pool *pool, struct queue *queue) {
    struct marks *marks = marks_of((void *)pool->base);
    const uint32_t *counts = count_of((void *)pool->base);
    uint64_t any = 0;
    for (unsigned w = 0; w < MARK_WORDS; w++) {
        if (marks->white.word[w] == 0) continue;
        uint64_t roots = marks->white.word[w] & nonzero(counts + w * 64);
        marks->white.word[w] ^= roots;
        marks->grey.word[w] |= roots;
        any |= roots;
    }
    if (any != 0) queue_add(queue, pool);
}

/* R2 of the white objects. */
static void check_counts(const struct type_pool *pool) {
    const struct object_set *white = &marks_of((void *)pool->base)->white;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = white->word[w]; rest != 0; rest &= rest - 1) {
            poolobj *object = type_pool_at_granule(pool, w * 64 + bit_lowest(rest));
            if (object->count > 0 && (int32_t)*count_of(object) < 0)
                fail_call("poolobj_gc_collect:", "more references are reported than are held to",
                          (uintptr_t)object, pool->type->name);
        }
}

static void check(const poolobj_heap *heap, const struct type_pool *chain) {
    if (!DEBUG_BUILD && !(heap->debug & POOLOBJ_GC_VERIFY)) return;
    for (; chain != NULL; chain = chain->next_work) check_counts(chain);
}

static void find_and_rescue(struct type_pool *chain) {
    struct queue queue = {&queue_end, NULL};
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work) {
        find_roots(pool, &queue);
        rescue(&queue);
    }
}

/* ---- The whole ---- */

static void mark_from_roots(poolobj_heap *heap) {
    struct queue queue = {&queue_end, NULL};
    const struct roots *roots = &heap->roots;
    for (size_t i = 0; i < roots->count; i++) rescue_span((poolobj *const *)roots->slot[i], 1, &queue);
    if (roots->report != NULL) roots->report(rescue_span, &queue, roots->arg);
    rescue(&queue);
}

static bool has_roots(const poolobj_heap *heap) {
    return heap->roots.count > 0 || heap->roots.report != NULL;
}

void reach_find_again(poolobj_heap *heap, struct type_pool *chain) {
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        copy_counts(pool, &marks_of((void *)pool->base)->white);
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work) subtract(pool);
    check(heap, chain);
    find_and_rescue(chain);
}

size_t reach_find(poolobj_heap *heap, struct type_pool *chain, int generation) {
    size_t entered = 0;
    bool roots = has_roots(heap), fused = generation == OLDEST && !roots;
    if (fused) clear_counts(chain);
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        entered += fused ? enter_and_subtract(pool) : enter(pool, generation);
    if (roots && generation == OLDEST) mark_from_roots(heap);
    if (fused) {
        check(heap, chain);
        find_and_rescue(chain);
    } else {
        reach_find_again(heap, chain);
    }
    return entered;
}

size_t reach_count(const struct type_pool *chain) {
    size_t count = 0;
    for (const struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        count += set_count(&marks_of((void *)pool->base)->white);
    return count;
}

void reach_each(struct type_pool *pool, void (*each)(poolobj *object, void *arg), void *arg) {
    const struct object_set *white = &marks_of((void *)pool->base)->white;
    for (unsigned w = 0; w < MARK_WORDS; w++) {
        uint64_t seen = 0, rest;
        while ((rest = white->word[w] & ~seen) != 0) {
            seen |= rest & -rest;
            each(type_pool_at_granule(pool, w * 64 + bit_lowest(rest)), arg);
        }
    }
}
