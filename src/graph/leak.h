/* SPDX-License-Identifier: MIT */
/*
 * leak.h - what is left in a heap of which nothing should be.
 */
#ifndef POOLALLOC_GRAPH_LEAK_H
#define POOLALLOC_GRAPH_LEAK_H

#include <stdio.h>

#include "graph/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prints it. Returns the number of objects, or -1 and errno. */
ptrdiff_t leak_print(const struct graph *graph, const poolgraph_options *options, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
