/* SPDX-License-Identifier: MIT */
/*
 * occasion.h - when the process reports, as the options say: at its end, also by SIGTERM; when a
 * signal arrives; as time passes, or memory grows. The program's handlers are never replaced, and
 * one that it sets later takes the place of ours.
 */
#ifndef POOLALLOC_OCCASION_H
#define POOLALLOC_OCCASION_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called at start-up. Options of reports are off afterwards in a program that report_if does not
   name. In one that another malloc serves (serving.h), which `serving` tells, there is at most a
   report at its end. */
void occasion_prepare(bool serving);
/* True if blocks are to be counted as they are served. */
bool occasion_counts_blocks(void);
/* Called at the end of the process. */
void occasion_end(void);

/* True if the pattern (see fnmatch) is "" or matches the path, or its last part where the pattern
   has no slash. */
bool occasion_matches(const char *pattern, const char *path);

#ifdef __cplusplus
}
#endif

#endif
