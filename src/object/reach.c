/* SPDX-License-Identifier: MIT */
#include "object/reach.h"

#include "base/check.h"
#include "object/sweep.h"

static inline struct marks *pool_marks(const struct type_pool *pool) {
    return ledger_marks((void *)pool->base);
}
static inline uint32_t *pool_counts(const struct type_pool *pool) {
    return ledger_count((void *)pool->base);
}

/* The working count that a field at `offset` of its pool leads to. For NULL it is one of the heap's
   pool `nowhere`, by the place of the field: the processor would have to wait if it were one for
   all. */
static inline uint32_t *count_for(const poolobj *to, uintptr_t nowhere, size_t offset) {
    ASSERT(offset < POOL_SIZE);
    return ledger_count(to != NULL ? to : (const void *)(nowhere + offset));
}
static inline uint32_t *count_at(poolobj *const *slot, uintptr_t nowhere) {
    return count_for(*slot, nowhere, (uintptr_t)slot & (POOL_SIZE - 1));
}

/* ---- Enter and subtract: some generations ---- */

/* Immortal objects have a working count that nothing takes to 0. */
static void copy_counts(const struct type_pool *pool) {
    ASSERT(pool->held);
    const struct object_set *white = &pool_marks(pool)->white;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = white->word[w]; rest != 0; rest &= rest - 1) {
            const poolobj *object = type_pool_lowest(pool, w, rest);
            *ledger_count(object) = (uint32_t)object->count;
        }
}

static void copy_all_counts(struct type_pool *chain) {
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work) copy_counts(pool);
}

/* What is known of a pool's objects, all of which will be written to, before it is needed. */
static inline void prefetch_ledger(const struct type_pool *pool) {
    if (pool == NULL) return;
    __builtin_prefetch(ledger_ages((void *)pool->base), 1);
    __builtin_prefetch(pool_marks(pool), 1);
    const char *counts = (const char *)pool_counts(pool);
    for (unsigned at = 0; at < sizeof(uint32_t) * POOL_GRANULES; at += CACHE_LINE)
        __builtin_prefetch(counts + at, 1);
}

/* Makes the members of a pool white and copies their counts. Returns how many there are. */
static size_t whiten_pool_members(struct type_pool *pool, int generation) {
    ASSERT(pool->held && pool->type->tracked);
    struct object_set members = generation_places(pool, generation);
    uint32_t *counts = pool_counts(pool);
    size_t whitened = 0;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = members.word[w]; rest != 0; rest &= rest - 1) {
            const poolobj *object = type_pool_lowest(pool, w, rest);
            bool is_object = type_pool_is_object(object);
            counts[w * 64 + bit_lowest(rest)] = (uint32_t)object->count;
            members.word[w] ^= is_object ? 0 : rest & -rest;
            whitened += is_object;
        }
    pool_marks(pool)->white = members;
    generation_age(pool, &members, generation);
    return whitened;
}

/* What is not in the collection has a working count that nobody looks at. */
static inline void subtract_span(poolobj *const *slots, size_t count, void *nowhere) {
    for (size_t i = 0; i < count; i++) *count_at(&slots[i], (uintptr_t)nowhere) -= 1;
}

/* Pairs have a path of their own, so that what the loops over objects need of the type stays in
   registers. */
ALWAYS_INLINE void subtract_pair(const poolobj *object, size_t offset, size_t first, size_t second,
                                 uintptr_t nowhere) {
    *count_for(*object_field(object, first), nowhere, offset + first) -= 1;
    *count_for(*object_field(object, second), nowhere, offset + second) -= 1;
}

/* Subtracts with a look at white first: nothing is written of what does not take part. Where pools
   are frozen, all that is known of them stays shared with other processes. And in a heap whose
   counts no cache holds, a look at the marks, which are much smaller, costs less. */
ALWAYS_INLINE void subtract_if_white(const poolobj *to) {
    if (ledger_set_has(&ledger_marks(to)->white, to)) *ledger_count(to) -= 1;
}

static inline void subtract_white(poolobj *const *slots, size_t count, void *unused) {
    (void)unused;
    for (size_t i = 0; i < count; i++) subtract_if_white(slots[i]);
}

static void subtract_apart(const struct type_pool *pool) {
    ASSERT(pool->held && pool->type->tracked);
    const struct object_set *white = &pool_marks(pool)->white;
    const poolobj_type *type = pool->type;
    const size_t first = type->pair[0], second = type->pair[1];
    const bool is_pair = type->is_pair;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = white->word[w]; rest != 0; rest &= rest - 1) {
            poolobj *object = type_pool_lowest(pool, w, rest);
            if (likely(is_pair)) {
                subtract_if_white(*object_field(object, first));
                subtract_if_white(*object_field(object, second));
            } else {
                object_references(type, pool, object, subtract_white, NULL);
            }
        }
}

static void subtract(const struct type_pool *pool) {
    ASSERT(pool->held && pool->type->tracked && !pool->type->heap->frozen);
    const struct object_set *white = &pool_marks(pool)->white;
    const poolobj_type *type = pool->type;
    const size_t first = type->pair[0], second = type->pair[1];
    const uintptr_t base = pool->base, nowhere = type->heap->nowhere;
    const bool is_pair = type->is_pair;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = white->word[w]; rest != 0; rest &= rest - 1) {
            poolobj *object = type_pool_lowest(pool, w, rest);
            if (likely(is_pair))
                subtract_pair(object, (uintptr_t)object - base, first, second, nowhere);
            else
                object_references(type, pool, object, subtract_span, (void *)nowhere);
        }
}

/* ---- Enter and subtract: all generations, in one pass ----
 * No reference leads to an object that is not whitened, but for untracked ones, which have
 * ELSEWHERE as working count: nothing takes it to 0, so that no look at white is needed. The counts
 * of the others start at 0 and are added up in any order. Not where pools are frozen, of which
 * nothing is written. */

#define ELSEWHERE (UINT32_C(1) << 31)

static void set_counts(struct type_pool *pool, uint32_t to) {
    ASSERT(!pool->frozen);
    uint32_t *counts = pool_counts(pool);
    size_t count = pool->bin != NULL ? POOL_GRANULES : 1;
    for (size_t i = 0; i < count; i++) counts[i] = to;
}

static void clear_counts(const poolobj_heap *heap) {
    for (const poolobj_type *type = object_heap_first_populated(heap); type != NULL;
         type = object_heap_next_populated(type)) {
        for (struct type_pool *pool = type_pool_first(type); pool != NULL;
             pool = type_pool_next(pool))
            set_counts(pool, type->tracked ? 0 : ELSEWHERE);
    }
}

/* How many objects ahead counts are asked for, where no cache holds them; in heaps in order this
   would take longer than it saves. Where no object lies, its fields lead anywhere. */
enum { OBJECTS_AHEAD = 8 };

static inline void prefetch_counts(const poolobj *object, size_t first, size_t second) {
    ledger_prefetch_count(*object_field(object, first));
    ledger_prefetch_count(*object_field(object, second));
}

ALWAYS_INLINE size_t whiten_pool(struct type_pool *pool, bool far) {
    ASSERT(pool->held && !pool->frozen && pool->type->tracked);
    struct object_set members = generation_places(pool, OLDEST);
    const poolobj_type *type = pool->type;
    uint32_t *counts = pool_counts(pool);
    const uintptr_t base = pool->base, nowhere = type->heap->nowhere;
    const size_t stride = pool->stride, end = pool->capacity * stride;
    const size_t first = type->pair[0], second = type->pair[1];
    const bool is_pair = type->is_pair;
    for (size_t offset = 0; offset < end; offset += stride) {
        poolobj *object = (poolobj *)(base + offset);
        size_t granule = offset >> GRANULE_SHIFT;
        if (far && is_pair && offset + OBJECTS_AHEAD * stride < end)
            prefetch_counts((const poolobj *)(base + offset + OBJECTS_AHEAD * stride), first,
                            second);
        if (unlikely(object->count <= 0) && !type_pool_is_object(object)) {
            members.word[granule / 64] &= ~((uint64_t)1 << granule % 64);
            continue;
        }
        counts[granule] += (uint32_t)object->count;
        if (likely(is_pair))
            subtract_pair(object, offset, first, second, nowhere);
        else
            object_references(type, pool, object, subtract_span, (void *)nowhere);
    }
    pool_marks(pool)->white = members;
    generation_age(pool, &members, OLDEST);
    return ledger_set_count(&members);
}

static NOINLINE size_t whiten_near(struct type_pool *pool) { return whiten_pool(pool, false); }
static NOINLINE size_t whiten_far(struct type_pool *pool) { return whiten_pool(pool, true); }

/* Checks R2 of the white objects. */
static void check_counts(const struct type_pool *pool) {
    const struct object_set *white = &pool_marks(pool)->white;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = white->word[w]; rest != 0; rest &= rest - 1) {
            const poolobj *object = type_pool_lowest(pool, w, rest);
            if (object->count > 0 && (int32_t)*ledger_count(object) < 0)
                fail_call("poolobj_gc_collect:", "more references are reported than are held to",
                          (uintptr_t)object, object_heap_type_name(pool->type));
        }
}

static void check_chain(const poolobj_heap *heap, const struct type_pool *chain) {
    if (!DEBUG_BUILD && !(heap->debug & POOLOBJ_GC_VERIFY)) return;
    for (; chain != NULL; chain = chain->next_work) check_counts(chain);
}

/* ---- Rescue ----
 * A white object with a working count that is not 0 is rescued. One sweep over the pools visits the
 * rescued objects as it comes by them, and those that it rescues ahead of itself in the same pool
 * on the way. All others that are rescued become grey, and their pools queue up. */

struct rescue {
    uintptr_t here, ahead; /* the sweep is there, and has so many bytes of its pool before it */
    /* Pools with grey objects, in the order in which they got their first: a pool has gathered more
       by the time it is visited. */
    struct type_pool *first, *last;
    size_t queued;  /* pools */
    size_t visited; /* objects: in the end, all that were rescued */
};

static struct type_pool queue_end; /* so that next_grey tells whether a pool is queued */

static NOINLINE void queue_rescued(struct rescue *rescue, struct type_pool *pool) {
    ASSERT(pool->next_grey == NULL);
    pool->next_grey = &queue_end;
    if (rescue->first == &queue_end)
        rescue->first = pool;
    else
        rescue->last->next_grey = pool;
    rescue->last = pool;
    rescue->queued++;
}

static struct type_pool *next_rescued(struct rescue *rescue) {
    ASSERT(rescue->queued > 0);
    struct type_pool *pool = rescue->first;
    rescue->first = pool->next_grey;
    rescue->queued--;
    pool->next_grey = NULL;
    return pool;
}

static inline void make_grey(struct rescue *rescue, const poolobj *object) {
    ASSERT(ledger_pool(object)->held);
    uint64_t *grey = &ledger_marks(object)->grey.word[ledger_set_word(object)];
    uint64_t before = *grey;
    *grey = before | ledger_set_bit(object);
    if (likely(before != 0)) return;
    struct type_pool *pool = ledger_pool(object);
    if (pool->next_grey == NULL) queue_rescued(rescue, pool);
}

/* Who takes part: all objects; some, whose counts are at hand; some, in a heap where only their
   marks are. */
enum part { ALL, SOME, APART };

ALWAYS_INLINE bool is_white(const poolobj *to) {
    return ledger_set_has(&ledger_marks(to)->white, to);
}

ALWAYS_INLINE void rescue_one(struct rescue *rescue, const poolobj *to, uintptr_t here,
                              size_t ahead, enum part part) {
    if (part == APART && !is_white(to)) return;
    uint32_t *count = ledger_count(to); /* of NULL: not 0 */
    if (*count != 0) return;
    if (part == SOME && !is_white(to)) return;
    *count = 1;
    if ((uintptr_t)to - here >= ahead) make_grey(rescue, to);
}

ALWAYS_INLINE void rescue_span(struct rescue *rescue, poolobj *const *slots, size_t count,
                               enum part part) {
    for (size_t i = 0; i < count; i++)
        rescue_one(rescue, slots[i], rescue->here, rescue->ahead, part);
}

/* What object_references calls: one function for each part. */
static inline void rescue_some(poolobj *const *slots, size_t count, void *arg) {
    rescue_span((struct rescue *)arg, slots, count, SOME);
}
static inline void rescue_apart(poolobj *const *slots, size_t count, void *arg) {
    rescue_span((struct rescue *)arg, slots, count, APART);
}
static inline void rescue_any(poolobj *const *slots, size_t count, void *arg) {
    rescue_span((struct rescue *)arg, slots, count, ALL);
}

ALWAYS_INLINE void rescue_pair(struct rescue *rescue, uintptr_t object, size_t ahead, size_t first,
                               size_t second, enum part part) {
    rescue_one(rescue, *object_field((poolobj *)object, first), object, ahead, part);
    rescue_one(rescue, *object_field((poolobj *)object, second), object, ahead, part);
}

ALWAYS_INLINE void sweep_over(const struct type_pool *pool, size_t offset, struct rescue *rescue,
                              poolobj_visit visit) {
    poolobj *object = (poolobj *)(pool->base + offset);
    rescue->here = (uintptr_t)object;
    rescue->ahead = POOL_SIZE - offset;
    object_references(pool->type, pool, object, visit, rescue);
}

/* What is grey in a pool has a count, and so is visited on the way. */
static void sweep_all(struct type_pool *pool, struct rescue *rescue) {
    ASSERT(pool->held);
    struct marks *marks = pool_marks(pool);
    const uint32_t *counts = pool_counts(pool);
    const size_t stride = pool->stride, end = pool->capacity * stride;
    const bool is_pair = pool->type->is_pair;
    const size_t first = pool->type->pair[0], second = pool->type->pair[1];
    const uintptr_t base = pool->base;
    size_t visited = 0;
    memset(&marks->grey, 0, sizeof marks->grey);
    for (size_t offset = 0; offset < end; offset += stride) {
        size_t granule = offset >> GRANULE_SHIFT;
        if (counts[granule] == 0) continue; /* free blocks have 0 too */
        visited++;
        if (likely(is_pair))
            rescue_pair(rescue, base + offset, POOL_SIZE - offset, first, second, ALL);
        else
            sweep_over(pool, offset, rescue, rescue_any);
    }
    rescue->visited += visited;
}

/* Sweeps a pool of which few objects take part. */
ALWAYS_INLINE void sweep_part(struct type_pool *pool, struct rescue *rescue, enum part part,
                              poolobj_visit visit) {
    ASSERT(pool->held && part != ALL);
    struct marks *marks = pool_marks(pool);
    const uint32_t *counts = pool_counts(pool);
    const size_t first = pool->type->pair[0], second = pool->type->pair[1];
    const uintptr_t base = pool->base;
    const bool is_pair = pool->type->is_pair;
    memset(&marks->grey, 0, sizeof marks->grey);
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest = marks->white.word[w]; rest != 0; rest &= rest - 1) {
            if (counts[w * 64 + bit_lowest(rest)] == 0) continue;
            size_t offset = (uintptr_t)type_pool_lowest(pool, w, rest) - base;
            if (likely(is_pair))
                rescue_pair(rescue, base + offset, POOL_SIZE - offset, first, second, part);
            else
                sweep_over(pool, offset, rescue, visit);
            rescue->visited++;
        }
}
static void sweep_some(struct type_pool *pool, struct rescue *rescue) {
    sweep_part(pool, rescue, SOME, rescue_some);
}
static void sweep_apart(struct type_pool *pool, struct rescue *rescue) {
    sweep_part(pool, rescue, APART, rescue_apart);
}

static inline uint64_t visit_word(struct type_pool *pool, unsigned word, struct rescue *rescue) {
    uint64_t *grey = &pool_marks(pool)->grey.word[word];
    uint64_t rest = *grey, any = rest;
    *grey = 0;
    for (; rest != 0; rest &= rest - 1, rescue->visited++)
        object_references(pool->type, pool, type_pool_lowest(pool, word, rest), rescue_some,
                          rescue);
    return any;
}

static void visit_grey(struct type_pool *pool, struct rescue *rescue) {
    ASSERT(pool->held && pool->next_grey != NULL);
    uint64_t any;
    do {
        any = 0;
        for (unsigned w = 0; w < MARK_WORDS; w++) any |= visit_word(pool, w, rescue);
    } while (any != 0);
}

static bool has_grey(const struct type_pool *pool) {
    return ledger_set_any(&pool_marks(pool)->grey);
}

/* Pools that the sweep came by after they were queued have no grey object any more. */
static void queue_prune(struct rescue *rescue) {
    for (size_t left = rescue->queued; left > 0; left--) {
        struct type_pool *pool = next_rescued(rescue);
        if (has_grey(pool)) queue_rescued(rescue, pool);
    }
}

/* Visits the pools that wait. False: they have become more than `few`. A pool is queued while it is
   visited. */
static bool visit_queue(struct rescue *rescue, size_t few) {
    rescue->ahead = 0;
    while (rescue->queued > 0) {
        if (rescue->queued > few) return false;
        visit_grey(rescue->first, rescue);
        next_rescued(rescue);
    }
    return true;
}

/* Bit n: counts[n] is not 0. */
static uint64_t nonzero(const uint32_t *counts) {
    uint64_t word = 0;
    for (unsigned i = 0; i < 64; i++) word |= (uint64_t)(counts[i] != 0) << i;
    return word;
}

static void unmark_rescued(const struct type_pool *pool) {
    struct object_set *white = &pool_marks(pool)->white;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        if (white->word[w] != 0) white->word[w] &= ~nonzero(pool_counts(pool) + w * 64);
}

/* The rescued are white no more; `all`: every object was. */
static void unmark_chain(struct type_pool *chain, bool all) {
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        if (all)
            memset(&pool_marks(pool)->white, 0, sizeof(struct object_set));
        else
            unmark_rescued(pool);
}

static void sweep_first(struct type_pool *pool, struct rescue *rescue, enum part part) {
    type_pool_prefetch(pool->next_work);
    if (part == ALL)
        sweep_all(pool, rescue);
    else if (part == SOME)
        sweep_some(pool, rescue);
    else
        sweep_apart(pool, rescue);
}

/* What is rescued so far shows in the counts, and in marks from now on. */
static void sweep_on(struct type_pool *chain, size_t pools, struct rescue *rescue) {
    ASSERT(pools > 0);
    while (rescue->queued > 0) next_rescued(rescue);
    unmark_chain(chain, false);
    sweep_chain(chain, pools);
}

/* Rescues what the working counts say is held, and all that it leads to. True: it took sweeps by
   marks. */
static bool rescue_chain(struct type_pool *chain, size_t whitened, enum part part) {
    struct rescue rescue = {0, 0, &queue_end, NULL, 0, 0};
    size_t pools = 0;
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work, pools++)
        sweep_first(pool, &rescue, part);
    queue_prune(&rescue);
    if (visit_queue(&rescue, part == ALL ? sweep_few(pools) : SIZE_MAX)) {
        ASSERT(rescue.visited <= whitened);
        unmark_chain(chain, rescue.visited == whitened);
        return false;
    }
    sweep_on(chain, pools, &rescue);
    return true;
}

/* No cache holds the counts of more objects than this. */
enum { MANY = 200000 };

static void find_some(const poolobj_heap *heap, struct type_pool *chain, size_t whitened,
                      bool apart) {
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        apart ? subtract_apart(pool) : subtract(pool);
    check_chain(heap, chain);
    rescue_chain(chain, whitened, apart ? APART : SOME);
}

/* ---- The whole ---- */

static size_t find_all(poolobj_heap *heap, struct type_pool *chain) {
    ASSERT(!heap->frozen);
    size_t whitened = 0;
    clear_counts(heap);
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work) {
        type_pool_prefetch(pool->next_work);
        whitened += heap->swept ? whiten_far(pool) : whiten_near(pool);
    }
    check_chain(heap, chain);
    heap->swept = rescue_chain(chain, whitened, ALL);
    return whitened;
}

size_t reach_find(poolobj_heap *heap, struct type_pool *chain, int generation) {
    ASSERT(generation >= 0 && generation <= OLDEST);
    size_t whitened = 0;
    if (generation == OLDEST && !heap->frozen) return find_all(heap, chain);
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work) {
        prefetch_ledger(pool->next_work);
        whitened += whiten_pool_members(pool, generation);
    }
    find_some(heap, chain, whitened, heap->frozen || heap->long_lived_total > MANY);
    return whitened;
}

size_t reach_count(const struct type_pool *chain) {
    size_t count = 0;
    for (const struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        count += ledger_set_count(&pool_marks(pool)->white);
    return count;
}

void reach_find_again(poolobj_heap *heap, struct type_pool *chain) {
    ASSERT(chain == NULL || chain->held);
    copy_all_counts(chain);
    /* Most of what these refer to may lie elsewhere, where no page of counts is touched yet. */
    find_some(heap, chain, reach_count(chain), true);
}

void reach_each(struct type_pool *pool, void (*each)(poolobj *object, void *arg), void *arg) {
    ASSERT(pool->held);
    const struct object_set *white = &pool_marks(pool)->white;
    for (unsigned w = 0; w < MARK_WORDS; w++) {
        uint64_t seen = 0, rest;
        while ((rest = white->word[w] & ~seen) != 0) {
            seen |= rest & -rest;
            each(type_pool_lowest(pool, w, rest), arg);
        }
    }
}
