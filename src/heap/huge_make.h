/* SPDX-License-Identifier: MIT */
/*
 * huge_make.h - when a process gets huge pages. When HUGE_FROM pages are in use and next to none
 * are idle, whoever is about to take pools from the arenas first has 2 MiB of free memory made, in
 * one huge page. It lies in the ranges like other free pages with memory behind them, which are
 * taken first; so no more than one waits for use. Where the system has none, or takes long, the
 * next try waits for as much growth again, twice as much each time.
 */
#ifndef POOLALLOC_HUGE_MAKE_H
#define POOLALLOC_HUGE_MAKE_H

#include "heap/huge.h"

#ifdef __cplusplus
extern "C" {
#endif

/* True if it may be time for huge_make; without the lock. */
bool huge_make_is_due(void);
/* Makes 2 MiB of free memory, if it still is. Takes the space lock. */
void huge_make(void);

#ifdef __cplusplus
}
#endif

#endif
