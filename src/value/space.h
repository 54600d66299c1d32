/* SPDX-License-Identifier: MIT */
/* space.h - whose space a value is of. */
#ifndef POOLALLOC_VALUE_SPACE_H
#define POOLALLOC_VALUE_SPACE_H

#include "value/value.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called when the object that stands for a space goes, as its heap ends. */
void space_drop(poolobj *object);
/* The space of a value, or of an object of an own type; NULL: the object is neither. */
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
