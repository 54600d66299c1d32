/* SPDX-License-Identifier: MIT */
/*
 * dlopen_names.h - what the names that open libraries share. Whoever opens one for the first time
 * prepares the process for it.
 */
#ifndef POOLALLOC_DLOPEN_NAMES_H
#define POOLALLOC_DLOPEN_NAMES_H

#include "base/atomic.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The function of that name behind ours. Looked up at the first use: dlsym is not safe on malloc's
   way up, but dlopen's is long after. */
void *dlopen_names_next(struct atomic_u64 *known, const char *name);
/* The flags that a library is opened with. The program itself (no file) is there already. Where
   another malloc is the process's, that one sees to it. */
int dlopen_names_allowed(const char *file, int flags);

#ifdef __cplusplus
}
#endif

#endif
