/* SPDX-License-Identifier: MIT */
/*
 * picture.h - the pictures: which objects and references around some objects are shown.
 *
 * Shown are the objects that are reached by at most max_depth references, of each object the first
 * max_width; and between them all references, but of each object no more than max_width. For each
 * object one box says how many of its others are not shown.
 */
#ifndef POOLALLOC_GRAPH_PICTURE_H
#define POOLALLOC_GRAPH_PICTURE_H

#include <stdio.h>

#include "graph/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What objects refer to, or with `back` what refers to them. 0, or -1 and errno. */
int picture_around(const struct graph *graph, const uint32_t *numbers, size_t count, bool back,
                   const poolgraph_options *options, FILE *out);
/* The chain to an object. -1 and ESRCH: there is none. */
int picture_chain(const struct graph *graph, uint32_t number, const poolgraph_options *options,
                  FILE *out);

#ifdef __cplusplus
}
#endif

#endif
