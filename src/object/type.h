/* SPDX-License-Identifier: MIT */
/*
 * type.h - types: what a specification must be like, and the copy that the heap keeps.
 */
#ifndef POOLALLOC_OBJECT_TYPE_H
#define POOLALLOC_OBJECT_TYPE_H

#include "object/type_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is wrong with a specification; NULL: nothing. */
const char *type_fault(const poolobj_typespec *spec);
/* A type of the heap by a specification without fault; NULL: no memory, or too many types. */
poolobj_type *type_new(poolobj_heap *heap, const poolobj_typespec *spec);
/* Gives back the pools of the type, whatever is in them, and frees it. */
void type_free(poolobj_type *type);

#ifdef __cplusplus
}
#endif

#endif
