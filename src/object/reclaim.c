/* SPDX-License-Identifier: MIT */
#include "object/reclaim.h"

#include "base/check.h"
#include "object/weakref.h"

typedef void (*each_object)(poolobj *object, void *arg);

static void for_white(struct type_pool *chain, each_object each, void *arg) {
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        reach_each(pool, each, arg);
}

struct type_pool *reclaim_pools(struct type_pool *chain) {
    ASSERT(chain == NULL || chain->held);
    struct type_pool *with = NULL, *without = NULL, *next;
    for (; chain != NULL; chain = next) {
        next = chain->next_work;
        bool any = ledger_set_any(&ledger_marks((void *)chain->base)->white);
        struct type_pool **to = any ? &with : &without;
        chain->next_work = *to;
        *to = chain;
    }
    generation_let_go(without);
    return with;
}

/* ---- Finalizers and weak references ---- */

struct clearing {
    poolobj_heap *heap;
    bool called_only;
    struct link cleared;
};

static void clear_refs_of(poolobj *object, void *arg) {
    struct clearing *clearing = (struct clearing *)arg;
    if (object->flags & WEAKLY_REFERENCED)
        weakref_clear(clearing->heap, object, clearing->called_only, &clearing->cleared);
}

/* All are cleared before the first is called: no callback sees another white object through one.
   True: callbacks ran. */
static bool clear_chain_weakrefs(poolobj_heap *heap, struct type_pool *chain, bool called_only) {
    ASSERT(heap->collecting);
    if (heap->weak.used == 0) return false;
    struct clearing clearing = {heap, called_only, {NULL, NULL}};
    link_init(&clearing.cleared);
    for_white(chain, clear_refs_of, &clearing);
    bool any = !link_is_alone(&clearing.cleared);
    weakref_call(&clearing.cleared);
    return any;
}

static void finalize_white(poolobj *object, void *unused) {
    (void)unused;
    object_finalize(object);
}

static bool call_finalizers(struct type_pool *chain) {
    bool any = false;
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work) {
        if (!type_pool_finalizes(pool->type)) continue;
        reach_each(pool, finalize_white, NULL);
        any = true;
    }
    return any;
}

size_t reclaim_finalize(poolobj_heap *heap, struct type_pool *chain) {
    ASSERT(heap->collecting);
    size_t back = 0;
    bool called = clear_chain_weakrefs(heap, chain, true);
    if (call_finalizers(chain) || called) {
        size_t before = reach_count(chain);
        reach_find_again(heap, chain);
        back = before - reach_count(chain);
    }
    clear_chain_weakrefs(heap, chain, false);
    return back;
}

/* ---- Keeping ---- */

static void save(poolobj *object, void *unused) {
    ASSERT(type_pool_is_object(object));
    (void)unused;
    poolobj_incref(object);
    object->flags |= SAVED;
}

size_t reclaim_save(struct type_pool *chain) {
    size_t count = reach_count(chain);
    for_white(chain, save, NULL);
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        memset(&ledger_marks((void *)pool->base)->white, 0, sizeof(struct object_set));
    return count;
}

/* ---- Freeing ---- */

static void drop_object(poolobj *object, void *unused) {
    (void)unused;
    ASSERT(object_type(object)->drop != NULL);
    object_type(object)->drop(object);
}

static inline void drop_outward(poolobj *const *slots, size_t count, void *chain) {
    for (size_t i = 0; i < count; i++) {
        poolobj *to = slots[i];
        if (likely(ledger_set_has(&ledger_marks(to)->white, to)) || to == NULL) continue;
        *(poolobj **)chain = object_drop(to, *(poolobj **)chain);
    }
}

static void drop_pool_references(struct type_pool *pool, poolobj **dead) {
    ASSERT(pool->held);
    const struct object_set white = ledger_marks((void *)pool->base)->white;
    const poolobj_type *type = pool->type;
    const size_t stride = pool->stride, end = pool->capacity * stride;
    for (size_t offset = 0; offset < end; offset += stride) {
        size_t granule = offset >> GRANULE_SHIFT;
        if (!(white.word[granule / 64] >> granule % 64 & 1)) continue;
        object_references(type, pool, (poolobj *)(pool->base + offset), drop_outward, dead);
    }
}

size_t reclaim_free(poolobj_heap *heap, struct type_pool *chain, poolobj **dead) {
    ASSERT(heap->collecting);
    size_t count = 0;
    *dead = NULL;
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work) {
        type_pool_prefetch(pool->next_work);
        drop_pool_references(pool, dead);
    }
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        if (pool->type->drop != NULL) reach_each(pool, drop_object, NULL);
    for (struct type_pool *pool = chain; pool != NULL; pool = pool->next_work)
        count += type_pool_free_set(pool, ledger_marks((void *)pool->base)->white);
    heap->count[0] = (size_t)heap->count[0] > count ? heap->count[0] - (int)count : 0;
    return count;
}
