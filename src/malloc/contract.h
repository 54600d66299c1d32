/* SPDX-License-Identifier: MIT */
/*
 * contract.h - what C, POSIX and glibc say about malloc and its family: zero sizes, overflow,
 * errno, alignment arguments. The public names (poolalloc.c, libc_names.c) are one-line forwards to
 * these.
 */
#ifndef POOLALLOC_CONTRACT_H
#define POOLALLOC_CONTRACT_H

#include "heap/allocate.h"

#ifdef __cplusplus
extern "C" {
#endif

void *contract_malloc_slow(size_t size);
void *contract_calloc(size_t count, size_t size);
void *contract_realloc(void *block, size_t size);
void *contract_reallocarray(void *block, size_t count, size_t size);
void contract_free_sized(void *block, size_t size);
void contract_free_aligned_sized(void *block, size_t alignment, size_t size);
void *contract_aligned(size_t alignment, size_t size);
int contract_posix_memalign(void **result, size_t alignment, size_t size);
void *contract_memalign(size_t alignment, size_t size);
void *contract_pvalloc(size_t size);
/* Ends the process if a live block starts there for which C++ code has not asked by this size and
   alignment, as far as the block tells; CONTRACT_ANY_SIZE: it says none. */
#define CONTRACT_ANY_SIZE SIZE_MAX
void contract_check_delete(const void *block, size_t alignment, size_t size);
size_t contract_usable_size(const void *block);
size_t contract_good_size(size_t size);

ALWAYS_INLINE void *contract_malloc(size_t size) {
    void *block = heap_take_fast(thread_heap, size);
    return likely(block != NULL) ? block : contract_malloc_slow(size);
}

ALWAYS_INLINE void contract_free(void *block) { deallocate(block); }

#ifdef __cplusplus
}
#endif

#endif
