/* SPDX-License-Identifier: MIT */
/*
 * verify.h - finds types that do not report every reference: looks for addresses of objects in the
 * words of their objects and asks whether one of the reported references is it.
 */
#ifndef POOLALLOC_OBJECT_VERIFY_H
#define POOLALLOC_OBJECT_VERIFY_H

#include "object/generation.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Ends the process if an object of the chain's pools holds a reference that is not reported, or
   reports one that leads to no living object of its heap, or of a shared one. */
void verify_chain(struct type_pool *chain);
/* Ends the process if a root holds anything but a living object of the heap or NULL. */
void verify_roots(const poolobj_heap *heap);

#ifdef __cplusplus
}
#endif

#endif
