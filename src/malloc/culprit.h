/* SPDX-License-Identifier: MIT */
/*
 * culprit.h - who made the mistake that ends the process: program, thread and kind of block in the
 * line, and the callers in lines of their own.
 */
#ifndef POOLALLOC_CULPRIT_H
#define POOLALLOC_CULPRIT_H

#include "base/text.h"
#include "os/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called at start-up: from then on the failures of check.h say who made the mistake. */
void culprit_prepare(void);

/* Program, process and thread, for the end of a line. */
void culprit_add_process(struct text *to);
/* A line for each caller, after the title; nothing if there are none. */
void culprit_write_stack(struct text *to, const char *title, const struct stack *stack);

#ifdef __cplusplus
}
#endif

#endif
