/* SPDX-License-Identifier: MIT */
#include "object/weakref.h"

#include "base/check.h"
#include "base/probing.h"

enum { FIRST_SIZE = 64 };
static_assert((FIRST_SIZE & (FIRST_SIZE - 1)) == 0, "a hash chooses a slot by its lowest bits");

/* ---- The table, at most half full ---- */

static bool ring_is_free(const void *slot) { return *(poolobj_weakref *const *)slot == NULL; }
static uint64_t ring_hash_of(const poolobj *object) {
    return probing_hash_address((uintptr_t)object, 3);
}
static uint64_t ring_hash(const void *slot, const void *table) {
    (void)table;
    return ring_hash_of((*(poolobj_weakref *const *)slot)->object);
}
static bool ring_has(const void *slot, const void *object) {
    return (*(poolobj_weakref *const *)slot)->object == object;
}
static const struct probing rings = {sizeof(poolobj_weakref *), ring_is_free, ring_hash, ring_has};

/* The slot of an object, or the empty one where it would be. */
static poolobj_weakref **find_ring(const struct weak_table *table, const poolobj *object) {
    ASSERT(table->used < table->size);
    return (poolobj_weakref **)probing_find(&rings, table->slot, table->size, ring_hash_of(object),
                                            object);
}

static bool grow_rings(struct weak_table *table) {
    if (table->used * 2 < table->size) return true;
    struct weak_table larger = *table;
    larger.size = table->size > 0 ? table->size * 2 : FIRST_SIZE;
    larger.slot = (poolobj_weakref **)store_allocate(larger.size * sizeof larger.slot[0]);
    if (larger.slot == NULL) return false;
    probing_copy(&rings, table->slot, table->size, larger.slot, larger.size, NULL);
    store_free(table->slot);
    table->slot = larger.slot;
    table->size = larger.size;
    return true;
}

/* ---- Weak references ---- */

poolobj_weakref *weakref_new(poolobj_heap *heap, poolobj *object,
                             void (*callback)(poolobj_weakref *weakref, void *arg), void *arg) {
    ASSERT(type_pool_is_object(object));
    struct weak_table *table = &heap->weak;
    if (!grow_rings(table)) return NULL;
    poolobj_weakref *weakref = (poolobj_weakref *)store_allocate(sizeof *weakref);
    if (weakref == NULL) return NULL;
    weakref->heap = heap;
    weakref->object = object;
    weakref->callback = callback;
    weakref->arg = arg;
    link_init(&weakref->ring);
    link_add_after(table->all.prev, &weakref->all);
    poolobj_weakref **slot = find_ring(table, object);
    if (*slot != NULL) {
        link_add_after((*slot)->ring.prev, &weakref->ring);
    } else {
        *slot = weakref;
        table->used++;
        object->flags |= WEAKLY_REFERENCED;
    }
    return weakref;
}

/* Takes a weak reference out of its object's ring. */
static void detach(poolobj_weakref *weakref) {
    ASSERT(weakref->object != NULL);
    ASSERT(weakref->object->flags & WEAKLY_REFERENCED);
    struct weak_table *table = &weakref->heap->weak;
    poolobj_weakref **slot = find_ring(table, weakref->object);
    if (link_is_alone(&weakref->ring)) {
        weakref->object->flags &= (uint8_t)~WEAKLY_REFERENCED;
        probing_vacate(&rings, table->slot, table->size, slot, NULL);
        table->used--;
    } else if (*slot == weakref) {
        *slot = link_owner(weakref->ring.next, poolobj_weakref, ring);
    }
    link_remove(&weakref->ring);
    weakref->object = NULL;
}

void weakref_free(poolobj_weakref *weakref) {
    if (weakref->object != NULL)
        detach(weakref);
    else
        link_remove(&weakref->ring); /* it may wait for its callback */
    link_remove(&weakref->all);
    store_free(weakref);
}

static poolobj_weakref *first_of(poolobj_heap *heap, const poolobj *object) {
    return heap->weak.size > 0 ? *find_ring(&heap->weak, object) : NULL;
}

static size_t ring_length(const poolobj_weakref *first) {
    size_t length = 1;
    for (const struct link *at = first->ring.next; at != &first->ring; at = at->next) length++;
    return length;
}

void weakref_clear(poolobj_heap *heap, poolobj *object, bool called_only, struct link *cleared) {
    poolobj_weakref *weakref = first_of(heap, object), *next;
    for (size_t left = weakref ? ring_length(weakref) : 0; left > 0; left--, weakref = next) {
        next = link_owner(weakref->ring.next, poolobj_weakref, ring);
        if (called_only && weakref->callback == NULL) continue;
        detach(weakref);
        link_add_after(cleared->prev, &weakref->ring);
    }
    ASSERT(called_only || !(object->flags & WEAKLY_REFERENCED));
}

bool weakref_is_called(poolobj_heap *heap, const poolobj *object) {
    const poolobj_weakref *weakref = first_of(heap, object);
    for (size_t left = weakref ? ring_length(weakref) : 0; left > 0; left--) {
        if (weakref->callback != NULL) return true;
        weakref = link_owner(weakref->ring.next, poolobj_weakref, ring);
    }
    return false;
}

/* A callback may free its own weak reference, and any other of the list. */
void weakref_call(struct link *cleared) {
    while (!link_is_alone(cleared)) {
        poolobj_weakref *weakref = link_owner(cleared->next, poolobj_weakref, ring);
        ASSERT(weakref->object == NULL);
        link_remove(&weakref->ring);
        if (weakref->callback != NULL) weakref->callback(weakref, weakref->arg);
    }
}

void weakref_free_all(poolobj_heap *heap) {
    struct link *all = &heap->weak.all;
    while (!link_is_alone(all)) {
        poolobj_weakref *weakref = link_owner(all->next, poolobj_weakref, all);
        link_remove(&weakref->all);
        store_free(weakref);
    }
}

static void check_ring(poolobj_heap *heap, const poolobj_weakref *first) {
    ASSERT(first != NULL);
    CHECK(first->object->flags & WEAKLY_REFERENCED); /* W1 */
    CHECK(*find_ring(&heap->weak, first->object) == first);
    for (const struct link *at = first->ring.next; at != &first->ring; at = at->next)
        CHECK(link_owner(at, poolobj_weakref, ring)->object == first->object);
}

void weakref_check(poolobj_heap *heap) {
    size_t used = 0;
    for (size_t i = 0; i < heap->weak.size; i++) {
        if (heap->weak.slot[i] == NULL) continue;
        check_ring(heap, heap->weak.slot[i]);
        used++;
    }
    CHECK(used == heap->weak.used);
}
