/* SPDX-License-Identifier: MIT */
/*
 * guard_report.h - the line and the stacks of an access that inaccessible pages of ours refused:
 * those of a guarded block (guard.h), those around a large block, or those where one was before its
 * free (direct.h).
 *
 * With options that make such pages there is a handler for SIGSEGV from the start of the process
 * on, before the program's own code. A fault in one of them it reports; then it hands this fault,
 * and any other as it came, to the handler that was there before, or to the system. Handlers that
 * the program sets later take its place, as they are to, and whatever they do with the fault is
 * theirs: one that calls the handler it has replaced, as crash reporters do, gets the lines first;
 * one that does not gets the bare fault, as without this library. The handler is never set again,
 * and sigaction is not interposed.
 */
#ifndef POOLALLOC_GUARD_REPORT_H
#define POOLALLOC_GUARD_REPORT_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called at start-up: sets the handler, and begins what guard_sample= asks for. */
void guard_report_prepare(void);

#ifdef __cplusplus
}
#endif

#endif
