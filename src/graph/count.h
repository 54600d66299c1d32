/* SPDX-License-Identifier: MIT */
/*
 * count.h - how many objects of which type there are, and were.
 */
#ifndef POOLALLOC_GRAPH_COUNT_H
#define POOLALLOC_GRAPH_COUNT_H

#include <poolgraph.h>

#include "object/object_heap.h"

/* The most objects there were of a type, which is known by its number in the order in which types
   were made: another may be at its address by now. */
struct count_row {
    uint32_t serial;
    size_t objects;
};
struct poolgraph_snapshot {
    poolobj_heap *heap;
    struct count_row *row; /* in the order of numbers */
    size_t type_count;
};

#ifdef __cplusplus
extern "C" {
#endif

/* Types of a heap. */
size_t count_types(const poolobj_heap *heap);
/* Living objects of a type, and the bytes of their blocks. */
poolgraph_type_count count_objects(poolobj_type *type);
/* Living objects of all types of this name. */
size_t count_named(poolobj_heap *heap, const char *object_heap_type_name);

/* Does what poolgraph_counts does, or with a snapshot what poolgraph_growth does. */
size_t count_rank(poolobj_heap *heap, const poolgraph_snapshot *snapshot,
                  poolgraph_type_count *counts, size_t room);

/* Does what poolgraph_snapshot_raise does. False: no memory, and all is as it was. */
bool count_raise(poolgraph_snapshot *snapshot);

#ifdef __cplusplus
}
#endif

#endif
