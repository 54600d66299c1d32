/* SPDX-License-Identifier: MIT */
#include "object/hint.h"

#include "base/check.h"

/* ---- Clear and count ---- */

static inline struct marks *marks_here(const struct type_pool *pool) {
    return ledger_round((void *)pool->base);
}
static inline uint8_t *hints_here(const struct type_pool *pool) {
    return ledger_hint((void *)pool->base);
}

void hint_clear(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->phase == ROUND_CLEAR && !pool->frozen);
    memset(hints_here(pool), 0, POOL_GRANULES);
    memset(marks_here(pool), 0, sizeof(struct marks));
    pool->rounded = true;
    generation_promote(pool);
    round->pools++;
    round->work += 16;
}

/* NULL has a hint of the heap's own, that of the field's place in its pool. */
static inline const void *or_nowhere(const poolobj *to, uintptr_t nowhere, const void *slot) {
    return to != NULL ? to : (const void *)(nowhere + ((uintptr_t)slot & (POOL_SIZE - 1)));
}

/* Nothing is written of what is frozen, so that it stays shared with other processes; it costs a
   look at its pool, in heaps where anything is. */
static inline bool is_apart(const poolobj *to, bool frozen) {
    return unlikely(frozen) && (to == NULL || ledger_pool(to)->frozen);
}

static inline void subtract_slot(poolobj *const *slot, uintptr_t nowhere, bool frozen) {
    if (is_apart(*slot, frozen)) return;
    *ledger_hint(or_nowhere(*slot, nowhere, slot)) -= 1;
}

static inline void subtract_hint_span(poolobj *const *slots, size_t count, void *arg) {
    struct scan *scan = (struct scan *)arg;
    count = round_scan_part(scan, &slots, count);
    for (size_t i = 0; i < count; i++) subtract_slot(&slots[i], scan->nowhere, scan->frozen);
}

static bool add_count(struct gc_round *round, poolobj *object) {
    (void)round;
    ASSERT(round->phase == ROUND_COUNT);
    if (object->count <= 0) return false; /* dying or immortal: as outside as a variable */
    ledger_round(object)->white.word[ledger_set_word(object)] |= ledger_set_bit(object);
    *ledger_hint(object) += (uint8_t)object->count;
    return true;
}

/* Hints of objects that come soon: one miss per reference is most of what counting costs in a heap
   that no cache holds. */
enum { AHEAD = 8 };

static inline void prefetch_hint(const poolobj *object, size_t offset) {
    ledger_prefetch_hint(*object_field(object, offset));
}

static size_t count_pairs(struct type_pool *pool, const struct object_set *members) {
    ASSERT(pool->type->is_pair);
    const poolobj_type *type = pool->type;
    const size_t first = type->pair[0], second = type->pair[1], stride = pool->stride;
    const size_t end = pool->capacity * stride;
    const uintptr_t nowhere = type->heap->nowhere;
    const bool frozen = type->heap->frozen;
    struct object_set white = {{0}};
    for (size_t offset = 0; offset < end; offset += stride) {
        poolobj *object = (poolobj *)(pool->base + offset);
        if (offset + AHEAD * stride < end) {
            const poolobj *later = (const poolobj *)(pool->base + offset + AHEAD * stride);
            prefetch_hint(later, first);
            prefetch_hint(later, second);
        }
        unsigned word = ledger_set_word(object);
        if (object->count <= 0 || !(members->word[word] & ledger_set_bit(object))) continue;
        white.word[word] |= ledger_set_bit(object);
        *ledger_hint(object) += (uint8_t)object->count;
        subtract_slot(object_field(object, first), nowhere, frozen);
        subtract_slot(object_field(object, second), nowhere, frozen);
    }
    marks_here(pool)->white = white;
    return ledger_set_count(&white);
}

/* The objects of a pool that are in the round: those of the oldest generation. */
static struct object_set oldest_of(const struct type_pool *pool) {
    const struct ages *ages = ledger_ages((void *)pool->base);
    struct object_set oldest;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        oldest.word[w] = ages->high.word[w] & ~ages->low.word[w];
    return oldest;
}

bool hint_count(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->phase == ROUND_COUNT && pool->held && !pool->frozen);
    struct object_set members = oldest_of(pool);
    bool done = true;
    pool->rounded = true;
    if (likely(pool->type->is_pair)) {
        type_pool_prefetch(type_pool_next(pool));
        round->work += 3 * count_pairs(pool, &members);
    } else {
        done = round_scan_set(round, pool, &members, add_count, subtract_hint_span);
    }
    if (done) round->examined += ledger_set_count(&marks_here(pool)->white);
    return done;
}

/* ---- Rescue ---- */

ALWAYS_INLINE void rescue_slot(poolobj *const *slot, uintptr_t nowhere, bool frozen) {
    if (is_apart(*slot, frozen)) return;
    const void *to = or_nowhere(*slot, nowhere, slot);
    ledger_rescue(ledger_round(to), to);
}

static inline void rescue_hint_span(poolobj *const *slots, size_t count, void *arg) {
    struct scan *scan = (struct scan *)arg;
    count = round_scan_part(scan, &slots, count);
    for (size_t i = 0; i < count; i++) rescue_slot(&slots[i], scan->nowhere, scan->frozen);
}

static NOINLINE void rescue_queued(struct gc_round *round, const poolobj *to) {
    ASSERT(round->phase == ROUND_QUEUE && ledger_set_has(&ledger_round(to)->white, to));
    ledger_rescue(ledger_round(to), to);
    hint_queue_add(round, ledger_pool(to));
}

static inline void rescue_span_queued(poolobj *const *slots, size_t count, void *arg) {
    struct scan *scan = (struct scan *)arg;
    count = round_scan_part(scan, &slots, count);
    for (size_t i = 0; i < count; i++)
        if (ledger_set_has(&ledger_round(slots[i])->white, slots[i]))
            rescue_queued(scan->round, slots[i]);
}

/* Bit n: byte n is not 0. */
static uint64_t nonzero_bytes(const uint8_t *bytes) {
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f), gather = UINT64_C(0x0002040810204081);
    uint64_t word = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t eight;
        memcpy(&eight, bytes + 8 * i, sizeof eight);
        eight = (((eight & low) + low) | eight) & ~low;
        word |= ((eight >> 7) * (gather << 7) >> 56) << 8 * i;
    }
    return word;
}

static void rescue_by_hints(struct type_pool *pool) {
    struct marks *marks = marks_here(pool);
    const uint8_t *hints = hints_here(pool);
    for (unsigned w = 0; w < MARK_WORDS; w++) {
        if (marks->white.word[w] == 0) continue;
        uint64_t held = marks->white.word[w] & nonzero_bytes(hints + 64 * w);
        marks->white.word[w] ^= held;
        marks->grey.word[w] |= held;
    }
}

/* True: grey objects are left, behind where it has been. A chain that leads on within a word is
   followed at once. */
static bool visit_pairs(struct gc_round *round, struct type_pool *pool) {
    ASSERT(pool->type->is_pair);
    struct marks *marks = marks_here(pool);
    const size_t first = pool->type->pair[0], second = pool->type->pair[1];
    const uintptr_t nowhere = pool->type->heap->nowhere;
    const bool frozen = pool->type->heap->frozen;
    for (unsigned w = 0; w < MARK_WORDS; w++)
        for (uint64_t rest; (rest = marks->grey.word[w]) != 0;) {
            marks->grey.word[w] = 0;
            round->work += 3 * bit_count(rest);
            for (; rest != 0; rest &= rest - 1) {
                const poolobj *object = type_pool_lowest(pool, w, rest);
                rescue_slot(object_field(object, first), nowhere, frozen);
                rescue_slot(object_field(object, second), nowhere, frozen);
            }
        }
    return ledger_set_any(&marks->grey);
}

/* Visits the grey objects of a pool; each stays grey until all its fields are visited. The bits of
   one that died meanwhile went with its block. False: there is more. */
ALWAYS_INLINE bool visit_objects(struct gc_round *round, struct type_pool *pool,
                                 poolobj_visit visit, uint64_t *any) {
    struct marks *marks = marks_here(pool);
    for (unsigned w = 0; w < MARK_WORDS; w++)
        while (marks->grey.word[w] != 0) {
            uint64_t grey = marks->grey.word[w];
            *any |= grey;
            if (!round_scan_object(round, pool, type_pool_lowest(pool, w, grey), visit))
                return false;
            marks->grey.word[w] &= ~(grey & -grey);
        }
    return true;
}

static void prefetch_ahead(struct type_pool *pool) {
    const struct type_pool *ahead = type_pool_ahead(pool);
    if (ahead != NULL) type_pool_prefetch_set(ahead, &marks_here(ahead)->grey);
}

bool hint_rescue(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->phase == ROUND_RESCUE && pool->held && !pool->frozen);
    struct marks *marks = marks_here(pool);
    round->work++;
    if (round->first) rescue_by_hints(pool); /* once more after a cut changes nothing */
    if (!ledger_set_any(&marks->grey)) return true;
    prefetch_ahead(pool);
    uint64_t any;
    do {
        any = 0;
        if (likely(pool->type->is_pair))
            any = visit_pairs(round, pool);
        else if (!visit_objects(round, pool, rescue_hint_span, &any))
            return false;
    } while (any != 0);
    return true;
}

bool hint_visit(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->phase == ROUND_QUEUE && !pool->frozen);
    uint64_t any;
    round->work++;
    do {
        any = 0;
        if (!visit_objects(round, pool, rescue_span_queued, &any)) return false;
    } while (any != 0);
    return true;
}

void hint_look(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->phase == ROUND_LOOK);
    round->work++;
    if (ledger_set_any(&marks_here(pool)->white)) {
        memset(hints_here(pool), 0, POOL_GRANULES);
        round->work += 4;
    }
    if (!ledger_set_any(&marks_here(pool)->grey)) return;
    round->grey_pools++;
    hint_queue_add(round, pool);
}

/* ---- Sieve: among the white alone ---- */

void hint_sieve_clear(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->phase == ROUND_SIEVE_CLEAR);
    round->work++;
    ledger_make_all_white(marks_here(pool)); /* what was aside (group.h), too */
    if (!ledger_set_any(&marks_here(pool)->white)) return;
    memset(hints_here(pool), 0, POOL_GRANULES);
    round->work += 4;
}

static bool add_white(struct gc_round *round, poolobj *object) {
    (void)round;
    if (!hint_is_countable(object)) return false;
    *ledger_hint(object) += (uint8_t)object->count;
    return true;
}

bool hint_sieve_count(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->phase == ROUND_SIEVE_COUNT && pool->held);
    struct object_set white = marks_here(pool)->white;
    round->work++;
    return round_scan_set(round, pool, &white, add_white, subtract_hint_span);
}

/* ---- The queue ---- */

void hint_queue_clear(struct gc_round *round) {
    for (; round->queue_first != round->queue_last; round->queue_first++) {
        struct type_pool *pool = round->scratch->queue[round->queue_first % ROUND_QUEUE_MAX];
        if (pool != NULL) pool->queued = false;
    }
    round->overflow = false;
}

void hint_queue_add(struct gc_round *round, struct type_pool *pool) {
    ASSERT(round->queue_last - round->queue_first <= ROUND_QUEUE_MAX);
    if (pool->queued) return;
    if (round->queue_last - round->queue_first == ROUND_QUEUE_MAX) {
        round->overflow = true;
        return;
    }
    pool->queued = true;
    round->scratch->queue[round->queue_last++ % ROUND_QUEUE_MAX] = pool;
}
