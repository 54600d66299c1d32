/* SPDX-License-Identifier: MIT */
/*
 * check.h - how the library fails: one line on standard error, with what is known of the
 * culprit, then SIGABRT.
 *
 * CHECK is always on, for what a wrong program can cause; ASSERT only in --enable-debug builds, for
 * what only our own bug can cause. This is the one part of base/ that talks to the system, because
 * every layer must be able to fail.
 */
#ifndef POOLALLOC_CHECK_H
#define POOLALLOC_CHECK_H

#include "base/base.h"
#include "base/text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is known about an address (0: there is none) goes to the end of the line by fail_context,
   and to lines after it by fail_callers; NULL: nothing goes there. Layers that know more set them
   at the start. */
extern void (*fail_context)(struct text *to, uintptr_t address);
extern void (*fail_callers)(struct text *to, uintptr_t address);

/* Writes "poolalloc: <what><address> (<advice>)" and aborts. */
__attribute__((noreturn)) COLD void fail_at(const char *what, uintptr_t address,
                                            const char *advice);
/* Writes "poolalloc: <function> <fault> <address> (<advice>)" and aborts. */
__attribute__((noreturn)) COLD void fail_call(const char *function, const char *fault,
                                              uintptr_t address, const char *advice);
/* Writes "poolalloc: <function> of <address> with <argument> <value> (<advice>)" and aborts. */
__attribute__((noreturn)) COLD void fail_argument(const char *function, uintptr_t address,
                                                  const char *argument, uint64_t value,
                                                  const char *advice);
/* Writes "poolalloc: internal error: <condition> at <file>:<line>" and aborts. */
__attribute__((noreturn)) COLD void fail_internal(const char *condition, const char *file,
                                                  int line);

#ifdef __cplusplus
}
#endif

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (unlikely(!(condition))) fail_internal(#condition, __FILE__, __LINE__);                 \
    } while (0)
#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (DEBUG_BUILD) CHECK(condition);                                                         \
    } while (0)

#endif
