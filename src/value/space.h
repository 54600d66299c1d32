/* SPDX-License-Identifier: MIT */
/* space.h - whose space a value is of. */
#ifndef POOLALLOC_VALUE_SPACE_H
#define POOLALLOC_VALUE_SPACE_H

#include "value/value.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called when a space goes: known here, as it is what tells the type of a space from all others. */
void space_drop(poolobj *object);
/* NULL: the object is no value. Cost: a walk over the types of its heap. */
const poolval_space *space_of(const poolobj *value);

/* The object that lives as long as a space. */
struct space_object {
    poolobj base;
    poolval_space *space; /* NULL: it was never finished */
};
void space_free(poolval_space *space);

#ifdef __cplusplus
}
#endif

#endif
