/* SPDX-License-Identifier: MIT */
/*
 * search.h - which objects are reached from which, by the fewest references: a breadth-first search
 * that begins at any number of objects and may go on later from more. The chain from a root to an
 * object is found by such a search, which passes only what the options show.
 *
 * Invariants, which search_check checks:
 *   R1 queue[0 .. found) are the objects with from[n] != NOBODY, each once
 *   R2 each comes after from[n], which refers to it, or from[n] = BEGINNING
 */
#ifndef POOLALLOC_GRAPH_SEARCH_H
#define POOLALLOC_GRAPH_SEARCH_H

#include "graph/graph.h"

enum { BEGINNING = NOBODY - 1 };

/* A chain that is longer than twice this shows so many objects of its beginning and of
   its end. */
enum { CHAIN_ENDS = 20 };

struct search {
    const struct graph *graph;
    uint32_t *from;  /* by number: who leads to it; BEGINNING; NOBODY: not reached */
    uint32_t *queue; /* who was reached, in that order */
    uint32_t found, visited;
    /* Whether the search may pass an object; NULL: always. */
    bool (*may_pass)(const struct graph *graph, uint32_t number, void *arg);
    void *arg;
};

/* The objects that are shown: all but those the options leave out. The filter is asked once per
   object. */
struct search_choice {
    const struct graph *graph;
    const poolgraph_options *options;
    uint8_t *state; /* by number */
};

/* The shortest chain of references from a root to an object. */
struct search_chain {
    struct search search;
    uint32_t length; /* in objects: search.queue[0 .. length), from the root on; 0: there is none */
};

#ifdef __cplusplus
extern "C" {
#endif

/* False: no memory. */
bool search_open(struct search *search, const struct graph *graph);
/* Opens a search and goes to its end from all roots: it has reached what is live then. */
bool search_open_live(struct search *search, const struct graph *graph);
void search_close(struct search *search);
/* Begins at an object, unless it has been reached. */
void search_begin(struct search *search, uint32_t number);
/* Goes on until `target` is reached, or with NOBODY to the end. */
void search_run(struct search *search, uint32_t target);
/* Writes the chain that leads to a reached object, which is its last, over the queue, which is
   lost. Returns its length in objects. */
uint32_t search_trace(struct search *search, uint32_t target);
/* The first slot of `from` that leads to `to`. */
uint64_t search_slot(const struct graph *graph, uint32_t from, uint32_t to);
/* Ends the process if an invariant does not hold, between the other calls. */
void search_check(const struct search *search);

static inline bool search_reaches(const struct search *search, uint32_t number) {
    return search->from[number] != NOBODY;
}

/* False and errno: no memory. */
bool search_choice_open(struct search_choice *choice, const struct graph *graph,
                        const poolgraph_options *options);
void search_choice_close(struct search_choice *choice);
/* An object that was asked for is shown, whatever the options say. */
void search_choice_keep(struct search_choice *choice, uint32_t number);
bool search_choice_shows(struct search_choice *choice, uint32_t number);

/* False and errno: no memory. */
bool search_chain_open(struct search_chain *chain, const struct graph *graph, uint32_t target,
                       const poolgraph_options *options);
void search_chain_close(struct search_chain *chain);
/* The index-th reference of the chain, from its index-th object to the next. */
poolgraph_reference search_chain_reference(const struct search_chain *chain, uint32_t index);

/* The next place to be shown after `index`, in a chain of `length`. */
static inline uint32_t search_chain_next(uint32_t index, uint32_t length) {
    bool cut = index + 1 == CHAIN_ENDS && length > 2 * CHAIN_ENDS;
    return cut ? length - CHAIN_ENDS : index + 1;
}

#ifdef __cplusplus
}
#endif

#endif
