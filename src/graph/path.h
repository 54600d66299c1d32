/* SPDX-License-Identifier: MIT */
/*
 * path.h - chains and cycles of references as lines of text. Of one that is longer than twice
 * CHAIN_ENDS the middle is left out.
 */
#ifndef POOLALLOC_GRAPH_PATH_H
#define POOLALLOC_GRAPH_PATH_H

#include "graph/cycle.h"
#include "graph/label.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each reference to the object after it, from the first object on, which is not printed. */
void path_print(const struct label *label, const struct graph *graph, const uint32_t *objects,
                uint32_t length);
/* Prints a cycle: its first object, each reference to the next, and that of the last to the first.
 */
void path_print_cycle(const struct label *label, const struct graph *graph, const uint32_t *objects,
                      uint32_t length);
/* The shortest cycle from which an object of the garbage hangs, and the way from there. `away` is
   the route from all objects on cycles. */
void path_print_garbage(const struct label *label, struct cycles *cycles, struct route *away,
                        uint32_t number);

#ifdef __cplusplus
}
#endif

#endif
