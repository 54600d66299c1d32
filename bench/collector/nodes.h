/* SPDX-License-Identifier: MIT */
/*
 * nodes.h - what the graphs of the collector's benchmark are built with: nodes of two references,
 * on one collector per program. A new node is held until nodes_drop; what it is linked to lives by
 * the link.
 */
#ifndef BENCH_COLLECTOR_NODES_H
#define BENCH_COLLECTOR_NODES_H

#include <stddef.h>

extern const char *const nodes_name;

void nodes_start(void);
void *nodes_new(void);
void nodes_link(void *from, int field, void *to);
/* Puts a child into a node with the reference that the caller holds, which is the caller's no more.
 */
void nodes_move(void *from, int field, void *to);
void nodes_drop(void *node);
/* A full collection; how many objects it found, if the collector says. */
size_t nodes_collect(void);

#endif
