/* SPDX-License-Identifier: MIT */
/*
 * garbage.h - what no root leads to, and the cycles that hold it.
 */
#ifndef POOLALLOC_GRAPH_GARBAGE_H
#define POOLALLOC_GRAPH_GARBAGE_H

#include "graph/path.h"

struct garbage {
    struct cycles cycles; /* among the garbage */
    struct route away;    /* from all that is on them */
    uint64_t limit;       /* of slots that searches look at */
    uint32_t *seen;       /* by component that is a single cycle: the last search that met it */
    uint32_t searches;
    bool complete; /* no search was given up at the limit */
};

#ifdef __cplusplus
extern "C" {
#endif

/* `live` is the route from all roots, which is at its end. False and errno: no memory. */
bool garbage_open(struct garbage *garbage, const struct graph *graph, struct route *live);
void garbage_close(struct garbage *garbage);
/* Prints the shortest cycle that holds one object. */
void garbage_print(struct garbage *garbage, const struct label *label, uint32_t number);
/* The object with the shortest cycle of those from first to last - 1 that are garbage; without a
   cycle, any of them; NOBODY: none is garbage. */
uint32_t garbage_shortest(struct garbage *garbage, const struct route *live, uint32_t first,
                          uint32_t last);

#ifdef __cplusplus
}
#endif

#endif
