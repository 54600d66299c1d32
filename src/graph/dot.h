/* SPDX-License-Identifier: MIT */
/*
 * dot.h - a picture as text for Graphviz's dot: boxes for objects, arrows for references, and what
 * their looks mean.
 */
#ifndef POOLALLOC_GRAPH_DOT_H
#define POOLALLOC_GRAPH_DOT_H

#include "graph/label.h"
#include "graph/route.h"

struct dot {
    struct text text;
    struct label label;
    const struct graph *graph;
    struct route live; /* what roots lead to */
    unsigned looks;    /* that occur, a bit for each row of the legend */
    uint32_t more;     /* boxes that stand for what is not shown, so far */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Begins a picture. False and errno: no memory. */
bool dot_open(struct dot *dot, const struct graph *graph, const poolgraph_options *options,
              FILE *out);
/* Ends it. 0, or -1 and errno: the stream failed. */
int dot_close(struct dot *dot);

/* Boxes are told by numbers, from 0. */
void dot_object(struct dot *dot, uint32_t box, uint32_t number, bool asked_for);
void dot_reference(struct dot *dot, uint32_t from, uint32_t to,
                   const poolgraph_reference *reference);
/* `count` of `what` of a box are not shown: they lead from it, or to it. */
void dot_more(struct dot *dot, uint32_t box, uint64_t count, const char *what, bool from);
/* `count` objects between two are not shown. */
void dot_gap(struct dot *dot, uint32_t from, uint32_t to, uint32_t count);

#ifdef __cplusplus
}
#endif

#endif
