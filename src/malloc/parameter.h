/* SPDX-License-Identifier: MIT */
/*
 * parameter.h - the parameters of glibc's malloc, as mallopt sets them and as operators do by
 * variables (MALLOC_TRIM_THRESHOLD_, ...) and by GLIBC_TUNABLES=glibc.malloc.*: those that have a
 * meaning here are followed, all others do no harm. The order of precedence is POOLALLOC_OPTIONS,
 * the program's mallopt, the tunables, the variables.
 */
#ifndef POOLALLOC_PARAMETER_H
#define POOLALLOC_PARAMETER_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What mallopt does, with glibc's result for every parameter and value. Negative values wrap, as
   glibc's do. */
int parameter_set(int parameter, size_t value);
/* Called at start-up, after options_read. Says nothing about bad values, which are left out. */
void parameter_read_environment(char *const *environment);

#ifdef __cplusplus
}
#endif

#endif
