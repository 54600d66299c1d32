/* SPDX-License-Identifier: MIT */
/*
 * object_heap.h - what a heap of objects and its types are made of, for the modules above, each of
 * which writes its own part.
 */
#ifndef POOLALLOC_OBJECT_OBJECT_HEAP_H
#define POOLALLOC_OBJECT_OBJECT_HEAP_H

#include "object/ledger.h"
#include "object/store.h"

enum { GENERATIONS = 3, OLDEST = GENERATIONS - 1, FROZEN = 3 };

/* Where objects of one type and one size come from. */
struct bin {
    poolobj *free; /* blocks of the current pool, to be handed out */
    struct type_pool *current;
    poolobj_type *type;
    struct link partial; /* pools with free blocks, longest waiting first */
    uint32_t stride, capacity, reciprocal;
    struct object_set starts; /* where blocks start */
    /* The free list: dead objects whose pools do not have them back yet, latest first. */
    poolobj *listed;
    uint32_t listed_count, listed_max;
};

struct poolobj_type {
    struct bin bin; /* for objects without items; unused if item_size > 0 */
    bool is_plain;  /* no items and no free list */
    bool is_leaf;   /* no references */
    poolobj_heap *heap;
    uint64_t header; /* of a new object */
    bool tracked;    /* by the collector: has references and is not ACYCLIC */
    bool has_items;  /* that are references */
    bool is_pair;    /* two references and nothing else, up to 2 KiB: a path of its own */
    size_t pair[2];  /* their offsets */
    uint32_t size;   /* up to the items */
    const size_t *refs;
    size_t ref_count;
    void (*traverse)(poolobj *object, poolobj_visit visit, void *arg);
    void (*drop)(poolobj *object);
    void (*finalize)(poolobj *object);
    struct link pools; /* all of the type */
    struct bin **bins; /* by class of size, made as needed; if item_size > 0 */
    size_t item_size;
    uint32_t listed_max;    /* of the bins */
    uint32_t listed_stride; /* that have a free list: up to this */
    unsigned flags;
    const char *name;
    const char **fields; /* or NULL */
    void *data;          /* of the layer above that made the type */
};

/* A table of the weak references to live objects, by object: the first of each ring. */
struct weak_table {
    poolobj_weakref **slot;
    size_t size; /* slots, a power of two or 0 */
    size_t used;
    struct link all; /* every weak reference that was not freed */
};

struct roots {
    void **slot;
    size_t count, room;
    void (*report)(poolobj_visit visit, void *visit_arg, void *arg);
    void *arg;
};

struct poolobj_heap {
    /* Counted by every tracked object that is made or dies; over `trigger`, it is time to collect:
       threshold[0], or INT_MAX while there is to be no automatic collection. */
    int count[GENERATIONS];
    int trigger;
    unsigned depth;    /* of deaths inside of finalizers and callbacks */
    poolobj *deferred; /* chain of objects whose death was put off */
    struct store store;

    poolobj_type **types;
    size_t type_count, type_room;

    /* Pools by the youngest object they may have: 0, or 1. Those of older ones are in neither. */
    struct link young, middle;
    int threshold[GENERATIONS];
    bool enabled, collecting, closing;
    size_t long_lived_total;   /* objects that survived the last full collection */
    size_t long_lived_pending; /* that survived a collection of generation 1 since */
    size_t frozen;             /* freeze was called: some objects may be in generation 3 */

    struct weak_table weak;
    struct roots roots;
    poolobj_gc_figures figures[GENERATIONS];
    void (*callback)(poolobj_heap *heap, const poolobj_gc_info *info, void *arg);
    void *callback_arg;
    void (*close_callback)(poolobj_heap *heap, void *arg);
    void *close_arg;
    unsigned debug;
    uint64_t owner; /* number of the thread */
    uintptr_t
        nowhere; /* a pool without objects, whose working counts are for references that are NULL */
};

#ifdef __cplusplus
extern "C" {
#endif

poolobj_heap *object_heap_new(void);
/* Frees what belongs to the heap itself; its types and pools are gone. */
void object_heap_free(poolobj_heap *heap);

/* A number for the calling thread that no other has. */
uint64_t object_heap_self(void);
/* Debug builds end the process if the calling thread does not own the heap. */
void object_heap_fail_owner(const char *function, const poolobj_heap *heap)
    __attribute__((noreturn));
static inline void object_heap_require(const char *function, const poolobj_heap *heap) {
    if (DEBUG_BUILD && heap->owner != object_heap_self()) object_heap_fail_owner(function, heap);
}

#ifdef __cplusplus
}
#endif

#endif
