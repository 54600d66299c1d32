/* SPDX-License-Identifier: MIT */
/*
 * profile.h - what was sampled, as others read it: pprof's profile.proto, not compressed, or stacks
 * as lines. Allocates nothing with malloc; safe in signal handlers.
 */
#ifndef POOLALLOC_PROFILE_H
#define POOLALLOC_PROFILE_H

#include "base/text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* False: what is known is out of reach just now, or there is no memory for a table of addresses;
   nothing was written. */
bool profile_write(struct text *to);
/* Writes a line for each stack that holds memory: its functions, outermost first, and the bytes. */
bool profile_write_folded(struct text *to);
/* Writes to the file that the options name: stacks as lines if it ends in .folded. False where
   profile_write returns false. */
bool profile_write_file(void);

#ifdef __cplusplus
}
#endif

#endif
