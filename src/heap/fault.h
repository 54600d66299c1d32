/* SPDX-License-Identifier: MIT */
/* fault.h - what can be wrong with an address that a program hands in. */
#ifndef POOLALLOC_FAULT_H
#define POOLALLOC_FAULT_H

enum block_fault {
    BLOCK_LIVE,
    BLOCK_FREED,       /* a block could start here, and is free */
    BLOCK_INTERIOR,    /* inside a block, or in the slack behind the last */
    BLOCK_MISALIGNED,  /* in our memory, no multiple of ALIGN */
    BLOCK_UNALLOCATED, /* in our memory, which has no block there */
    BLOCK_FOREIGN,     /* not ours */
};

#endif
