/* SPDX-License-Identifier: MIT */
/*
 * reference.h - what a slot that an object reports is: a field or an item, which, and its name.
 */
#ifndef POOLALLOC_GRAPH_REFERENCE_H
#define POOLALLOC_GRAPH_REFERENCE_H

#include <poolgraph.h>

#include "base/base.h"

/* Goes through the slots of an object; the next one is to be described. */
struct reference_place {
    poolobj *object;
    const poolobj_type *type;
    const size_t *refs;
    size_t block;      /* bytes of the object */
    size_t item_count; /* items outside of the object so far */
};

#ifdef __cplusplus
extern "C" {
#endif

void reference_begin(struct reference_place *place, poolobj *object);
/* Passes over `count` > 0 slots side by side, which are the next of their object. */
void reference_skip(struct reference_place *place, poolobj *const *slots, size_t count);
/* Describes `slot`, which is the next of its object. */
poolgraph_reference reference_at(struct reference_place *place, poolobj *const *slot);

#ifdef __cplusplus
}
#endif

#endif
