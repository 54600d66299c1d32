/* SPDX-License-Identifier: MIT */
/*
 * graph.h - the objects of a heap and their references as arrays of numbers, as they are at the
 * moment; what is found out about a heap is found out on these. Valid until an object of the heap
 * is made, dropped or changed.
 *
 * Invariants, which graph_check checks:
 *   G1 object[n] has the number n
 *   G2 first[n + 1] - first[n] = slots that n reports, NULL ones included
 *   G3 outside[n] = count of n - references to n - (1 if it is kept as garbage); or IMMORTAL
 */
#ifndef POOLALLOC_GRAPH_GRAPH_H
#define POOLALLOC_GRAPH_GRAPH_H

#include <poolgraph.h>

#include "graph/numbering.h"

enum { OUTSIDE_IMMORTAL = INT32_MAX };

struct graph {
    poolobj_heap *heap;
    struct numbering numbers;
    uint32_t count;   /* of objects */
    poolobj **object; /* by number */
    uint64_t *first;  /* by number, and one more: where its slots begin in `to` */
    uint32_t *to;     /* by slot: whom it leads to; NOBODY: to nothing, or out of the heap */
    int32_t *outside; /* by number: references that no object of the heap holds */
};

/* Goes through the slots of an object; the next one is to be described: whether it is a field or an
   item, which, and its name. */
struct graph_place {
    poolobj *object;
    const poolobj_type *type;
    const size_t *refs;
    size_t block;      /* bytes of the object */
    size_t item_count; /* items outside of the object so far */
};

#ifdef __cplusplus
extern "C" {
#endif

/* False and errno: ENOMEM, EOVERFLOW. */
bool graph_open(struct graph *graph, poolobj_heap *heap);
void graph_close(struct graph *graph);
/* The number of the object at an address, which may be any; NOBODY: none is there. */
uint32_t graph_number(const struct graph *graph, const void *address);
/* The reference in the slot-th slot of an object. */
poolgraph_reference graph_reference(const struct graph *graph, uint32_t from, uint64_t slot);
/* References to an object without the one that keeps it as garbage; or OUTSIDE_IMMORTAL. */
int32_t graph_count_of(const poolobj *object);
/* Kept by POOLOBJ_GC_SAVEALL. */
bool graph_is_saved(const struct graph *graph, uint32_t number);
/* Ends the process if an invariant does not hold. */
void graph_check(const struct graph *graph);

void graph_place_begin(struct graph_place *place, poolobj *object);
/* Passes over `count` > 0 slots side by side, which are the next of their object. */
void graph_place_skip(struct graph_place *place, poolobj *const *slots, size_t count);
/* Describes `slot`, which is the next of its object. */
poolgraph_reference graph_place_at(struct graph_place *place, poolobj *const *slot);

/* Held from outside, or immortal. */
static inline bool graph_is_root(const struct graph *graph, uint32_t number) {
    return graph->outside[number] > 0;
}
static inline bool graph_is_immortal(const struct graph *graph, uint32_t number) {
    return graph->outside[number] == OUTSIDE_IMMORTAL;
}

#ifdef __cplusplus
}
#endif

#endif
