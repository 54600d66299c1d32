/* SPDX-License-Identifier: MIT */
#include "object/collect.h"

#include "base/check.h"
#include "base/text.h"
#include "object/free_list.h"
#include "object/pace.h"
#include "object/reclaim.h"
#include "object/round.h"
#include "object/type.h"
#include "object/verify.h"
#include "os/os.h"

/* ---- Reports ---- */

static void tell_callback(poolobj_heap *heap, const poolobj_gc_info *info) {
    if (heap->callback != NULL) heap->callback(heap, info, heap->callback_arg);
}

static void add_figure(struct text *text, const char *what, size_t number) {
    text_add(text, what);
    text_add_decimal(text, number);
}

static void print_figures(const poolobj_gc_info *info) {
    struct text text;
    text_begin(&text, 2);
    add_figure(&text, "poolalloc: collected generation ", (size_t)info->generation);
    add_figure(&text, ": examined ", info->examined);
    add_figure(&text, ", unreachable ", info->collected);
    add_figure(&text, ", resurrected ", info->resurrected);
    text_add(&text, "\n");
    text_flush(&text);
}

static void print_round(const struct gc_round *round) {
    poolobj_gc_info info = {POOLOBJ_GC_STOP, OLDEST, round->examined, round->freed, round->left, 0};
    print_figures(&info);
}

static void note_waiting(poolobj_heap *heap, size_t collected) {
    if (collected > heap->steps.most_waiting) heap->steps.most_waiting = collected;
}

static void note_collection(poolobj_heap *heap, const poolobj_gc_info *info) {
    poolobj_gc_figures *figures = &heap->figures[info->generation];
    figures->collections++;
    figures->examined += info->examined;
    figures->collected += info->collected;
    figures->resurrected += info->resurrected;
    if (heap->debug & POOLOBJ_GC_STATS) print_figures(info);
}

/* ---- A collection ---- */

/* Here code of the program runs: the generations are in order again, and the garbage is held. */
static void reclaim_garbage(poolobj_heap *heap, struct type_pool *garbage, poolobj_gc_info *info) {
    ASSERT(garbage->held);
    info->resurrected = reclaim_finalize(heap, garbage);
    bool save = heap->debug & POOLOBJ_GC_SAVEALL;
    poolobj *dead = NULL;
    info->collected = save ? reclaim_save(garbage) : reclaim_free(heap, garbage, &dead);
    generation_let_go(garbage);
    if (dead != NULL) object_die_chain(heap, dead);
}

static void run(poolobj_heap *heap, poolobj_gc_info *info) {
    ASSERT(heap->collecting);
    struct type_pool *chain = generation_take(heap, info->generation);
    if (heap->debug & POOLOBJ_GC_VERIFY) {
        verify_chain(chain);
        verify_roots(heap);
    }
    info->examined = reach_find(heap, chain, info->generation);
    pace_collected(heap, info->generation, info->examined, reach_count(chain));
    generation_sort(heap, chain);
    struct type_pool *garbage = reclaim_pools(chain);
    if (garbage != NULL) reclaim_garbage(heap, garbage, info);
}

/* Depths are counted anew, so that no death is put off until after the collection. Returns what
   they were. */
static unsigned begin_collection(poolobj_heap *heap, poolobj_gc_info *info) {
    ASSERT(!heap->collecting);
    const unsigned depth = heap->depth;
    heap->depth = 0;
    heap->collecting = true;
    heap->frozen |= object_heap_any_shared();
    pace_arm(heap);
    tell_callback(heap, info);
    return depth;
}

static void end_collection(poolobj_heap *heap, poolobj_gc_info *info, unsigned depth) {
    ASSERT(heap->collecting && heap->depth == 0);
    info->phase = POOLOBJ_GC_STOP;
    tell_callback(heap, info);
    heap->collecting = false;
    heap->depth = depth;
    pace_arm(heap);
    if (depth == 0) type_end_all(heap);
}

/* Types without objects keep no pool over a full collection. */
static void retire_empty_bins(poolobj_heap *heap) {
    for (poolobj_type *type = object_heap_first_populated(heap), *next; type != NULL; type = next) {
        next = object_heap_next_populated(type);
        type_pool_each_bin(type, type_pool_retire_empty);
    }
}

size_t collect_generation(poolobj_heap *heap, int generation) {
    ASSERT(generation >= 0 && generation <= OLDEST);
    if (heap->collecting) return 0;
    poolobj_gc_info info = {POOLOBJ_GC_START, generation, 0, 0, 0, 0};
    const unsigned depth = begin_collection(heap, &info);
    const int wait = heap->round.next - heap->count[0];
    size_t aborted = generation == OLDEST ? round_abort(heap) : 0;
    run(heap, &info);
    heap->round.next = heap->count[0] + (wait > 0 ? wait : 0);
    info.collected += aborted;
    if (generation == OLDEST) {
        free_list_empty_all(heap);
        retire_empty_bins(heap);
        note_waiting(heap, info.collected);
    }
    note_collection(heap, &info);
    pace_settle(heap, generation);
    end_collection(heap, &info, depth);
    return info.collected;
}

/* ---- A step of a round ---- */

/* What the flags ask for needs a collection that is whole. */
static bool must_be_whole(const poolobj_heap *heap) {
    return heap->debug & (POOLOBJ_GC_SAVEALL | POOLOBJ_GC_VERIFY);
}

static void note_step(poolobj_heap *heap, uint64_t nanoseconds) {
    poolobj_gc_step_figures *steps = &heap->steps;
    steps->steps++;
    steps->nanoseconds += nanoseconds;
    if (nanoseconds > steps->longest) steps->longest = nanoseconds;
}

static void run_step(poolobj_heap *heap, uint64_t budget, uint64_t work) {
    ASSERT(round_is_active(heap));
    const struct gc_round *round = &heap->round;
    poolobj_gc_info info = {POOLOBJ_GC_START, OLDEST, 0, 0, 0, 1};
    const unsigned depth = begin_collection(heap, &info);
    const uint64_t start = os_clock_ns();
    const size_t examined = round->examined, freed = round->freed;
    round_run(heap, budget < UINT64_MAX - start ? start + budget : UINT64_MAX, work);
    note_step(heap, os_clock_ns() - start);
    info.examined = round->examined - examined;
    info.collected = round->freed - freed;
    if (!round_is_active(heap)) {
        note_waiting(heap, round->freed);
        pace_settle(heap, round->minor ? OLDEST - 1 : OLDEST);
        if (heap->debug & POOLOBJ_GC_STATS) print_round(round);
    }
    end_collection(heap, &info, depth);
}

bool collect_step(poolobj_heap *heap, uint64_t budget, uint64_t work) {
    if (heap->collecting || heap->closing) return false;
    if (must_be_whole(heap) || (!round_is_active(heap) && !round_begin(heap, false))) {
        collect_generation(heap, OLDEST);
        return false;
    }
    run_step(heap, budget, work);
    return round_is_active(heap) || heap->round.minor;
}

void collect_abort(poolobj_heap *heap) {
    ASSERT(!heap->collecting);
    const unsigned depth = heap->depth;
    heap->depth = 0;
    heap->collecting = true;
    round_abort(heap);
    heap->collecting = false;
    heap->depth = depth;
    pace_arm(heap);
}

/* ---- By itself ---- */

/* A round of n objects looks at some 8 n objects and references, and is to be at its end before
   another n / 16 were made. */
enum { STEP_WORK = 128 * STEP_BIRTHS, STEP_BUDGET = 1000000 };
/* Steps for growing memory count as so large a part of all objects made. */
enum { MEMORY_STEPS = 64 };

/* A step has the more work, the longer the round takes. */
static void step_by_itself(poolobj_heap *heap) {
    struct gc_round *round = &heap->round;
    uint64_t late = round->births / (heap->long_lived_total / 4 + 1);
    round->births += STEP_BIRTHS;
    if (heap->pace.outside > heap->pace.step_mark)
        round->births += heap->long_lived_total / MEMORY_STEPS;
    collect_step(heap, STEP_BUDGET, STEP_WORK << (late < 8 ? late : 8));
    pace_wait_for_step(heap);
}

static bool begin_round(poolobj_heap *heap) {
    if (!(heap->options & POOLOBJ_GC_INCREMENTAL) || must_be_whole(heap)) return false;
    if (round_is_active(heap) || !round_begin(heap, pace_may_be_minor(heap))) return false;
    pace_wait_for_step(heap);
    return true;
}

/* The wait for the next step is counted in births. */
static void promote_young(poolobj_heap *heap) {
    ASSERT(!heap->collecting);
    const int wait = heap->round.next - heap->count[0];
    generation_promote_young(heap);
    heap->round.next = wait > 0 ? wait : 0;
    pace_arm(heap);
}

int collect_what_is_due(const poolobj_heap *heap) {
    if (!pace_is_automatic(heap)) return -1;
    return pace_step_is_due(heap) ? OLDEST : pace_due(heap);
}

static void end_some(poolobj_heap *heap) {
    if (heap->waiting == NULL || heap->depth > 0 || heap->collecting) return;
    for (int i = 0; heap->waiting != NULL && i < SLICE_DEATHS; i += SLICE_LEAST)
        object_die_until(heap, 0);
}

void collect_due(poolobj_heap *heap) {
    end_some(heap);
    if (collect_what_is_due(heap) < 0) return;
    if (pace_step_is_due(heap)) step_by_itself(heap);
    int generation = pace_due(heap);
    if (generation < 0 || (generation == OLDEST && begin_round(heap))) return;
    if (generation < OLDEST && pace_may_promote(heap))
        promote_young(heap);
    else
        collect_generation(heap, generation);
}

/* ---- All objects ---- */

static void walk_pool(struct type_pool *pool, void (*each)(poolobj *object, void *arg), void *arg) {
    const poolobj_heap *heap = pool->type->heap;
    for (uint32_t i = 0; i < pool->capacity; i++) {
        poolobj *block = type_pool_block(pool, i);
        if (type_pool_is_object(block) && !round_has_condemned(heap, block)) each(block, arg);
    }
}

static void walk_type(const poolobj_type *type, void (*each)(poolobj *object, void *arg),
                      void *arg) {
    for (struct type_pool *pool = type_pool_first(type); pool != NULL; pool = type_pool_next(pool))
        walk_pool(pool, each, arg);
}

void collect_walk(poolobj_heap *heap, const poolobj_type *type,
                  void (*each)(poolobj *object, void *arg), void *arg) {
    if (type != NULL) {
        walk_type(type, each, arg);
        return;
    }
    for (type = object_heap_first_type(heap); type != NULL; type = object_heap_next_type(type))
        walk_type(type, each, arg);
}

/* ---- The end ---- */

/* A finalizer may make objects with finalizers: they are looked for so often at most. */
enum { LAST_ROUNDS = 10 };

static void finalize_last(poolobj *object, void *any) {
    ASSERT(ledger_pool(object)->held);
    if (!(object->flags & FINALIZE)) return;
    *(bool *)any = true;
    object_finalize(object);
}

static void call_drop_hook(poolobj *object, void *unused) {
    (void)unused;
    ASSERT(object_type(object)->drop != NULL);
    object_type(object)->drop(object);
}

/* Pools are held by a chain, because finalizers change the lists. */
static void finalize_type(const poolobj_type *type, bool *any) {
    ASSERT(type_pool_finalizes(type));
    struct type_pool *chain = NULL;
    for (struct type_pool *pool = type_pool_first(type); pool != NULL;
         pool = type_pool_next(pool)) {
        pool->held = true;
        pool->next_work = chain;
        chain = pool;
    }
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        walk_pool(pool, finalize_last, any);
    generation_let_go(chain);
}

/* It counts as a collection: one that began meanwhile would need the links of the chain. */
static bool finalize_all(poolobj_heap *heap) {
    ASSERT(!heap->collecting);
    bool any = false;
    heap->collecting = true;
    for (poolobj_type *type = object_heap_first_type(heap); type != NULL;
         type = object_heap_next_type(type))
        if (type_pool_finalizes(type)) finalize_type(type, &any);
    heap->collecting = false;
    return any;
}

void collect_last(poolobj_heap *heap) {
    ASSERT(heap->closing);
    generation_unfreeze(heap);
    collect_generation(heap, OLDEST);
    for (int round = 0; round < LAST_ROUNDS && finalize_all(heap); round++)
        collect_generation(heap, OLDEST);
    for (poolobj_type *type = object_heap_first_populated(heap); type != NULL;
         type = object_heap_next_populated(type))
        if (type->drop != NULL) walk_type(type, call_drop_hook, NULL);
}
