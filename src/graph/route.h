/* SPDX-License-Identifier: MIT */
/*
 * route.h - which objects are reached from which, by the fewest references: a search in the breadth
 * that begins at any number of objects and may go on later from more.
 *
 * Invariants, which route_check checks:
 *   R1 queue[0 .. found) are the objects with from[n] != NOBODY, each once
 *   R2 each comes after from[n], which refers to it, or from[n] = BEGINNING
 */
#ifndef POOLALLOC_GRAPH_ROUTE_H
#define POOLALLOC_GRAPH_ROUTE_H

#include "graph/graph.h"

enum { BEGINNING = NOBODY - 1 };

struct route {
    const struct graph *graph;
    uint32_t *from;  /* by number: who leads to it; BEGINNING; NOBODY: not reached */
    uint32_t *queue; /* who was reached, in that order */
    uint32_t found, visited;
    /* Whether the search may pass an object; NULL: always. */
    bool (*may_pass)(const struct graph *graph, uint32_t number, void *arg);
    void *arg;
};

#ifdef __cplusplus
extern "C" {
#endif

/* False: no memory. */
bool route_open(struct route *route, const struct graph *graph);
/* Opens a route and goes to its end from all roots: it has reached what is live then. */
bool route_open_live(struct route *route, const struct graph *graph);
void route_close(struct route *route);
/* Begins at an object, unless it has been reached. */
void route_begin(struct route *route, uint32_t number);
/* Goes on until `target` is reached, or with NOBODY to the end. */
void route_run(struct route *route, uint32_t target);
/* The chain that leads to a reached object, which is its last: into the queue, which is lost.
   Returns its length in objects. */
uint32_t route_chain(struct route *route, uint32_t target);
/* The first slot of `from` that leads to `to`. */
uint64_t route_slot(const struct graph *graph, uint32_t from, uint32_t to);
/* Ends the process if an invariant does not hold, between the other calls. */
void route_check(const struct route *route);

static inline bool route_reaches(const struct route *route, uint32_t number) {
    return route->from[number] != NOBODY;
}

#ifdef __cplusplus
}
#endif

#endif
