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
/* A type of the heap by a specification without fault; NULL: no memory. */
poolobj_type *type_new(poolobj_heap *heap, const poolobj_typespec *spec);
/* Gives the type a number that the headers of its objects have; others have 0. Those numbered one
   after the other get consecutive numbers. False: there are no more. Before its first object. */
bool type_number(poolobj_type *type);
static inline bool type_is_numbered(const poolobj_type *type) {
    return (type->head & UINT16_MAX) != 0;
}
/* Memory, zeroed, for what the layer above knows of the type, which goes with it; NULL: no memory.
   Once. */
void *type_make_upper(poolobj_type *type, size_t size);
/* The type is to end with its last object; no object is made of it any more. */
void type_free(poolobj_type *type);
/* Frees the types that have ended, when nobody up the stack works on an object of them. Code of the
   program runs. */
void type_end_all(poolobj_heap *heap);
/* Gives back the pools of all types, whatever is in them, and frees them, the latest first. */
void type_free_all(poolobj_heap *heap);

#ifdef __cplusplus
}
#endif

#endif
