/* SPDX-License-Identifier: MIT */
/*
 * report.h - what is known of a heap as lines of text: why an object is alive, what is left where
 * nothing should be, and counts of types.
 */
#ifndef POOLALLOC_GRAPH_REPORT_H
#define POOLALLOC_GRAPH_REPORT_H

#include <stdio.h>

#include "graph/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Why the object is alive. 0, or -1 and errno. */
int report_why(const struct graph *graph, uint32_t number, const poolgraph_options *options,
               FILE *out);
/* What is left. Returns the number of objects, or -1 and errno. */
ptrdiff_t report_leaks(const struct graph *graph, const poolgraph_options *options, FILE *out);
/* The first `limit` types of a heap, or what grew since a snapshot; 0: all. 0, or -1 and errno. */
int report_types(poolobj_heap *heap, const poolgraph_snapshot *snapshot, size_t limit, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
