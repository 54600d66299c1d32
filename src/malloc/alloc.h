/* SPDX-License-Identifier: MIT */
/*
 * alloc.h - what C, POSIX and glibc say about malloc and its family: zero sizes, overflow, errno,
 * alignment arguments. The public names (poolalloc.c, libc_names.c) are one-line forwards to these.
 */
#ifndef POOLALLOC_ALLOC_H
#define POOLALLOC_ALLOC_H

#include "heap/allocate.h"

#ifdef __cplusplus
extern "C" {
#endif

void *alloc_malloc_slow(size_t size);
void *alloc_calloc(size_t count, size_t size);
void *alloc_realloc(void *block, size_t size);
void *alloc_reallocarray(void *block, size_t count, size_t size);
void alloc_free_sized(void *block, size_t size);
void alloc_free_aligned_sized(void *block, size_t alignment, size_t size);
void *alloc_aligned(size_t alignment, size_t size);
int alloc_posix_memalign(void **result, size_t alignment, size_t size);
void *alloc_memalign(size_t alignment, size_t size);
void *alloc_pvalloc(size_t size);
size_t alloc_usable_size(const void *block);
size_t alloc_good_size(size_t size);

ALWAYS_INLINE void *alloc_malloc(size_t size) {
    void *block = heap_take_fast(thread_heap, size);
    return likely(block != NULL) ? block : alloc_malloc_slow(size);
}

ALWAYS_INLINE void alloc_free(void *block) { release(block); }

#ifdef __cplusplus
}
#endif

#endif
