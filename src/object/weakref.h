/* SPDX-License-Identifier: MIT */
/*
 * weakref.h - weak references of a heap: a table from objects to rings of them. An object that has
 * any says so in its header, so that the death of all others looks nothing up.
 *
 * Invariant W1, which weakref_check checks: WEAKLY_REFERENCED is set in an object if and only if
 * the table has a ring for it, and a ring holds exactly the references to its object.
 */
#ifndef POOLALLOC_OBJECT_WEAKREF_H
#define POOLALLOC_OBJECT_WEAKREF_H

#include "object/type_pool.h"

struct poolobj_weakref {
    struct link ring; /* weak references to the same object; alone when it is gone */
    struct link all;  /* of the heap */
    poolobj *object;  /* NULL: gone */
    poolobj_heap *heap;
    void (*callback)(poolobj_weakref *weakref, void *arg);
    void *arg;
};

#ifdef __cplusplus
extern "C" {
#endif

poolobj_weakref *weakref_new(poolobj_heap *heap, poolobj *object,
                             void (*callback)(poolobj_weakref *weakref, void *arg), void *arg);
void weakref_free(poolobj_weakref *weakref);

/* The object goes: its weak references are cleared and join a list, oldest first. With
   `called_only` those without a callback are left as they are. */
void weakref_clear(poolobj_heap *heap, poolobj *object, bool called_only, struct link *cleared);
/* Whether a callback is to be called when the object goes. */
bool weakref_is_called(poolobj_heap *heap, const poolobj *object);
/* Calls the callbacks of a list, which is empty then. */
void weakref_call(struct link *cleared);
/* Frees all weak references of the heap. */
void weakref_free_all(poolobj_heap *heap);
void weakref_check(poolobj_heap *heap);

#ifdef __cplusplus
}
#endif

#endif
