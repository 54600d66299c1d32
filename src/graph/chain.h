/* SPDX-License-Identifier: MIT */
/*
 * chain.h - the shortest chain of references from a root to an object.
 */
#ifndef POOLALLOC_GRAPH_CHAIN_H
#define POOLALLOC_GRAPH_CHAIN_H

#include "graph/choice.h"
#include "graph/route.h"

/* A chain that is longer than twice this shows so many objects of its beginning and of
   its end. */
enum { CHAIN_ENDS = 20 };

struct chain {
    struct route route;
    uint32_t length; /* in objects: route.queue[0 .. length), from the root on; 0: there is none */
};

#ifdef __cplusplus
extern "C" {
#endif

/* False and errno: no memory. */
bool chain_open(struct chain *chain, const struct graph *graph, uint32_t target,
                const poolgraph_options *options);
void chain_close(struct chain *chain);
/* The index-th reference of the chain, from its index-th object to the next. */
poolgraph_reference chain_reference(const struct chain *chain, uint32_t index);

/* The next place to be shown after `index`, in a chain of `length`. */
static inline uint32_t chain_next(uint32_t index, uint32_t length) {
    bool cut = index + 1 == CHAIN_ENDS && length > 2 * CHAIN_ENDS;
    return cut ? length - CHAIN_ENDS : index + 1;
}

#ifdef __cplusplus
}
#endif

#endif
