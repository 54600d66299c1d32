/* SPDX-License-Identifier: MIT */
/*
 * purge_thread.h - a thread that gives memory back while the program is idle (purge_thread=on). It
 * runs from the moment that main is called, has all signals blocked, and a child of fork has one of
 * its own. It can be stopped for what only a process of one thread may do.
 */
#ifndef POOLALLOC_PURGE_THREAD_H
#define POOLALLOC_PURGE_THREAD_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* From now on there is a purge thread, in children of fork too. */
void purge_thread_begin(void);
/* Ends the purge thread and waits for its end. False: there is none, or the caller is in a child
   that shares its parent's memory, whose thread it is. */
bool purge_thread_stop(void);
/* Starts the purge thread again. Where the system refuses, as it does in a process that has asked
   for a new PID namespace, there is none. */
void purge_thread_resume(void);

#ifdef __cplusplus
}
#endif

#endif
