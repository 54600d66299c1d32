/* SPDX-License-Identifier: MIT */
/*
 * outlet.h - where what the library has to say about a process goes: standard error, or a file of
 * the operator's. Safe in signal handlers.
 */
#ifndef POOLALLOC_OUTLET_H
#define POOLALLOC_OUTLET_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called at start-up: keeps standard error, which GNU's tools close before the last destructors. */
void outlet_prepare(void);
/* A descriptor to append to the file with, %p in whose name stands for the process id; the path ""
   is standard error. -1: there is none, and a line said so of a file. `what` is to be written,
   `option` asked for it. */
int outlet_open(const char *path, const char *what, const char *option);
void outlet_close(int descriptor);

#ifdef __cplusplus
}
#endif

#endif
