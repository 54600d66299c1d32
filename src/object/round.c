/* SPDX-License-Identifier: MIT */
#include "object/round.h"

#include "base/check.h"
#include "object/batch.h"
#include "object/free_list.h"
#include "object/group.h"
#include "object/pace.h"
#include "object/piece.h"
#include "object/round_scan.h"
#include "object/sweep.h"
#include "object/verdict.h"
#include "os/os.h"

enum {
    SIEVES_MAX = 3, /* in slices; a program that moves references on purpose before each step would
                       make any number of them fail */
    LOOK_AFTER = 256, /* work between two looks at the clock */
    DEATHS_AT_ONCE = 64,
};

static void go(poolobj_heap *heap, enum round_phase phase) {
    ASSERT(phase > ROUND_IDLE && phase <= ROUND_LEAVE);
    struct gc_round *round = &heap->round;
    round->phase = phase;
    round->pool = type_pool_after(heap, NULL);
    round->granule = 0;
    round->part = NULL;
    round->sum = round->edges = round->candidates = 0;
    round->grey_pools = 0;
    if (phase == ROUND_LOOK || phase == ROUND_GROUP || phase == ROUND_DRY) hint_queue_clear(round);
}

bool round_begin(poolobj_heap *heap, bool minor) {
    ASSERT(heap->round.phase == ROUND_IDLE);
    struct round_scratch *scratch = heap->round.scratch;
    if (scratch == NULL) scratch = (struct round_scratch *)store_allocate(sizeof *scratch);
    if (scratch == NULL) return false;
    memset(&heap->round, 0, sizeof heap->round);
    heap->round.scratch = scratch;
    heap->round.minor = minor;
    heap->round.pending = heap->long_lived_pending;
    heap->long_lived_pending = 0;
    heap->count[OLDEST] = 0;
    if (!minor) heap->count[0] = heap->count[1] = 0;
    go(heap, ROUND_CLEAR);
    return true;
}

/* ---- The end ---- */

static void note_round(poolobj_heap *heap) {
    const struct gc_round *round = &heap->round;
    poolobj_gc_figures *figures = &heap->figures[OLDEST];
    figures->collections++;
    figures->examined += round->examined;
    figures->collected += round->freed;
    figures->resurrected += round->left;
    heap->steps.rounds++;
    pace_round_ended(heap);
}

static void end_round(poolobj_heap *heap) {
    ASSERT(heap->round.dead == NULL && !heap->round.certified);
    hint_queue_clear(&heap->round);
    group_end(&heap->round.group);
    note_round(heap);
    heap->round.phase = ROUND_IDLE;
    heap->round.certified = false;
    free_list_empty_all(heap);
}

static void unmark_pool(struct type_pool *pool) {
    if (pool->rounded) memset(ledger_round((void *)pool->base), 0, sizeof(struct marks));
    pool->rounded = pool->queued = false;
}

static void leave_pool(struct type_pool *pool) {
    unmark_pool(pool);
    pool->recent -= pool->recent > 0;
}

/* Ends a round without slices, as a full collection would. */
static void finish_at_once(poolobj_heap *heap) {
    ASSERT(heap->collecting);
    ASSERT(!heap->round.certified);
    hint_queue_clear(&heap->round);
    batch_free_all(heap);
    go(heap, ROUND_LEAVE);
}

/* ---- From phase to phase ---- */

static void sieve(poolobj_heap *heap) {
    ASSERT(heap->round.sieves <= SIEVES_MAX);
    heap->round.sieving = true;
    if (heap->round.sieves == SIEVES_MAX)
        finish_at_once(heap);
    else
        go(heap, ROUND_SIEVE_CLEAR);
}

static void fail_check(poolobj_heap *heap) {
    sieve(heap);
    heap->round.sieves++;
}

static void begin_rescue(poolobj_heap *heap, bool first) {
    hint_queue_clear(&heap->round);
    heap->round.first = first;
    go(heap, ROUND_RESCUE);
}

static void end_rescue(poolobj_heap *heap) {
    go(heap, heap->round.sieving ? ROUND_ASIDE : ROUND_BATCHES);
}

static void end_look(poolobj_heap *heap) {
    struct gc_round *round = &heap->round;
    ASSERT(round->phase == ROUND_LOOK);
    if (round->grey_pools == 0)
        end_rescue(heap);
    else if (round->overflow || round->grey_pools > sweep_few(round->pools))
        begin_rescue(heap, false);
    else
        round->phase = ROUND_QUEUE;
}

/* What was white of the group is gone. */
static void end_group(poolobj_heap *heap) {
    struct group *group = &heap->round.group;
    ASSERT(!heap->round.certified);
    go(heap, group->is_last ? ROUND_LEAVE : ROUND_GROUP);
    group_begin(group);
}

/* A group that came back piece by piece has its sums. */
static void work_on_group(poolobj_heap *heap) {
    const struct group *group = &heap->round.group;
    if (!group_gather(heap)) return;
    if (group->is_all)
        go(heap, ROUND_DRY);
    else if (group_is_garbage(group))
        heap->round.phase = ROUND_CHECK;
    else
        fail_check(heap);
}

/* What finalizers brought back makes no test fail. */
static void end_dry(poolobj_heap *heap) {
    ASSERT(heap->round.phase == ROUND_DRY);
    if (heap->round.candidates == 0)
        end_group(heap);
    else if (verdict_is_garbage(&heap->round))
        heap->round.phase = ROUND_CHECK;
    else if (heap->round.group.told)
        sieve(heap);
    else
        fail_check(heap);
}

/* The group is garbage with finalizers or callbacks that are due. */
static void tell(poolobj_heap *heap, uint64_t until) {
    struct gc_round *round = &heap->round;
    round->left += round->candidates - size_min(round->group.called, round->candidates);
    round->group.called = size_max(round->group.called, round->candidates);
    round->group.told = true;
    verdict_call(heap, until);
    go(heap, ROUND_DRY);
}

/* The test and what follows from it happen within one step. */
static void check_round(poolobj_heap *heap, uint64_t until) {
    ASSERT(heap->round.phase == ROUND_CHECK);
    struct gc_round *round = &heap->round;
    bool called;
    verdict_check(heap, &called);
    if (round->candidates == 0) {
        end_group(heap);
    } else if (!verdict_is_garbage(round)) {
        fail_check(heap);
    } else if (called) {
        tell(heap, until);
    } else {
        round->left -= size_min(round->left, round->candidates);
        round->certified = true;
        go(heap, ROUND_DROP);
    }
}

static void end_phase(poolobj_heap *heap) {
    switch (heap->round.phase) {
    case ROUND_CLEAR:
        go(heap, ROUND_COUNT);
        break;
    case ROUND_COUNT:
    case ROUND_SIEVE_COUNT:
        begin_rescue(heap, true);
        break;
    case ROUND_RESCUE:
        go(heap, ROUND_LOOK);
        break;
    case ROUND_LOOK:
        end_look(heap);
        break;
    case ROUND_BATCHES:
        go(heap, ROUND_PIECES);
        break;
    case ROUND_PIECES:
        go(heap, ROUND_ASIDE);
        break;
    case ROUND_ASIDE:
        group_begin_all(&heap->round.group);
        go(heap, ROUND_GROUP);
        break;
    case ROUND_DRY:
        end_dry(heap);
        break;
    case ROUND_SIEVE_CLEAR:
        go(heap, ROUND_SIEVE_COUNT);
        break;
    case ROUND_DROP:
        go(heap, ROUND_FREE);
        break;
    case ROUND_FREE:
        heap->round.certified = false;
        end_group(heap);
        break;
    default:
        end_round(heap);
        break;
    }
}

/* ---- Units of work ---- */

/* The part of a phase that is in one pool. False: there is more. */
static bool work_on(struct gc_round *round, struct type_pool *pool) {
    switch (round->phase) {
    case ROUND_CLEAR:
        return hint_clear(round, pool), true;
    case ROUND_COUNT:
        return hint_count(round, pool);
    case ROUND_RESCUE:
        return hint_rescue(round, pool);
    case ROUND_LOOK:
        return hint_look(round, pool), true;
    case ROUND_QUEUE:
        return hint_visit(round, pool);
    case ROUND_PIECES:
        return piece_try_pool(round, pool);
    case ROUND_ASIDE:
        return group_put_aside(round, pool), true;
    case ROUND_DRY:
        return verdict_sum(round, pool);
    case ROUND_SIEVE_CLEAR:
        return hint_sieve_clear(round, pool), true;
    case ROUND_SIEVE_COUNT:
        return hint_sieve_count(round, pool);
    case ROUND_DROP:
        return verdict_drop(round, pool);
    case ROUND_FREE:
        return verdict_free(round, pool), true;
    default:
        leave_pool(pool);
        round->work++;
        return true;
    }
}

/* What became recent behind the clearing is not in the round that is under way. */
static bool takes_part(const struct gc_round *round, const struct type_pool *pool) {
    if (!round->minor || pool->rounded) return true;
    return pool->recent > 0 && (round->phase == ROUND_CLEAR || round->phase == ROUND_LEAVE);
}

/* The round begins the next pool with its first object: one that was cut may have died since. */
static void end_part(struct gc_round *round) {
    round->granule = 0;
    round->part = NULL;
}

/* The pool stays while it is worked on; when it has no object any more, it goes afterwards, and the
   round is behind it by then, or moves on. */
static void work_on_next(poolobj_heap *heap) {
    struct gc_round *round = &heap->round;
    struct type_pool *pool = round->pool;
    ASSERT(!pool->held && !pool->frozen);
    if (!takes_part(round, pool)) {
        round->pool = type_pool_after(heap, pool);
        round->work++;
        return;
    }
    pool->held = true;
    if (work_on(round, pool)) {
        round->pool = type_pool_after(heap, pool);
        end_part(round);
    }
    type_pool_let_go(pool);
    if (round->phase == ROUND_PIECES &&
        round_scan_is_in_vain(round->traced, round->freed_in_pieces, ROUND_PIECE_MAX))
        go(heap, ROUND_ASIDE);
}

static void work_on_queue(poolobj_heap *heap) {
    struct gc_round *round = &heap->round;
    ASSERT(round->queue_last - round->queue_first <= ROUND_QUEUE_MAX);
    if (round->overflow) {
        begin_rescue(heap, false);
        return;
    }
    if (round->queue_first == round->queue_last) {
        end_rescue(heap);
        return;
    }
    struct type_pool *pool = round->scratch->queue[round->queue_first % ROUND_QUEUE_MAX];
    if (pool != NULL && !hint_visit(round, pool)) return;
    if (pool != NULL) pool->queued = false;
    end_part(round);
    round->queue_first++;
}

static void work_on_batch(poolobj_heap *heap) {
    const struct gc_round *round = &heap->round;
    if (round_scan_is_in_vain(round->tried_in_batches, round->freed_in_batches, ROUND_BATCH_MAX))
        go(heap, ROUND_PIECES);
    else
        batch_try_next(heap);
}

static void unit(poolobj_heap *heap, uint64_t until) {
    struct gc_round *round = &heap->round;
    if (round->phase == ROUND_CHECK)
        check_round(heap, until);
    else if (round->phase == ROUND_QUEUE)
        work_on_queue(heap);
    else if (round->phase == ROUND_BATCHES && round->pool != NULL)
        work_on_batch(heap);
    else if (round->phase == ROUND_GROUP)
        work_on_group(heap);
    else if (round->pool != NULL)
        work_on_next(heap);
    else
        end_phase(heap);
}

/* What died of the references that garbage held goes before anything else. */
static void work(poolobj_heap *heap, uint64_t until) {
    struct gc_round *round = &heap->round;
    if (round->dead != NULL) {
        poolobj *chain = round->dead;
        round->dead = NULL;
        round->dead = object_die_some(heap, chain, DEATHS_AT_ONCE);
        round->work += 2 * DEATHS_AT_ONCE;
    } else {
        unit(heap, until);
    }
}

/* A test of many objects, which can't be cut, begins a step. */
static bool waits_for_a_step(const struct gc_round *round) {
    enum { MANY = 16 * 1024 };
    bool many = round->candidates + round->group.members > MANY;
    return round->phase == ROUND_CHECK && many && round->work > LOOK_AFTER;
}

void round_run(poolobj_heap *heap, uint64_t until, uint64_t most) {
    ASSERT(heap->collecting && heap->round.phase != ROUND_IDLE);
    struct gc_round *round = &heap->round;
    uint64_t look = LOOK_AFTER;
    round->work = 0;
    do {
        work(heap, until);
        if (waits_for_a_step(round)) return;
        if (round->work < look) continue;
        if (os_clock_ns() >= until) return;
        look = round->work + LOOK_AFTER;
    } while (round->phase != ROUND_IDLE && round->work < most);
}

size_t round_abort(poolobj_heap *heap) {
    ASSERT(heap->collecting);
    struct gc_round *round = &heap->round;
    size_t before = round->freed;
    if (round->phase == ROUND_IDLE) return 0;
    while (round->dead != NULL || round->certified) work(heap, UINT64_MAX);
    hint_queue_clear(round);
    group_end(&round->group);
    for (struct type_pool *pool = NULL; (pool = type_pool_after(heap, pool)) != NULL;)
        unmark_pool(pool);
    round->phase = ROUND_IDLE;
    return round->freed - before;
}
