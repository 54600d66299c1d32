/* SPDX-License-Identifier: MIT */
/*
 * misuse.h - the parts of the misuse program: a fault is an address that is not a live block,
 * together with what the library may call it. misuse.c gives that address to one function.
 */
#ifndef POOLALLOC_TEST_MISUSE_H
#define POOLALLOC_TEST_MISUSE_H

#include <stddef.h>

/* What the message may say about an address. */
enum kind { FREED = 1, INTERIOR = 2, MISALIGNED = 4, UNALLOCATED = 8, FOREIGN = 16, ANY = 31 };

struct fault {
    const char *name;
    /* Makes the address from a live block of `size` bytes; NULL if there is none for this size. */
    void *(*address)(void *block, size_t size);
    /* The kinds that fit this address; INTERIOR is narrowed by the alignment of the address. */
    int kinds;
};

extern const struct fault freed_faults[];   /* ends with a null name */
extern const struct fault address_faults[]; /* ends with a null name */

/* Runs a function in another thread and waits for it. */
void in_thread(void *(*function)(void *), void *argument);

#endif
