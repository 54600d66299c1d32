/* SPDX-License-Identifier: MIT */
/*
 * poolobj.c - the functions of poolobj.h: what a program hands in is checked here, and errno is
 * set. The modules below trust their callers.
 */
#pragma GCC visibility push(default)
#include <poolobj.h>
#pragma GCC visibility pop

#include <limits.h>

#include "base/check.h"
#include "object/alone.h"
#include "object/collect.h"
#include "object/free_list.h"
#include "object/object.h"
#include "object/pace.h"
#include "object/root.h"
#include "object/round.h"
#include "object/type.h"
#include "object/weakref.h"
#include "os/lock.h"
#include "os/os.h"

static void *or_enomem(void *result) {
    if (unlikely(result == NULL)) errno = ENOMEM;
    return result;
}

/* ---- Misuse ---- */

static void fail_dead(const char *function, const poolobj *object) {
    bool freed = object->count == 0;
    fail_call(function, freed ? "of freed object" : "of dying object", (uintptr_t)object,
              "its last reference was dropped before");
}

void poolobj_check_use(const poolobj *object) {
    struct type_pool *pool = type_pool_find((uintptr_t)object);
    if (pool == NULL)
        fail_call("poolobj:", "no living object at", (uintptr_t)object,
                  "its last reference was dropped before, or it never was one");
    const poolobj_heap *heap = pool->type->heap;
    if (heap->owner != lock_self() && !heap->shared)
        object_heap_fail_owner("poolobj_incref or _decref", heap);
}

/* Looks at fields of objects alone: nothing is known of other memory. */
void poolobj_check_set(const void *slot, const poolobj *object) {
    const struct type_pool *holder = type_pool_around((uintptr_t)slot);
    if (object == NULL || holder == NULL) return;
    poolobj_check_use(object);
    const poolobj_heap *heap = object_heap(object);
    if (heap != holder->type->heap && !heap->shared)
        fail_call("poolobj_set", "into an object of another heap of object", (uintptr_t)object,
                  "heaps share no objects: poolval_copy_to, poolobj_heap_share");
}

static void require_object(const char *function, const poolobj *object) {
    if (unlikely(!type_pool_is_object(object))) fail_dead(function, object);
    if (DEBUG_BUILD) poolobj_check_use(object);
}

/* Requires the owner of a heap that is checked, or anybody if it is shared, of functions that
   change nothing. They go on with what this returns, so that no register is saved for it. */
static COLD const poolobj *check_looker(const char *function, const poolobj *object) {
    object_heap_check_looker(function, object_heap(object));
    return object;
}
static inline const poolobj *require_looker(const char *function, const void *object) {
    const poolobj *o = (const poolobj *)object;
    return DEBUG_BUILD || unlikely(o->flags & CHECKED) ? check_looker(function, o) : o;
}
/* Requires the owner of functions that change an object. */
static inline void require_owner(const char *function, const poolobj *object) {
    if (DEBUG_BUILD || unlikely(object->flags & CHECKED))
        object_heap_check_owner(function, object_heap(object));
}
static inline void require_type_looker(const char *function, const poolobj_type *type) {
    if (DEBUG_BUILD || unlikely(type->head >> 16 & CHECKED))
        object_heap_check_looker(function, type->heap);
}

static void require_generation(const char *function, const poolobj_heap *heap, int generation) {
    if (unlikely(generation < 0 || generation > OLDEST))
        fail_argument(function, (uintptr_t)heap, "generation", (uint64_t)(int64_t)generation,
                      "0, 1 or 2");
}

/* ---- Heaps ---- */

poolobj_heap *poolobj_heap_new(void) {
    poolobj_heap *heap = object_heap_new();
    if (heap != NULL) pace_settle(heap, OLDEST);
    return (poolobj_heap *)or_enomem(heap);
}

poolobj_heap *poolobj_heap_new_checked(void) {
    poolobj_heap *heap = (poolobj_heap_new)();
    if (heap != NULL) heap->checked = heap->careful = true;
    return heap;
}

static void make_immortal(poolobj *object, void *unused) {
    (void)unused;
    object->count = IMMORTAL;
}

void poolobj_heap_share(poolobj_heap *heap) {
    object_heap_require("poolobj_heap_share", heap);
    if (heap->collecting || heap->depth > 0 || heap->shared) return;
    object_die_all(heap);
    collect_generation(heap, OLDEST);
    collect_walk(heap, NULL, make_immortal, NULL);
    generation_freeze_all(heap);
    heap->enabled = false;
    pace_arm(heap);
    heap->shared = true;
    object_heap_note_shared();
}

static void set_sliced(poolobj_heap *heap, bool sliced) {
    heap->sliced = sliced;
    heap->careful = sliced || heap->checked;
}

void poolobj_heap_close(poolobj_heap *heap) {
    object_heap_require("poolobj_heap_close", heap);
    if (heap->collecting || heap->closing || heap->depth > 0)
        fail_call("poolobj_heap_close", "in a finalizer or callback of heap", (uintptr_t)heap,
                  "close it when they have returned");
    set_sliced(heap, false);
    object_die_all(heap);
    heap->closing = true; /* no automatic collection any more */
    pace_arm(heap);
    if (heap->close_callback != NULL) heap->close_callback(heap, heap->close_arg);
    collect_last(heap);
    type_free_all(heap);
    weakref_free_all(heap);
    object_heap_free(heap);
}

void poolobj_heap_adopt(poolobj_heap *heap) { heap->owner = lock_self(); }

void poolobj_heap_set_close_callback(poolobj_heap *heap,
                                     void (*callback)(poolobj_heap *heap, void *arg), void *arg) {
    object_heap_require("poolobj_heap_set_close_callback", heap);
    heap->close_callback = callback;
    heap->close_arg = arg;
}

static void check_pools(const poolobj_heap *heap) {
    for (poolobj_type *type = object_heap_first_type(heap); type != NULL;
         type = object_heap_next_type(type)) {
        CHECK(link_is_alone(&type->pools) == link_is_alone(&type->populated));
        for (struct type_pool *pool = type_pool_first(type); pool; pool = type_pool_next(pool))
            type_pool_check(pool);
    }
}

void poolobj_heap_check(poolobj_heap *heap) {
    object_heap_require("poolobj_heap_check", heap);
    check_pools(heap);
    free_list_check(heap);
    weakref_check(heap);
}

/* ---- Memory ---- */

int poolobj_trim(size_t keep) { return store_trim(keep); }

void poolobj_memory(poolobj_memory_figures *figures) { store_figures(figures); }

const char *poolobj_version(void) { return POOLOBJ_VERSION_STRING; }

/* ---- Types ---- */

const char *poolobj_type_fault(const poolobj_typespec *spec) { return type_fault(spec); }

poolobj_type *poolobj_type_new(poolobj_heap *heap, const poolobj_typespec *spec) {
    object_heap_require("poolobj_type_new", heap);
    if (type_fault(spec) != NULL) {
        errno = EINVAL;
        return NULL;
    }
    return (poolobj_type *)or_enomem(type_new(heap, spec));
}

void poolobj_type_free(poolobj_type *type) {
    object_heap_require("poolobj_type_free", type->heap);
    poolobj_heap *heap = type->heap;
    if (type->freed)
        fail_call("poolobj_type_free", "of a type that was freed,", (uintptr_t)type,
                  "it ends with its last object");
    type_free(type);
    if (heap->depth == 0 && !heap->collecting && !heap->closing) type_end_all(heap);
}

void *poolobj_type_data(const poolobj_type *type) {
    require_type_looker("poolobj_type_data", type);
    return type->data;
}

poolobj_heap *poolobj_type_heap(const poolobj_type *type) {
    require_type_looker("poolobj_type_heap", type);
    return type->heap;
}

const char *poolobj_type_name(const poolobj_type *type) {
    require_type_looker("poolobj_type_name", type);
    return object_heap_type_name(type);
}

const char *poolobj_type_field(const poolobj_type *type, size_t index) {
    require_type_looker("poolobj_type_field", type);
    const char **fields = type->extra != NULL ? type->extra->fields : NULL;
    return fields != NULL && index < type->ref_count ? fields[index] : NULL;
}

const size_t *poolobj_type_refs(const poolobj_type *type) {
    require_type_looker("poolobj_type_refs", type);
    return type->refs;
}

size_t poolobj_type_size(const poolobj_type *type) {
    require_type_looker("poolobj_type_size", type);
    return type->size;
}

/* ---- Objects ---- */

static inline void count_new(const char *function, poolobj_type *type) {
    poolobj_heap *heap = type->heap;
    object_heap_require(function, heap);
    if (type->tracked && unlikely(++heap->count[0] > heap->trigger)) collect_due(heap);
}

/* The object that count_new counted was not made. */
static void *fail_new(poolobj_type *type) {
    if (type->tracked && type->heap->count[0] > 0) type->heap->count[0]--;
    return or_enomem(NULL);
}

static void *new_items(const char *function, poolobj_type *type, size_t count) {
    count_new(function, type);
    void *object = object_new_items(type, count);
    return likely(object != NULL) ? object : fail_new(type);
}

void *poolobj_new_items(poolobj_type *type, size_t count) {
    if (!type->itemized && count > 0)
        fail_argument("poolobj_new_items", (uintptr_t)type, "count", count,
                      "the type has no items: item_size");
    return new_items("poolobj_new_items", type, count);
}

void *poolobj_new(poolobj_type *type) {
    if (unlikely(!type->is_plain)) return new_items("poolobj_new", type, 0);
    count_new("poolobj_new", type);
    void *object = object_new(type);
    return likely(object != NULL) ? object : fail_new(type);
}

int32_t poolobj_refcount(const void *object) {
    const poolobj *o = require_looker("poolobj_refcount", object);
    require_object("poolobj_refcount", o);
    return o->count == IMMORTAL ? INT32_MAX : o->count;
}

poolobj_type *poolobj_typeof(const void *object) {
    return object_type(require_looker("poolobj_typeof", object));
}

/* By any thread, as it is what leads from an object that was handed over to the heap to be adopted.
 */
poolobj_heap *poolobj_heap_of(const void *object) { return object_heap((const poolobj *)object); }

size_t poolobj_sizeof(const void *object) {
    return object_bytes(ledger_pool(require_looker("poolobj_sizeof", object)));
}

size_t poolobj_count(const poolobj_type *type) {
    size_t count = 0;
    object_heap_require("poolobj_count", type->heap);
    for (struct type_pool *pool = type_pool_first(type); pool != NULL; pool = type_pool_next(pool))
        count += type_pool_count(pool);
    return count;
}

void poolobj_immortal(void *object) {
    poolobj *o = (poolobj *)object;
    require_object("poolobj_immortal", o);
    require_owner("poolobj_immortal", o);
    o->count = IMMORTAL;
}

/* ---- References: what the inline functions leave ---- */

void poolobj_incref_slow(poolobj *object) {
    if (object->count == INT32_MAX)
        object->count = IMMORTAL;
    else if (!type_pool_is_object(object))
        fail_dead("poolobj_incref", object);
}

void poolobj_decref_slow(poolobj *object) {
    if (likely(object->count == 1)) {
        if (DEBUG_BUILD) poolobj_check_use(object);
        object_die(object);
    } else if (!type_pool_is_object(object)) {
        fail_dead("poolobj_decref", object);
    }
}

/* ---- Weak references ---- */

poolobj_weakref *poolobj_weakref_new(void *object,
                                     void (*callback)(poolobj_weakref *weakref, void *arg),
                                     void *arg) {
    poolobj *o = (poolobj *)object;
    require_object("poolobj_weakref_new", o);
    require_owner("poolobj_weakref_new", o);
    return (poolobj_weakref *)or_enomem(weakref_new(object_heap(o), o, callback, arg));
}

void *poolobj_weakref_get(poolobj_weakref *weakref) {
    object_heap_require("poolobj_weakref_get", weakref->heap);
    poolobj *object = weakref->object;
    if (object == NULL || !type_pool_is_object(object)) return NULL;
    if (round_has_condemned(weakref->heap, object)) return NULL;
    poolobj_incref(object);
    return object;
}

void poolobj_weakref_free(poolobj_weakref *weakref) {
    if (weakref == NULL) return;
    object_heap_require("poolobj_weakref_free", weakref->heap);
    weakref_free(weakref);
}

/* ---- The collector ---- */

size_t poolobj_gc_collect(poolobj_heap *heap, int generation) {
    object_heap_require("poolobj_gc_collect", heap);
    require_generation("poolobj_gc_collect", heap, generation);
    if (heap->shared) return 0;
    if (generation == OLDEST && !heap->collecting) object_die_all(heap);
    return collect_generation(heap, generation);
}

int poolobj_gc_step(poolobj_heap *heap, uint64_t budget) {
    object_heap_require("poolobj_gc_step", heap);
    if (heap->shared) return 0;
    if (heap->waiting != NULL && heap->depth == 0 && !heap->collecting) {
        uint64_t now = os_clock_ns();
        object_die_until(heap, budget < UINT64_MAX - now ? now + budget : UINT64_MAX);
        return 1;
    }
    return collect_step(heap, budget, UINT64_MAX);
}

void poolobj_gc_step_stats(const poolobj_heap *heap, poolobj_gc_step_figures *figures) {
    object_heap_require("poolobj_gc_step_stats", heap);
    *figures = heap->steps;
    figures->under_way = round_is_active(heap);
}

int poolobj_gc_due(const poolobj_heap *heap) {
    object_heap_require("poolobj_gc_due", heap);
    return collect_what_is_due(heap);
}

int poolobj_gc_poll(poolobj_heap *heap) {
    object_heap_require("poolobj_gc_poll", heap);
    bool waited = heap->waiting != NULL;
    if (!waited && collect_what_is_due(heap) < 0) return 0;
    collect_due(heap);
    return 1;
}

void poolobj_gc_set_options(poolobj_heap *heap, unsigned options) {
    object_heap_require("poolobj_gc_set_options", heap);
    heap->options = options;
    set_sliced(heap, options & POOLOBJ_GC_SLICED);
    if (!heap->sliced && heap->depth == 0 && !heap->collecting) object_die_all(heap);
    pace_arm(heap);
}

unsigned poolobj_gc_get_options(const poolobj_heap *heap) {
    object_heap_require("poolobj_gc_get_options", heap);
    return heap->options;
}

void poolobj_gc_pressure(poolobj_heap *heap, ptrdiff_t bytes) {
    object_heap_require("poolobj_gc_pressure", heap);
    pace_press(heap, bytes);
}

static void set_enabled(const char *function, poolobj_heap *heap, bool enabled) {
    object_heap_require(function, heap);
    heap->enabled = enabled;
    pace_arm(heap);
}

void poolobj_gc_enable(poolobj_heap *heap) {
    set_enabled("poolobj_gc_enable", heap, !heap->shared);
}
void poolobj_gc_disable(poolobj_heap *heap) { set_enabled("poolobj_gc_disable", heap, false); }

int poolobj_gc_is_enabled(const poolobj_heap *heap) {
    object_heap_require("poolobj_gc_is_enabled", heap);
    return heap->enabled;
}

void poolobj_gc_set_threshold(poolobj_heap *heap, int t0, int t1, int t2) {
    const int thresholds[GENERATIONS] = {t0, t1, t2};
    object_heap_require("poolobj_gc_set_threshold", heap);
    for (int g = 0; g < GENERATIONS; g++)
        if (thresholds[g] < 0)
            fail_argument("poolobj_gc_set_threshold", (uintptr_t)heap, "generation", (uint64_t)g,
                          "its threshold is negative");
    memcpy(heap->threshold, thresholds, sizeof thresholds);
    heap->options &= ~(unsigned)(POOLOBJ_GC_INCREMENTAL | POOLOBJ_GC_ADAPTIVE);
    pace_arm(heap);
}

void poolobj_gc_get_threshold(const poolobj_heap *heap, int thresholds[3]) {
    object_heap_require("poolobj_gc_get_threshold", heap);
    memcpy(thresholds, heap->threshold, sizeof heap->threshold);
}

void poolobj_gc_get_count(const poolobj_heap *heap, int counts[3]) {
    object_heap_require("poolobj_gc_get_count", heap);
    memcpy(counts, heap->count, sizeof heap->count);
}

void poolobj_gc_stats(const poolobj_heap *heap, int generation, poolobj_gc_figures *figures) {
    object_heap_require("poolobj_gc_stats", heap);
    require_generation("poolobj_gc_stats", heap, generation);
    *figures = heap->figures[generation];
}

void poolobj_gc_freeze(poolobj_heap *heap) {
    object_heap_require("poolobj_gc_freeze", heap);
    if (heap->collecting) return;
    object_die_all(heap);
    collect_abort(heap);
    generation_freeze(heap);
}

void poolobj_gc_unfreeze(poolobj_heap *heap) {
    object_heap_require("poolobj_gc_unfreeze", heap);
    if (!heap->collecting && !heap->shared) generation_unfreeze(heap);
}

size_t poolobj_gc_freeze_count(const poolobj_heap *heap) {
    object_heap_require("poolobj_gc_freeze_count", heap);
    return generation_frozen(heap);
}

void poolobj_gc_set_callback(poolobj_heap *heap,
                             void (*callback)(poolobj_heap *heap, const poolobj_gc_info *info,
                                              void *arg),
                             void *arg) {
    object_heap_require("poolobj_gc_set_callback", heap);
    heap->callback = callback;
    heap->callback_arg = arg;
}

void poolobj_gc_set_debug(poolobj_heap *heap, unsigned flags) {
    object_heap_require("poolobj_gc_set_debug", heap);
    heap->debug = flags;
}

unsigned poolobj_gc_get_debug(const poolobj_heap *heap) {
    object_heap_require("poolobj_gc_get_debug", heap);
    return heap->debug;
}

/* ---- Kept garbage ---- */

struct saved {
    void (*each)(poolobj *object, void *arg);
    void *arg;
    size_t count;
};

static void count_saved(poolobj *object, void *arg) {
    struct saved *saved = (struct saved *)arg;
    if (!(object->flags & SAVED)) return;
    saved->count++;
    if (saved->each != NULL) saved->each(object, saved->arg);
}

size_t poolobj_gc_garbage(poolobj_heap *heap, void (*each)(poolobj *object, void *arg), void *arg) {
    struct saved saved = {each, arg, 0};
    object_heap_require("poolobj_gc_garbage", heap);
    collect_walk(heap, NULL, count_saved, &saved);
    return saved.count;
}

/* The flag goes from all of them before the first may die. */
static void unsave(poolobj *object, void *chain) {
    if (!(object->flags & SAVED)) return;
    object->flags &= (uint8_t)~SAVED;
    *(poolobj **)chain = object_drop(object, *(poolobj **)chain);
}

void poolobj_gc_garbage_release(poolobj_heap *heap) {
    poolobj *dead = NULL;
    object_heap_require("poolobj_gc_garbage_release", heap);
    collect_walk(heap, NULL, unsave, &dead);
    if (dead != NULL) object_die_chain(heap, dead);
}

/* ---- Roots ---- */

int poolobj_gc_root_add(poolobj_heap *heap, void *slot) {
    object_heap_require("poolobj_gc_root_add", heap);
    if (root_add(&heap->roots, slot)) return 0;
    errno = ENOMEM;
    return -1;
}

void poolobj_gc_root_remove(poolobj_heap *heap, void *slot) {
    object_heap_require("poolobj_gc_root_remove", heap);
    root_remove(&heap->roots, slot);
}

void poolobj_gc_set_roots(poolobj_heap *heap,
                          void (*roots)(poolobj_visit visit, void *visit_arg, void *arg),
                          void *arg) {
    object_heap_require("poolobj_gc_set_roots", heap);
    heap->roots.report = roots;
    heap->roots.arg = arg;
}

/* ---- Inspection ---- */

poolobj *poolobj_heap_held(poolobj_heap *heap, const void *object) {
    object_heap_require("poolobj_heap_held", heap);
    if (heap->collecting) return (poolobj *)(uintptr_t)alone_find_any(heap);
    object_die_all(heap);
    /* What is condemned or dying still holds what it refers to, and no walk sees it. */
    if (heap->round.certified || heap->round.dead != NULL) collect_abort(heap);
    return (poolobj *)(uintptr_t)alone_find_held(heap, (const poolobj *)object);
}

void poolobj_types(const poolobj_heap *heap, void (*each)(poolobj_type *type, void *arg),
                   void *arg) {
    object_heap_require("poolobj_types", heap);
    for (poolobj_type *type = object_heap_first_type(heap), *next; type != NULL; type = next) {
        next = object_heap_next_type(type);
        each(type, arg);
    }
}

void poolobj_walk(poolobj_heap *heap, const poolobj_type *type,
                  void (*each)(poolobj *object, void *arg), void *arg) {
    object_heap_require("poolobj_walk", type != NULL ? type->heap : heap);
    collect_walk(heap, type, each, arg);
}

void poolobj_references(void *object, poolobj_visit visit, void *arg) {
    require_looker("poolobj_references", object);
    struct type_pool *pool = ledger_pool(object);
    object_references(pool->type, pool, (poolobj *)object, visit, arg);
}
