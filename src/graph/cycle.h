/* SPDX-License-Identifier: MIT */
/*
 * cycle.h - which objects are on cycles, the shortest cycle through one, and the cycles that hold
 * what no root leads to.
 *
 * Objects that can reach each other are a component (Tarjan's, without recursion); all cycles
 * through an object stay in its component.
 */
#ifndef POOLALLOC_GRAPH_CYCLE_H
#define POOLALLOC_GRAPH_CYCLE_H

#include "graph/search.h"

struct cycles {
    const struct graph *graph;
    /* By number: the number of its component, or NOBODY: it is on no cycle, or was left out. */
    uint32_t *component;
    bool *single; /* by component: it is one cycle and nothing else */
    uint32_t component_count;
    /* A search: */
    uint32_t *stamp, *from, *queue; /* stamp[n] = round: n was reached in it */
    uint32_t round;
    uint64_t looked_at; /* slots, by all searches */
};

/* The garbage of a graph, by the cycles in it. */
struct cycle_garbage {
    struct cycles cycles; /* among the garbage */
    struct search away;   /* from all that is on them */
    uint64_t limit;       /* of slots that searches look at */
    uint32_t *seen;       /* by component that is a single cycle: the last question that met it */
    uint32_t questions;
    bool complete; /* no search was given up at the limit */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Finds the cycles of the objects that `live` does not reach. False: no memory. */
bool cycle_open(struct cycles *cycles, const struct graph *graph, const struct search *live);
void cycle_close(struct cycles *cycles);
/* Length of the shortest cycle through an object that is on one, if it is below `limit`; else 0.
   The cycle is in `queue` then, and begins with the object. */
uint32_t cycle_shortest(struct cycles *cycles, uint32_t number, uint32_t limit);

static inline bool cycle_has(const struct cycles *cycles, uint32_t number) {
    return cycles->component[number] != NOBODY;
}

/* `live` is the search from all roots, which is at its end. False and errno: no memory. */
bool cycle_garbage_open(struct cycle_garbage *garbage, const struct graph *graph,
                        struct search *live);
void cycle_garbage_close(struct cycle_garbage *garbage);
/* The object with the shortest cycle of those from first to last - 1 that are garbage; without a
   cycle, any of them; NOBODY: none is garbage. */
uint32_t cycle_garbage_shortest(struct cycle_garbage *garbage, const struct search *live,
                                uint32_t first, uint32_t last);

#ifdef __cplusplus
}
#endif

#endif
