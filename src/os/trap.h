/* SPDX-License-Identifier: MIT */
/* trap.h - what a signal handler is told of the access that the processor refused. */
#ifndef POOLALLOC_TRAP_H
#define POOLALLOC_TRAP_H

#include <signal.h>

#include "base/base.h"

enum trap_access { TRAP_UNKNOWN, TRAP_READ, TRAP_WRITE };

struct trap {
    uintptr_t address; /* of the access; 0: the signal came from a process */
    uintptr_t code;    /* the instruction; 0: not known */
    enum trap_access access;
};

#ifdef __cplusplus
extern "C" {
#endif

/* `context` is the third argument of a handler with SA_SIGINFO. */
void trap_read(const siginfo_t *info, const void *context, struct trap *trap);

#ifdef __cplusplus
}
#endif

#endif
