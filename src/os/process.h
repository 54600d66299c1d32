/* SPDX-License-Identifier: MIT */
/* process.h - runs another program. */
#ifndef POOLALLOC_OS_PROCESS_H
#define POOLALLOC_OS_PROCESS_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs a program that is looked for in PATH, reading from a descriptor, and waits for its end: its
   exit status, 128 and more if it was killed; -1 and errno: it could not be run. */
int process_run(const char *const *arguments, int input);

#ifdef __cplusplus
}
#endif

#endif
