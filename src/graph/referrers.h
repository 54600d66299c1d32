/* SPDX-License-Identifier: MIT */
/*
 * referrers.h - the references of a graph by where they lead to.
 *
 * Invariant, which referrers_check checks: E1 the entries of n are all slots that lead to n, by
 * number of the object that has them and by slot.
 */
#ifndef POOLALLOC_GRAPH_REFERRERS_H
#define POOLALLOC_GRAPH_REFERRERS_H

#include "graph/graph.h"

struct referrer {
    uint32_t from;
    uint32_t slot; /* of its slots */
};

struct referrers {
    uint64_t *first; /* by number, and one more: where its entries begin */
    struct referrer *entry;
};

#ifdef __cplusplus
extern "C" {
#endif

/* False and errno: ENOMEM, EOVERFLOW for an object with 2^32 slots. */
bool referrers_open(struct referrers *referrers, const struct graph *graph);
void referrers_close(struct referrers *referrers);
void referrers_check(const struct referrers *referrers, const struct graph *graph);

#ifdef __cplusplus
}
#endif

#endif
