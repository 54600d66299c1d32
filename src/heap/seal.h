/* SPDX-License-Identifier: MIT */
/*
 * seal.h - where a block ends for the program, in the bytes behind that end: so that a write past
 * it is found when the block is freed, and the size that was asked for is known.
 *
 * A sealed block of a pool ends with a word, the seal: a keyed hash of its address and its slack,
 * which is what lies between the size asked for and the block's end, and the slack. Bytes of the
 * slack in front of the seal hold a fill, as far as a program that runs past the end goes first.
 * A block with pages of its own has its end in its record (window.h), and the fill alone.
 *
 * S1 From before its live bit is set until it is about to be spare, the block is sealed; or else
 * its seal is 0, in the child of a fork too, which is no seal. S2 Blocks that were live when
 * sealing began are strangers: they have no seal.
 */
#ifndef POOLALLOC_SEAL_H
#define POOLALLOC_SEAL_H

#include "heap/window.h"

enum { SEAL_SIZE = 8 };

#ifdef __cplusplus
extern "C" {
#endif

/* All blocks that are live now are strangers. False, and nothing done: no memory to note them. */
bool seal_begin(void);

/* Seals a block of a pool for `size` bytes, SEAL_SIZE less than the stride at the most. */
void seal_put(uintptr_t block, size_t stride, size_t size);
/* The size that a block was sealed for; the stride of a stranger. Ends the process if bytes behind
   the block's end were written, and with `function` if it is free already. */
size_t seal_size(const char *function, uintptr_t block, size_t stride);
/* Checks a seal as seal_size does; the block has none any more. */
void seal_break(uintptr_t block, size_t stride);
/* Checks a seal as seal_size does, but lets a block without one pass, which another thread is just
   freeing. */
void seal_check(uintptr_t block, size_t stride);
bool seal_is_stranger(uintptr_t block);

/* Seal a block with pages of its own, and read its size; all of it where no end is known. */
void seal_put_large(struct large *large, size_t size);
size_t seal_size_large(const struct large *large);

#ifdef __cplusplus
}
#endif

#endif
