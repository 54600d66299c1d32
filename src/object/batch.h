/* SPDX-License-Identifier: MIT */
/*
 * batch.h - garbage that lies side by side: the white objects of pools that follow one another are
 * tested and freed at one instant, as a collection of them alone would (reach.h). That is cheaper
 * than tracing pieces, to which it leaves what refers to one another from afar.
 */
#ifndef POOLALLOC_OBJECT_BATCH_H
#define POOLALLOC_OBJECT_BATCH_H

#include "object/reclaim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Tries the white objects of the next pools of the round, some thousands; but for those that a step
   may have no time for: with finalizers, or with any number of references. */
void batch_try_next(poolobj_heap *heap);
/* Frees all white objects that nothing else refers to, whatever it takes. */
void batch_free_all(poolobj_heap *heap);

#ifdef __cplusplus
}
#endif

#endif
