/* SPDX-License-Identifier: MIT */
/*
 * choice.h - which objects are shown: all but those the options leave out. The filter is asked once
 * per object.
 */
#ifndef POOLALLOC_GRAPH_CHOICE_H
#define POOLALLOC_GRAPH_CHOICE_H

#include "graph/graph.h"

struct choice {
    const struct graph *graph;
    const poolgraph_options *options;
    uint8_t *state; /* by number */
};

#ifdef __cplusplus
extern "C" {
#endif

/* False and errno: no memory. */
bool choice_open(struct choice *choice, const struct graph *graph,
                 const poolgraph_options *options);
void choice_close(struct choice *choice);
/* An object that was asked for is shown, whatever the options say. */
void choice_keep(struct choice *choice, uint32_t number);
bool choice_shows(struct choice *choice, uint32_t number);

#ifdef __cplusplus
}
#endif

#endif
