/* SPDX-License-Identifier: MIT */
#include "os/trap.h"

#include <ucontext.h>

#if defined(__x86_64__)
enum { ERROR_WRITE = 2 }; /* of a page fault's error code */

static void read_registers(const ucontext_t *context, struct trap *trap) {
    trap->code = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    bool writes = context->uc_mcontext.gregs[REG_ERR] & ERROR_WRITE;
    trap->access = writes ? TRAP_WRITE : TRAP_READ;
}
#elif defined(__aarch64__)
static void read_registers(const ucontext_t *context, struct trap *trap) {
    trap->code = (uintptr_t)context->uc_mcontext.pc;
}
#else
static void read_registers(const ucontext_t *context, struct trap *trap) {
    (void)context, (void)trap;
}
#endif

/* A signal that a process sent has no address, but a number of the sender at its place. */
void trap_read(const siginfo_t *info, const void *context, struct trap *trap) {
    *trap = (struct trap){0, 0, TRAP_UNKNOWN};
    if (info->si_code <= 0 || info->si_code == SI_KERNEL) return;
    trap->address = (uintptr_t)info->si_addr;
    read_registers((const ucontext_t *)context, trap);
}
