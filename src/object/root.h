/* SPDX-License-Identifier: MIT */
/*
 * root.h - variables that the program has told of. The collector needs none of them: who is held
 * from outside shows in the counts. It does not begin with them either: a collection that did would
 * follow references one by one, which the counts settle in one pass, and take longer for trees,
 * chains, and what is also held elsewhere. Roots serve to find mistakes (verify.h).
 */
#ifndef POOLALLOC_OBJECT_ROOT_H
#define POOLALLOC_OBJECT_ROOT_H

#include "object/object_heap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adds a variable, which may be there already. False: no memory. */
bool root_add(struct roots *roots, void *variable);
/* Takes back one root_add of a variable; nothing happens if it is not there. */
void root_remove(struct roots *roots, void *variable);
/* Calls visit for every variable, and reports what the program's callback reports. */
void root_each(const struct roots *roots, poolobj_visit visit, void *arg);

#ifdef __cplusplus
}
#endif

#endif
