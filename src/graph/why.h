/* SPDX-License-Identifier: MIT */
/*
 * why.h - why an object is alive, in words.
 */
#ifndef POOLALLOC_GRAPH_WHY_H
#define POOLALLOC_GRAPH_WHY_H

#include <stdio.h>

#include "graph/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 0, or -1 and errno. */
int why_print(const struct graph *graph, uint32_t number, const poolgraph_options *options,
              FILE *out);

#ifdef __cplusplus
}
#endif

#endif
