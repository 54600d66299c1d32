/* SPDX-License-Identifier: MIT */
/*
 * table.h - counts of types as tables of text.
 */
#ifndef POOLALLOC_GRAPH_TABLE_H
#define POOLALLOC_GRAPH_TABLE_H

#include <poolgraph.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The first `limit` types of a heap, or what grew since a snapshot; 0: all. 0, or -1 and errno. */
int table_show(poolobj_heap *heap, const poolgraph_snapshot *snapshot, size_t limit, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
