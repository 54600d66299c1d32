/* SPDX-License-Identifier: MIT */
/*
 * culprit.h - who made the mistake that ends the process: program, thread and kind of block in the
 * line, and the callers in lines of their own.
 */
#ifndef POOLALLOC_CULPRIT_H
#define POOLALLOC_CULPRIT_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* At start-up: from then on check.h's failures say so. */
void culprit_prepare(void);

#ifdef __cplusplus
}
#endif

#endif
