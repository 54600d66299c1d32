/* SPDX-License-Identifier: MIT */
/* alone.h - whether a heap is held from outside by one reference alone, so that it can be handed
 * over. */
#ifndef POOLALLOC_OBJECT_ALONE_H
#define POOLALLOC_OBJECT_ALONE_H

#include "object/object.h"

#ifdef __cplusplus
extern "C" {
#endif

/* NULL: each object has as many references as objects of the heap hold to it, and `root` one more;
   else one that has another number. Immortal objects do not matter. Uses the working counts, which
   a collection has in use: inside of one there is no answer. */
const poolobj *alone_find_held(poolobj_heap *heap, const poolobj *root);
/* Some object of the heap, or NULL if there is none. */
const poolobj *alone_find_any(poolobj_heap *heap);

#ifdef __cplusplus
}
#endif

#endif
