/* SPDX-License-Identifier: MIT */
/*
 * block.h - from an address to the block there, with every check: the one place where addresses
 * that programs hand in are judged. free, realloc, malloc_usable_size and the drain of remote frees
 * all come here; the fast path of free (heap.h) does the same for its own small blocks.
 */
#ifndef POOLALLOC_BLOCK_H
#define POOLALLOC_BLOCK_H

#include "heap/fault.h"
#include "heap/size_class.h"
#include "heap/window.h"

struct block {
    uintptr_t address;
    size_t usable;          /* bytes from address to the block's end */
    enum tag_kind kind;
    /* For blocks of pools and spans: */
    unsigned class_index;
    struct heap *heap;      /* the owner */
    struct window *window;
    struct pool *pool;
    struct atomic_u64 *word; /* of the live bits, and the block's bit in it */
    uint64_t bit;
    /* For extents and direct mappings: */
    struct arena *arena;
    struct direct *direct;
};

#ifdef __cplusplus
extern "C" {
#endif

/* Fills *block if the result is BLOCK_LIVE; of a BLOCK_FREED pool block too. Any address will do. */
enum block_fault block_find(uintptr_t address, struct block *block);

/* Ends the process with the line that says what is wrong with the address given to `function`. */
__attribute__((noreturn)) void block_fail(const char *function, enum block_fault fault,
                                          uintptr_t address);

/* block_find or block_fail. */
static inline void block_require(const char *function, const void *pointer, struct block *block) {
    enum block_fault fault = block_find((uintptr_t)pointer, block);
    if (unlikely(fault != BLOCK_LIVE)) block_fail(function, fault, (uintptr_t)pointer);
}

#ifdef __cplusplus
}
#endif

#endif
