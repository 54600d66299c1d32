/* SPDX-License-Identifier: MIT */
#include "oracle/lists.h"

#include <stdlib.h>
#include <string.h>

/* ---- Lists ---- */

static void list_init(struct lists_object *list) { list->next = list->prev = list; }
static bool list_is_empty(const struct lists_object *list) { return list->next == list; }

static void list_append(struct lists_object *list, struct lists_object *object) {
    object->next = list;
    object->prev = list->prev;
    list->prev->next = object;
    list->prev = object;
}

static void list_remove(struct lists_object *object) {
    object->prev->next = object->next;
    object->next->prev = object->prev;
    object->next = object->prev = NULL;
}

static void list_move(struct lists_object *object, struct lists_object *to) {
    list_remove(object);
    list_append(to, object);
}

static void list_merge(struct lists_object *from, struct lists_object *to) {
    if (list_is_empty(from)) return;
    to->prev->next = from->next;
    from->next->prev = to->prev;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

static size_t list_size(const struct lists_object *list) {
    size_t size = 0;
    for (const struct lists_object *at = list->next; at != list; at = at->next) size++;
    return size;
}

/* ---- Objects ---- */

void lists_heap_init(struct lists_heap *heap) {
    memset(heap, 0, sizeof *heap);
    for (int g = 0; g < 3; g++) list_init(&heap->generation[g].head);
    list_init(&heap->permanent);
    heap->generation[0].threshold = 700;
    heap->generation[1].threshold = heap->generation[2].threshold = 10;
    heap->enabled = true;
}

static void collect_generations(struct lists_heap *heap) {
    for (int g = 2; g >= 0; g--) {
        if (heap->generation[g].count <= heap->generation[g].threshold) continue;
        if (g == 2 && heap->long_lived_pending < heap->long_lived_total / 4) continue;
        lists_collect(heap, g);
        return;
    }
}

struct lists_object *lists_new(struct lists_heap *heap, unsigned slots, bool tracked) {
    struct lists_generation *young = &heap->generation[0];
    if (tracked && ++young->count > young->threshold && heap->enabled && young->threshold > 0 &&
        !heap->collecting)
        collect_generations(heap);
    size_t size = offsetof(struct lists_object, slot) + slots * sizeof(struct lists_object *);
    struct lists_object *object = calloc(1, size);
    if (object == NULL) abort();
    object->heap = heap;
    object->refcount = 1;
    object->slots = (uint16_t)slots;
    object->untracked = !tracked;
    if (tracked) list_append(&young->head, object);
    return object;
}

void lists_make_immortal(struct lists_object *object) { object->immortal = true; }

void lists_incref(struct lists_object *object) {
    if (!object->immortal) object->refcount++;
}

/* The finalizer runs with a reference held; true: it made another that stays. */
static bool finalize(struct lists_object *object) {
    if (!object->finalizes) return false;
    object->finalizes = false;
    object->refcount = 1;
    if (object->heap->finalize != NULL) object->heap->finalize(object, object->heap->arg);
    return --object->refcount > 0;
}

static void clear(struct lists_object *object) {
    for (unsigned i = 0; i < object->slots; i++) lists_set(&object->slot[i], NULL);
}

static void deallocate(struct lists_object *object) {
    struct lists_heap *heap = object->heap;
    if (finalize(object)) return;
    if (!object->untracked) list_remove(object);
    clear(object);
    if (heap->died != NULL) heap->died(object, heap->arg);
    if (!object->untracked && heap->generation[0].count > 0) heap->generation[0].count--;
    free(object);
}

void lists_decref(struct lists_object *object) {
    if (!object->immortal && --object->refcount == 0) deallocate(object);
}

void lists_set(struct lists_object **slot, struct lists_object *to) {
    struct lists_object *old = *slot;
    if (to != NULL) lists_incref(to);
    *slot = to;
    if (old != NULL) lists_decref(old);
}

/* ---- Detection ---- */

static void update_refs(struct lists_object *containers) {
    for (struct lists_object *at = containers->next; at != containers; at = at->next) {
        at->gc_refs = at->immortal ? INT64_MAX / 2 : at->refcount;
        at->collecting = true;
    }
}

static void visit_decref(struct lists_object *object) {
    if (object != NULL && object->collecting) object->gc_refs--;
}

static void subtract_refs(struct lists_object *containers) {
    for (struct lists_object *at = containers->next; at != containers; at = at->next)
        for (unsigned i = 0; i < at->slots; i++) visit_decref(at->slot[i]);
}

static void visit_reachable(struct lists_object *object, struct lists_object *reachable) {
    if (object == NULL || !object->collecting) return;
    if (object->gc_refs == 0) object->gc_refs = 1; /* not looked at yet */
    if (!object->unreachable) return;
    object->unreachable = false; /* was looked at too early: back to the end */
    list_move(object, reachable);
}

static void move_unreachable(struct lists_object *young, struct lists_object *unreachable) {
    struct lists_object *at = young->next;
    while (at != young) {
        struct lists_object *next;
        if (at->gc_refs != 0) {
            for (unsigned i = 0; i < at->slots; i++) visit_reachable(at->slot[i], young);
            next = at->next;
            at->collecting = false;
        } else {
            next = at->next;
            at->unreachable = true;
            list_move(at, unreachable);
        }
        at = next;
    }
}

static void deduce_unreachable(struct lists_object *base, struct lists_object *unreachable) {
    update_refs(base);
    subtract_refs(base);
    list_init(unreachable);
    move_unreachable(base, unreachable);
    for (struct lists_object *at = unreachable->next; at != unreachable; at = at->next)
        at->collecting = at->unreachable = false;
}

/* ---- The end of the unreachable ---- */

static void tell_unreachable(struct lists_heap *heap, struct lists_object *list) {
    if (heap->unreachable == NULL) return;
    for (struct lists_object *at = list->next; at != list; at = at->next)
        heap->unreachable(at, heap->arg);
}

static void finalize_garbage(struct lists_heap *heap, struct lists_object *collectable) {
    struct lists_object seen;
    list_init(&seen);
    while (!list_is_empty(collectable)) {
        struct lists_object *at = collectable->next;
        list_move(at, &seen);
        if (!at->finalizes) continue;
        at->finalizes = false;
        lists_incref(at);
        if (heap->finalize != NULL) heap->finalize(at, heap->arg);
        lists_decref(at);
    }
    list_merge(&seen, collectable);
}

static void delete_garbage(struct lists_object *collectable, struct lists_object *old) {
    while (!list_is_empty(collectable)) {
        struct lists_object *at = collectable->next;
        lists_incref(at);
        clear(at);
        if (at->refcount > 1) list_move(at, old);
        lists_decref(at);
    }
}

static void merge_younger(struct lists_heap *heap, int generation) {
    if (generation < 2) heap->generation[generation + 1].count++;
    for (int g = 0; g <= generation; g++) heap->generation[g].count = 0;
    for (int g = 0; g < generation; g++)
        list_merge(&heap->generation[g].head, &heap->generation[generation].head);
}

static void merge_survivors(struct lists_heap *heap, struct lists_object *young, int generation) {
    if (generation == 2) {
        heap->long_lived_pending = 0;
        heap->long_lived_total = list_size(young);
        return;
    }
    if (generation == 1) heap->long_lived_pending += list_size(young);
    list_merge(young, &heap->generation[generation + 1].head);
}

size_t lists_collect(struct lists_heap *heap, int generation) {
    struct lists_object *young = &heap->generation[generation].head;
    struct lists_object *old = &heap->generation[generation < 2 ? generation + 1 : 2].head;
    struct lists_object unreachable, still_unreachable;
    if (heap->collecting) return 0;
    heap->collecting = true;
    merge_younger(heap, generation);
    deduce_unreachable(young, &unreachable);
    merge_survivors(heap, young, generation);
    tell_unreachable(heap, &unreachable);
    finalize_garbage(heap, &unreachable);
    deduce_unreachable(&unreachable, &still_unreachable);
    list_merge(&unreachable, old); /* resurrected */
    size_t found = list_size(&still_unreachable);
    delete_garbage(&still_unreachable, old);
    heap->collecting = false;
    return found;
}

void lists_freeze(struct lists_heap *heap) {
    for (int g = 0; g < 3; g++) {
        list_merge(&heap->generation[g].head, &heap->permanent);
        heap->generation[g].count = 0;
    }
}

void lists_unfreeze(struct lists_heap *heap) {
    list_merge(&heap->permanent, &heap->generation[2].head);
}
