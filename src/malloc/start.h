/* SPDX-License-Identifier: MIT */
/*
 * start.h - what happens when the library is loaded and when the process ends. malloc works before
 * and after: everything here is in addition.
 */
#ifndef POOLALLOC_START_H
#define POOLALLOC_START_H

#ifdef __cplusplus
extern "C" {
#endif

/* A thread that purges while the program is idle (purge_thread=on). */
void start_purge_thread(void);

#ifdef __cplusplus
}
#endif

#endif
