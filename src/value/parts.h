/* SPDX-License-Identifier: MIT */
/* parts.h - what objects refer to, replaced by copies. */
#ifndef POOLALLOC_VALUE_PARTS_H
#define POOLALLOC_VALUE_PARTS_H

#include "value/value.h"

/* A new reference to the copy of a part; NULL: the failure is noted. */
typedef poolobj *part_copy(void *arg, poolobj *part, size_t depth);

#ifdef __cplusplus
extern "C" {
#endif

/* What the object reports as references is replaced by copies. False: the failure is noted, and
   all is as it was. Hooks may run meanwhile, the object is held by the caller. */
bool parts_replace(poolval_space *space, poolobj *object, part_copy *copy, void *arg, size_t depth);
/* What the object reports is given up: NULL from now on. */
void parts_clear(poolobj *object);

#ifdef __cplusplus
}
#endif

#endif
