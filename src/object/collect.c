/* SPDX-License-Identifier: MIT */
#include "object/collect.h"

#include "base/text.h"
#include "object/free_list.h"
#include "object/reclaim.h"
#include "object/verify.h"

/* ---- Reports ---- */

static void tell(poolobj_heap *heap, const poolobj_gc_info *info) {
    if (heap->callback != NULL) heap->callback(heap, info, heap->callback_arg);
}

static void add_number(struct text *text, const char *what, size_t number) {
    text_add(text, what);
    text_add_decimal(text, number);
}

static void print(const poolobj_gc_info *info) {
    struct text text;
    text_begin(&text, 2);
    add_number(&text, "poolalloc: collected generation ", (size_t)info->generation);
    add_number(&text, ": examined ", info->examined);
    add_number(&text, ", unreachable ", info->collected);
    add_number(&text, ", resurrected ", info->resurrected);
    text_add(&text, "\n");
    text_flush(&text);
}

static void note(poolobj_heap *heap, const poolobj_gc_info *info) {
    poolobj_gc_figures *figures = &heap->figures[info->generation];
    figures->collections++;
    figures->examined += info->examined;
    figures->collected += info->collected;
    figures->resurrected += info->resurrected;
    if (heap->debug & POOLOBJ_GC_STATS) print(info);
}

/* ---- A collection ---- */

/* Splits the chain: pools without white objects are released, the others returned. */
static struct type_pool *pools_with_garbage(struct type_pool *chain) {
    struct type_pool *with = NULL, *without = NULL, *next;
    for (; chain != NULL; chain = next) {
        next = chain->next_work;
        bool any = set_count(&marks_of((void *)chain->base)->white) > 0;
        struct type_pool **to = any ? &with : &without;
        chain->next_work = *to;
        *to = chain;
    }
    generation_release(without);
    return with;
}

/* Here code of the program runs: the generations are in order again, and the garbage is held. */
static void reclaim(poolobj_heap *heap, struct type_pool *garbage, poolobj_gc_info *info) {
    info->resurrected = reclaim_finalize(heap, garbage);
    bool save = heap->debug & POOLOBJ_GC_SAVEALL;
    poolobj *dead = NULL;
    info->collected = save ? reclaim_save(garbage) : reclaim_free(heap, garbage, &dead);
    generation_release(garbage);
    if (dead != NULL) object_die_chain(heap, dead);
}

static void run(poolobj_heap *heap, poolobj_gc_info *info) {
    struct type_pool *chain = generation_take(heap, info->generation);
    if (heap->debug & POOLOBJ_GC_VERIFY) verify_chain(chain);
    info->examined = reach_find(heap, chain, info->generation);
    generation_account(heap, info->generation, info->examined - reach_count(chain));
    generation_sort(heap, chain);
    struct type_pool *garbage = pools_with_garbage(chain);
    if (garbage != NULL) reclaim(heap, garbage, info);
}

size_t collect(poolobj_heap *heap, int generation) {
    if (heap->collecting) return 0;
    poolobj_gc_info info = {POOLOBJ_GC_START, generation, 0, 0, 0};
    /* Depths are counted anew, so that no death is put off until after the collection. */
    const unsigned depth = heap->depth;
    heap->depth = 0;
    heap->collecting = true;
    generation_arm(heap);
    tell(heap, &info);
    run(heap, &info);
    if (generation == OLDEST) free_list_empty_all(heap);
    info.phase = POOLOBJ_GC_STOP;
    note(heap, &info);
    tell(heap, &info);
    heap->collecting = false;
    heap->depth = depth;
    generation_arm(heap);
    return info.collected;
}

void collect_due(poolobj_heap *heap) {
    int generation = generation_due(heap);
    if (generation >= 0) collect(heap, generation);
}

/* ---- All objects ---- */

static void walk_pool(struct type_pool *pool, void (*each)(poolobj *object, void *arg), void *arg) {
    for (uint32_t i = 0; i < pool->capacity; i++) {
        poolobj *block = type_pool_block(pool, i);
        if (block_is_object(block)) each(block, arg);
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
    for (size_t i = 0; i < heap->type_count; i++) walk_type(heap->types[i], each, arg);
}

/* ---- The end ---- */

/* A finalizer may make objects with finalizers: so often they are looked for. */
enum { LAST_ROUNDS = 10 };

static void finalize(poolobj *object, void *any) {
    if (!(object->flags & FINALIZE)) return;
    *(bool *)any = true;
    object_finalize(object);
}

static void drop(poolobj *object, void *unused) {
    (void)unused;
    object_type(object)->drop(object);
}

/* Pools are held by a chain, because finalizers change the lists. */
static void finalize_type(const poolobj_type *type, bool *any) {
    struct type_pool *chain = NULL;
    for (struct type_pool *pool = type_pool_first(type); pool != NULL;
         pool = type_pool_next(pool)) {
        pool->held = true;
        pool->next_work = chain;
        chain = pool;
    }
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        walk_pool(pool, finalize, any);
    generation_release(chain);
}

/* As inside of a collection, which would need the links of the chain. */
static bool finalize_all(poolobj_heap *heap) {
    bool any = false;
    heap->collecting = true;
    for (size_t i = 0; i < heap->type_count; i++)
        if (heap->types[i]->finalize != NULL) finalize_type(heap->types[i], &any);
    heap->collecting = false;
    return any;
}

void collect_last(poolobj_heap *heap) {
    generation_unfreeze(heap);
    collect(heap, OLDEST);
    for (int round = 0; round < LAST_ROUNDS && finalize_all(heap); round++) collect(heap, OLDEST);
    for (size_t i = 0; i < heap->type_count; i++)
        if (heap->types[i]->drop != NULL) walk_type(heap->types[i], drop, NULL);
}
