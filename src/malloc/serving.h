/* SPDX-License-Identifier: MIT */
/*
 * serving.h - whether this library's malloc is the process's. It is not so where another library
 * that defines malloc was loaded before, by LD_PRELOAD say, or the program defines it itself. Then
 * this one stays passive: it has no report of a process that it did not serve, starts no thread and
 * changes nothing of others. Its functions with names of their own still work.
 */
#ifndef POOLALLOC_SERVING_H
#define POOLALLOC_SERVING_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* True if this library's malloc is the process's. The static archive, whose malloc is the
   program's, has no such function. Called first by a constructor; the answer stays. */
__attribute__((weak)) bool serving_process(void);

#ifdef __cplusplus
}
#endif

#endif
