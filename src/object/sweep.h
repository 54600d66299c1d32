/* SPDX-License-Identifier: MIT */
/*
 * sweep.h - rescue by bits: what grey objects refer to becomes grey in turn, told by marks alone.
 *
 * Sweeps over all pools in the order of memory while many have grey objects: each finds them many
 * at a time, asks for memory before it is needed, and touches no more than the marks of what a
 * reference leads to. A queue of pools while few have any: a list in random order would need as
 * many sweeps as it has objects. When the queue grows long, sweeps go on.
 */
#ifndef POOLALLOC_OBJECT_SWEEP_H
#define POOLALLOC_OBJECT_SWEEP_H

#include "object/object.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many of the pools may be in the queue: with more it is too long. */
size_t sweep_few(size_t pools);
/* Begins with the grey objects of a chain of `pools` pools, by next_work, none of them queued; ends
   when there are none, and what is white is reached by no object that was grey. */
void sweep_chain(struct type_pool *chain, size_t pools);

#ifdef __cplusplus
}
#endif

#endif
