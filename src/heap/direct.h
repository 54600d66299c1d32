/* SPDX-License-Identifier: MIT */
/*
 * direct.h - blocks with a mapping of their own: very large ones, ones that grew by realloc, and
 * with the option large=direct every one above 512 bytes, between guard pages.
 *
 * A freed mapping waits in a small cache for a request of its size: to fault in 32 MiB again costs
 * milliseconds. It is unmapped after the purge delay.
 */
#ifndef POOLALLOC_DIRECT_H
#define POOLALLOC_DIRECT_H

#include "heap/fault.h"
#include "heap/window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A block of `size` bytes at a multiple of `alignment`, all zero if `zero`; NULL: no memory. */
void *direct_allocate(size_t size, size_t alignment, bool zero);
/* False, and nothing done: another thread freed it at the same time. The space lock is out of
   reach: the block stays. */
bool direct_free(struct direct *direct);
/* The block with `size` bytes where it is, or its memory moved elsewhere; NULL: neither works. */
void *direct_resize(struct direct *direct, size_t size);
/* What is wrong with an address in no arena. */
enum block_fault direct_fault_at(uintptr_t address);
/* Unmaps the cached mappings that are due, or all; true if any was. */
bool direct_purge(bool all);
/* True if direct_purge(false) has something to do. */
bool direct_purge_is_due(void);
/* After a fork with the lists in doubt: they and the figures anew from the records, after
   space_rebuild. With the space lock. */
void direct_rebuild(void);

#ifdef __cplusplus
}
#endif

#endif
