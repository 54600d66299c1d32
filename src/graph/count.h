/* SPDX-License-Identifier: MIT */
/*
 * count.h - how many objects of which type there are, and were.
 */
#ifndef POOLALLOC_GRAPH_COUNT_H
#define POOLALLOC_GRAPH_COUNT_H

#include <poolgraph.h>

#include "base/base.h"

/* Types of a heap are known by the order in which they were made. */
struct poolgraph_snapshot {
    poolobj_heap *heap;
    size_t *objects; /* by type */
    size_t type_count;
};

#ifdef __cplusplus
extern "C" {
#endif

size_t count_types(const poolobj_heap *heap);
/* Living objects of a type, and the bytes of their blocks. */
poolgraph_type_count count_objects(poolobj_type *type);
size_t count_named(poolobj_heap *heap, const char *type_name);

/* As poolgraph_counts, or with a snapshot as poolgraph_growth. */
size_t count_rank(poolobj_heap *heap, const poolgraph_snapshot *snapshot,
                  poolgraph_type_count *counts, size_t room);

/* False: no memory, and all is as it was. */
bool count_raise(poolgraph_snapshot *snapshot);

#ifdef __cplusplus
}
#endif

#endif
