/* SPDX-License-Identifier: MIT */
/*
 * emergency.h - memory for a thread that must not, or cannot, use anything else: a signal has
 * interrupted it inside the allocator and the handler calls exit, whose functions call malloc; or
 * another thread stands still with the space lock (lock.h).
 *
 * All of it lies in one mapping, made at the first need: bits of the 64-byte units in use, a size
 * for each unit where a block starts, and the units. Blocks above 4 KiB have mappings of their own,
 * in a table. Every step is one atomic operation on one word: no lock, nothing to be broken by a
 * signal or a fork, and blocks may be freed by any thread.
 *
 * It is bounded: 4 MiB and 64 large blocks.
 */
#ifndef POOLALLOC_EMERGENCY_H
#define POOLALLOC_EMERGENCY_H

#include "base/atomic.h"
#include "heap/fault.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The mapping, 0 until it is needed, and its size: for readers of other processes. */
extern struct atomic_u64 emergency_mapping;
enum { EMERGENCY_SIZE = 4364 * 1024 };

/* A block of `size` bytes at a multiple of `alignment`, a power of two, all zero; NULL: no more. */
void *emergency_allocate(size_t size, size_t alignment);
/* What is at the address; *usable is set if that is a live block. BLOCK_FOREIGN: not from here. */
enum block_fault emergency_find(uintptr_t address, size_t *usable);
/* Frees a block; false, and nothing done: another thread freed it at the same time. */
bool emergency_free(uintptr_t address);
/* Live blocks and their usable bytes. */
void emergency_count(size_t *blocks, size_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
