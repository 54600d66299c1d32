/* SPDX-License-Identifier: MIT */
/*
 * area.h - arrays in mappings of their own: whoever looks at a heap takes nothing from it, nor from
 * malloc.
 */
#ifndef POOLALLOC_GRAPH_AREA_H
#define POOLALLOC_GRAPH_AREA_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `count` zeroed elements of `size` bytes, aligned to 64; NULL: no memory. */
void *area_new(size_t count, size_t size);
/* NULL is ignored. Structs of areas are closed by functions that leave nothing in them, so that
   they may be closed again, and close what was opened in part. */
void area_free(void *area);

#ifdef __cplusplus
}
#endif

#endif
