/* SPDX-License-Identifier: MIT */
/*
 * extent.h - blocks above 64 KiB: whole arenas side by side. Their length in arenas may exceed what
 * the block needs, as untouched address space costs nothing; only the pages in use are touched.
 */
#ifndef POOLALLOC_EXTENT_H
#define POOLALLOC_EXTENT_H

#include "heap/window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A block of `size` bytes at a multiple of `alignment`, all zero if `zero`; NULL: no memory. */
void *extent_allocate(size_t size, size_t alignment, bool zero);
/* False, and nothing done: another thread freed it at the same time. The space lock is out of
   reach: the block stays. */
bool extent_free(struct arena *first);
/* The same extent with `size` bytes where it is; false if its neighbours are in use. */
bool extent_resize(struct arena *first, size_t size);

#ifdef __cplusplus
}
#endif

#endif
