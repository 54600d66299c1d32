/* SPDX-License-Identifier: MIT */
/*
 * preload.h - LD_PRELOAD as the programs find it that this one starts (options: inherit=off).
 */
#ifndef POOLALLOC_PRELOAD_H
#define POOLALLOC_PRELOAD_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Takes the libraries whose file is named libpoolalloc* out of the variable LD_PRELOAD, and the
   variable out of the environment if nothing is left of it. Others stay, in their order. In place:
   needs no memory. */
void preload_forget(char **environment);

#ifdef __cplusplus
}
#endif

#endif
