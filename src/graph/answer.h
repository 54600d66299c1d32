/* SPDX-License-Identifier: MIT */
/*
 * answer.h - the answers in words: why an object is alive, what is left in a heap of which nothing
 * should be, and tables of types; and the chains and cycles they are made of, as lines of text. Of
 * a chain that is longer than twice CHAIN_ENDS the middle is left out.
 */
#ifndef POOLALLOC_GRAPH_ANSWER_H
#define POOLALLOC_GRAPH_ANSWER_H

#include "graph/cycle.h"
#include "graph/label.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prints each reference and the object after it; the first object is not printed. */
void answer_print_chain(const struct label *label, const struct graph *graph,
                        const uint32_t *objects, uint32_t length);
/* Prints a cycle: its first object, each reference to the next, and that of the last to the first.
 */
void answer_print_cycle(const struct label *label, const struct graph *graph,
                        const uint32_t *objects, uint32_t length);
/* Prints the shortest cycle from which an object of the garbage hangs, and the way from there. */
void answer_print_garbage(const struct label *label, struct cycle_garbage *garbage,
                          uint32_t number);

/* Prints why an object is alive. 0, or -1 and errno. */
int answer_why(const struct graph *graph, uint32_t number, const poolgraph_options *options,
               FILE *out);
/* Prints what is left, and by what. Returns the number of objects, or -1 and errno. */
ptrdiff_t answer_leaks(const struct graph *graph, const poolgraph_options *options, FILE *out);
/* Prints the first `limit` types of a heap, or what grew since a snapshot; 0: all. 0, or -1 and
   errno. */
int answer_types(poolobj_heap *heap, const poolgraph_snapshot *snapshot, size_t limit, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
