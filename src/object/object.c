/* SPDX-License-Identifier: MIT */
#include "object/object.h"

#include "base/check.h"
#include "object/pace.h"
#include "object/type.h"
#include "object/weakref.h"
#include "os/os.h"

/* ---- Birth ---- */

static void *take_large_object(poolobj_type *type, size_t bytes) {
    ASSERT(bytes > SHARED_MAX);
    bytes = align_up(bytes, 8);
    poolobj *block = type_pool_take_large(type, bytes);
    if (block == NULL && free_list_empty_all(type->heap)) block = type_pool_take_large(type, bytes);
    return block != NULL ? object_init(type, block, bytes) : NULL;
}

/* Where there is no memory left, what the free lists keep may do. */
static bool fill_bin(struct bin *bin) {
    ASSERT(bin->free == NULL);
    return type_pool_fill_bin(bin) ||
           (free_list_empty_all(bin->type->heap) && type_pool_fill_bin(bin));
}

static void require_not_freed(const poolobj_type *type) {
    if (unlikely(type->freed))
        fail_call("poolobj_new", "of a type that was freed,", (uintptr_t)type,
                  "poolobj_type_free was called before");
}

void *object_new_slow(poolobj_type *type) {
    ASSERT(!type->itemized);
    require_not_freed(type);
    if (type->size > SHARED_MAX) return take_large_object(type, type->size);
    return fill_bin(&type->bin) ? object_new(type) : NULL;
}

static inline poolobj *take_block(struct bin *bin) {
    if (bin->listed != NULL) return object_take_listed(bin);
    if (bin->free == NULL && !fill_bin(bin)) return NULL;
    poolobj *block = bin->free;
    bin->free = type_pool_next_free(block);
    ASSERT(block->count == 0);
    return block;
}

void *object_new_items_slow(poolobj_type *type, size_t items) {
    size_t bytes;
    require_not_freed(type);
    if (__builtin_mul_overflow(items, object_heap_item_size(type), &bytes)) return NULL;
    if (__builtin_add_overflow(bytes, type->size, &bytes) || bytes > PTRDIFF_MAX) return NULL;
    if (bytes > SHARED_MAX) return take_large_object(type, bytes);
    struct bin *bin = type_pool_bin_for(type, bytes);
    if (bin == NULL) return NULL;
    poolobj *block = take_block(bin);
    return block != NULL ? object_init(type, block, bin->stride) : NULL;
}

size_t object_bytes(const struct type_pool *pool) {
    return pool->bin != NULL ? pool->stride : pool->bytes;
}

/* ---- Death ---- */

static inline poolobj *drop_field(const poolobj *object, size_t offset, poolobj *chain) {
    poolobj *to = *object_field(object, offset);
    return to != NULL ? object_drop(to, chain) : chain;
}

/* Neighbours of the place *i, before it, that refer to the same object are dropped by one
   subtraction; one after the other, each would wait for the one before. One reference is left to
   the caller to drop, in the first of these places, to which *i is moved. */
static inline void drop_equals(poolobj *const *slots, size_t *i) {
    ASSERT(*i > 0 && slots[*i - 1] == slots[*i]);
    poolobj *object = slots[*i];
    size_t first = *i;
    if (object->count <= 0 && object->count != IMMORTAL) return;
    while (first > 0 && slots[first - 1] == object) first--;
    if (object->count > 0 && *i - first >= (size_t)object->count) return;
    if (object->count > 0) object->count -= (int32_t)(*i - first);
    if (object->count > 0 || object->count == IMMORTAL) *i = first;
}

static inline poolobj *drop_items(poolobj *const *slots, size_t count, poolobj *chain) {
    for (size_t i = count; i-- > 0;) {
        if (slots[i] == NULL) continue;
        if (i > 0 && slots[i - 1] == slots[i]) drop_equals(slots, &i);
        chain = object_drop(slots[i], chain);
    }
    return chain;
}

static void drop_dead_span(poolobj *const *slots, size_t count, void *chain) {
    *(poolobj **)chain = drop_items(slots, count, *(poolobj **)chain);
}

static NOINLINE poolobj *drop_reported(const poolobj_type *type, poolobj *object, poolobj *chain) {
    ASSERT(type->traverse != NULL);
    type->traverse(object, drop_dead_span, &chain);
    return chain;
}

/* From the last field to the first, so that what dies of the first is the first of the chain. */
static inline poolobj *drop_references(const poolobj_type *type, const struct type_pool *pool,
                                       poolobj *object, poolobj *chain) {
    if (likely(type->is_pair))
        return drop_field(object, type->pair[0], drop_field(object, type->pair[1], chain));
    if (type->traverse != NULL) chain = drop_reported(type, object, chain);
    if (type->has_items)
        chain = drop_items(object_field(object, type->size),
                           (object_bytes(pool) - type->size) / sizeof(poolobj *), chain);
    for (size_t i = type->ref_count; i-- > 0;) chain = drop_field(object, type->refs[i], chain);
    return chain;
}

static void finalize_once(poolobj_type *type, poolobj *object) {
    ASSERT(type_pool_finalizes(type) && type->extra != NULL);
    object->flags &= (uint8_t)~FINALIZE;
    type->extra->finalize(object);
}

void object_finalize(poolobj *object) {
    ASSERT(!(object->flags & DYING));
    if (!(object->flags & FINALIZE)) return;
    poolobj_incref(object);
    finalize_once(object_type(object), object);
    poolobj_decref(object);
}

/* Runs the finalizer and clears the weak references of an object that has either, and calls their
   callbacks. True: the finalizer brought the object back. */
static NOINLINE bool run_last_calls(poolobj_type *type, poolobj *object) {
    ASSERT(object->flags & DYING);
    poolobj *chain = object_link(object);
    if (object->flags & FINALIZE) {
        uint8_t flags = object->flags & (uint8_t)~DYING;
        uint64_t header = object_heap_type_header(type);
        memcpy(object, &header, sizeof header); /* the count is 1 again */
        object->flags = flags;
        /* Collections passed it by while it was dying, and took no account of its age. */
        if (!ledger_set_has(&ledger_ages(object)->high, object))
            type_pool_note_young(ledger_pool(object));
        finalize_once(type, object);
        if (object->count == IMMORTAL || --object->count > 0) return true;
        object_set_link(object, chain);
    }
    struct link cleared;
    link_init(&cleared);
    weakref_clear(type->heap, object, false, &cleared);
    weakref_call(&cleared);
    return false;
}

static inline void uncount(poolobj_heap *heap, const poolobj_type *type) {
    if (type->tracked && heap->count[0] > 0) heap->count[0]--;
}

static inline void put_block(struct type_pool *pool, poolobj *object) {
    ASSERT(pool == ledger_pool(object));
    if (!pool->lists || !free_list_put(pool, object)) type_pool_put(pool, object);
}

/* No type ends meanwhile, even if `drop` frees that of the object. */
static inline void call_drop(const poolobj_type *type, poolobj *object) {
    ASSERT(type->drop != NULL);
    poolobj_heap *heap = type->heap;
    heap->depth++;
    type->drop(object);
    heap->depth--;
}

/* Ends an object; returns `chain` with those in front that die of it. */
ALWAYS_INLINE poolobj *end_object(poolobj_type *type, struct type_pool *pool, poolobj *object,
                                  poolobj *chain) {
    ASSERT(pool->type == type);
    ASSERT(object->flags & DYING);
    if (!type->is_leaf) {
        chain = drop_references(type, pool, object, chain);
        uncount(type->heap, type);
    }
    if (type->drop != NULL) call_drop(type, object);
    put_block(pool, object);
    return chain;
}

/* What was made together mostly dies together, but by jumps, which the processor does not foresee:
   so the memory so many bytes behind an object is asked for as it dies. */
enum { PREFETCH_DEAD = 512 };

/* Takes the first of a chain apart; returns the chain that is left. */
static inline poolobj *take_apart(poolobj *object) {
    struct type_pool *pool = ledger_pool(object);
    poolobj_type *type = pool->type;
    poolobj *rest = object_link(object);
    __builtin_prefetch((char *)object + PREFETCH_DEAD, 1);
    if (unlikely(object->flags & (FINALIZE | WEAKLY_REFERENCED)) && run_last_calls(type, object))
        return rest;
    return end_object(type, pool, object, rest);
}

/* Ends the types whose last object has gone, unless somebody up the stack may have one in hand. */
static inline void end_types(poolobj_heap *heap) {
    if (likely(link_is_alone(&heap->ended)) || heap->depth > 0 || heap->collecting) return;
    type_end_all(heap);
}

static void put_off(poolobj_heap *heap, poolobj *chain) {
    ASSERT(heap->depth == DEPTH_MAX);
    while (chain != NULL) {
        poolobj *object = chain;
        ASSERT(object->flags & DYING);
        chain = object_link(object);
        object_set_link(object, heap->deferred);
        heap->deferred = object;
    }
}

void object_die_chain(poolobj_heap *heap, poolobj *chain) {
    if (unlikely(heap->depth == DEPTH_MAX)) {
        put_off(heap, chain);
        return;
    }
    heap->depth++;
    while (chain != NULL) {
        chain = take_apart(chain);
        if (unlikely(chain == NULL && heap->depth == 1)) {
            chain = heap->deferred;
            heap->deferred = NULL;
        }
    }
    heap->depth--;
    end_types(heap);
}

poolobj *object_die_some(poolobj_heap *heap, poolobj *chain, unsigned count) {
    if (unlikely(heap->depth == DEPTH_MAX)) {
        put_off(heap, chain);
        return NULL;
    }
    heap->depth++;
    for (; chain != NULL && count > 0; count--) chain = take_apart(chain);
    if (unlikely(chain == NULL && heap->depth == 1)) {
        chain = heap->deferred;
        heap->deferred = NULL;
    }
    heap->depth--;
    return chain;
}

/* ---- In slices ---- */

bool object_die_until(poolobj_heap *heap, uint64_t until) {
    poolobj *chain = heap->waiting;
    heap->waiting = NULL;
    do {
        chain = object_die_some(heap, chain, SLICE_LEAST);
    } while (chain != NULL && os_clock_ns() < until);
    heap->waiting = chain;
    heap->next_slice = heap->count[0] + SLICE_BIRTHS;
    pace_arm(heap);
    end_types(heap);
    return chain != NULL;
}

void object_die_all(poolobj_heap *heap) {
    if (heap->waiting != NULL) object_die_until(heap, UINT64_MAX);
}

/* The object goes in front of those that wait, so that it is gone when the call returns if few die
   with it, however many wait. */
static NOINLINE void die_in_slices(poolobj_heap *heap, poolobj *object) {
    ASSERT(heap->depth == 0 && !heap->collecting);
    bool others = heap->waiting != NULL;
    object_set_link(object, heap->waiting);
    heap->waiting = object;
    object_die_until(heap, others ? 0 : os_clock_ns() + SLICE_NS);
}

/* An object without finalizer and weak references ends at once, at any depth: no code of the
   program runs for it but `drop`. */
static NOINLINE void die_with_parts(struct type_pool *pool, poolobj *object) {
    poolobj_type *type = pool->type;
    poolobj_heap *heap = type->heap;
    if (unlikely(heap->careful)) {
        object_heap_require("poolobj_decref", heap);
        if (heap->sliced && !type->is_leaf && heap->depth == 0 && !heap->collecting) {
            die_in_slices(heap, object);
            return;
        }
    }
    bool has_last_calls = object->flags & (FINALIZE | WEAKLY_REFERENCED);
    object_set_link(object, NULL);
    poolobj *chain = unlikely(has_last_calls) ? object : end_object(type, pool, object, NULL);
    if (chain != NULL)
        object_die_chain(heap, chain);
    else
        end_types(heap);
}

/* The death of an object without parts, a number for example, saves no register. */
void object_die(poolobj *object) {
    ASSERT(!(object->flags & DYING));
    struct type_pool *pool = ledger_pool(object);
    const poolobj_type *type = pool->type;
    bool bare = type->is_leaf && type->drop == NULL;
    if (!bare || unlikely(object->flags & (FINALIZE | WEAKLY_REFERENCED | CHECKED))) {
        die_with_parts(pool, object);
        return;
    }
    poolobj_heap *heap = type->heap; /* the type may end with its last pool */
    put_block(pool, object);
    end_types(heap);
}
