/* SPDX-License-Identifier: MIT */
#include "object/sweep.h"

#include "base/check.h"

enum { QUEUE_SHARE = 16, QUEUE_ALWAYS = 8, POOLS_AHEAD = 4 };

size_t sweep_few(size_t pools) { return size_max(pools / QUEUE_SHARE, QUEUE_ALWAYS); }

static inline struct marks *sweep_marks(const struct type_pool *pool) {
    return ledger_marks((void *)pool->base);
}

static inline bool pool_has_grey(const struct type_pool *pool) {
    return ledger_set_any(&sweep_marks(pool)->grey);
}

/* ---- Sweeps ---- */

/* NULL has marks of the heap's own, in the pool `nowhere`. */
ALWAYS_INLINE void mark_reached(const poolobj *to, uintptr_t nowhere) {
    const void *at = to != NULL ? to : (const void *)nowhere;
    ledger_rescue(ledger_marks(at), at);
}

static inline void mark_span(poolobj *const *slots, size_t count, void *nowhere) {
    for (size_t i = 0; i < count; i++) mark_reached(slots[i], (uintptr_t)nowhere);
}

static void visit_grey_word(struct type_pool *pool, unsigned word, uint64_t rest) {
    ASSERT(pool->held);
    const poolobj_type *type = pool->type;
    const size_t first = type->pair[0], second = type->pair[1];
    const uintptr_t nowhere = type->heap->nowhere;
    for (; rest != 0; rest &= rest - 1) {
        poolobj *object = type_pool_lowest(pool, word, rest);
        if (likely(type->is_pair)) {
            mark_reached(*object_field(object, first), nowhere);
            mark_reached(*object_field(object, second), nowhere);
        } else {
            object_references(type, pool, object, mark_span, (void *)nowhere);
        }
    }
}

/* Visits the grey objects of a pool, those that become grey in it meanwhile too. */
static void visit_pool(struct type_pool *pool) {
    ASSERT(pool->held);
    struct object_set *grey = &sweep_marks(pool)->grey;
    do {
        for (unsigned w = 0; w < MARK_WORDS; w++)
            for (uint64_t now; (now = grey->word[w]) != 0;) {
                grey->word[w] = 0;
                visit_grey_word(pool, w, now);
            }
    } while (pool_has_grey(pool));
}

static void sweep_pools(struct type_pool *chain) {
    const struct type_pool *ahead = chain;
    for (int i = 0; i < POOLS_AHEAD && ahead != NULL; i++) ahead = ahead->next_work;
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work) {
        if (ahead != NULL) {
            type_pool_prefetch_set(ahead, &sweep_marks(ahead)->grey);
            ahead = ahead->next_work;
        }
        if (pool_has_grey(pool)) visit_pool(pool);
    }
}

/* ---- The queue ---- */

struct queue {
    struct type_pool *first, *last;
    size_t length;
};

static struct type_pool queue_end; /* so that next_grey tells whether a pool is queued */

static void queue_pool(struct queue *queue, struct type_pool *pool) {
    ASSERT(pool->next_grey == NULL);
    pool->next_grey = &queue_end;
    if (queue->length++ == 0)
        queue->first = pool;
    else
        queue->last->next_grey = pool;
    queue->last = pool;
}

static struct type_pool *take_queued_pool(struct queue *queue) {
    ASSERT(queue->length > 0);
    struct type_pool *pool = queue->first;
    queue->first = pool->next_grey;
    queue->length--;
    pool->next_grey = NULL;
    return pool;
}

static inline void queue_span(poolobj *const *slots, size_t count, void *arg) {
    struct queue *queue = (struct queue *)arg;
    for (size_t i = 0; i < count; i++) {
        const poolobj *to = slots[i];
        struct marks *marks = ledger_marks(to);
        if (!ledger_set_has(&marks->white, to)) continue;
        ledger_rescue(marks, to);
        struct type_pool *pool = ledger_pool(to);
        if (pool->next_grey == NULL) queue_pool(queue, pool);
    }
}

/* Visits the grey objects of a pool that was queued. What becomes grey in the pool itself has it
   queued anew. */
static void visit_queued(struct queue *queue, struct type_pool *pool) {
    ASSERT(pool->held && pool->next_grey == NULL);
    struct object_set *grey = &sweep_marks(pool)->grey;
    for (unsigned w = 0; w < MARK_WORDS; w++) {
        uint64_t rest = grey->word[w];
        grey->word[w] = 0;
        for (; rest != 0; rest &= rest - 1)
            object_references(pool->type, pool, type_pool_lowest(pool, w, rest), queue_span, queue);
    }
}

/* Queues the pools with grey objects. */
static void queue_grey(struct queue *queue, struct type_pool *chain) {
    ASSERT(queue->length == 0);
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        if (pool_has_grey(pool)) queue_pool(queue, pool);
}

void sweep_chain(struct type_pool *chain, size_t pools) {
    ASSERT(chain != NULL && pools > 0);
    const size_t few = sweep_few(pools);
    struct queue queue = {NULL, NULL, 0};
    do {
        sweep_pools(chain);
        queue_grey(&queue, chain);
        while (queue.length > 0 && queue.length <= few)
            visit_queued(&queue, take_queued_pool(&queue));
        const bool ends = queue.length == 0;
        while (queue.length > 0) take_queued_pool(&queue);
        if (ends) return;
    } while (true);
}
