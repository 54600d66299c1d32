/* SPDX-License-Identifier: MIT */
/*
 * Starts a program in a sandbox where nothing that is mapped can be made writable afterwards, as on
 * systems that seal their libraries. Arguments: the program and its own.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "../support/expect.h"

#define LOAD(field)                                                                                \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count)

static struct sock_filter rules[] = {
    LOAD(nr),
    SKIP_UNLESS(SYS_mprotect, 3),
    LOAD(args[2]), /* its low half */
    SKIP_UNLESS(PROT_READ | PROT_WRITE, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

int main(int count, char **arguments) {
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    EXPECT(count > 1);
    EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) SKIP("no seccomp filters here");
    execv(arguments[1], arguments + 1);
    EXPECT(!"started");
}
