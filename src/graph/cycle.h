/* SPDX-License-Identifier: MIT */
/*
 * cycle.h - which objects are on cycles, and the shortest cycle through one.
 *
 * Objects that can reach each other are a component (Tarjan's, without recursion); all cycles
 * through an object stay in its component.
 */
#ifndef POOLALLOC_GRAPH_CYCLE_H
#define POOLALLOC_GRAPH_CYCLE_H

#include "graph/route.h"

struct cycles {
    const struct graph *graph;
    /* By number: a number of its component, or NOBODY: it is on no cycle, or was left out. */
    uint32_t *component;
    bool *single; /* by component: it is one cycle and nothing else */
    uint32_t component_count;
    /* A search: */
    uint32_t *stamp, *from, *queue; /* stamp[n] = round: n was reached in it */
    uint32_t round;
    uint64_t looked_at; /* slots, by all searches */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Finds the cycles of the objects that `live` does not reach. False: no memory. */
bool cycle_open(struct cycles *cycles, const struct graph *graph, const struct route *live);
void cycle_close(struct cycles *cycles);
/* Length of the shortest cycle through an object that is on one, if it is below `limit`; else 0.
   The cycle is in `queue` then, and begins with the object. */
uint32_t cycle_shortest(struct cycles *cycles, uint32_t number, uint32_t limit);

static inline bool cycle_has(const struct cycles *cycles, uint32_t number) {
    return cycles->component[number] != NOBODY;
}

#ifdef __cplusplus
}
#endif

#endif
