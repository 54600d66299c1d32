/* SPDX-License-Identifier: MIT */
/*
 * A sandbox as servers make themselves: after start-up only the system calls that an allocator may
 * need are let through, any other one kills the process (status 159, SIGSYS). `seccomp early`
 * enters it before the first request. glibc's own malloc dies here of brk. `seccomp twice` lets
 * through what a fatal line takes too, and frees a block twice.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "../support/expect.h"
#include "../support/hide.h"

#define LOAD BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ALLOW(number)                                                                              \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define ALLOW_ALLOCATOR                                                                            \
    ALLOW(SYS_mmap), ALLOW(SYS_munmap), ALLOW(SYS_madvise), ALLOW(SYS_mremap), ALLOW(SYS_futex),   \
        ALLOW(SYS_write), ALLOW(SYS_exit), ALLOW(SYS_exit_group), ALLOW(SYS_rt_sigreturn)
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

static struct sock_filter strict[] = {LOAD, ALLOW_ALLOCATOR, KILL};
static struct sock_filter fatal[] = {
    LOAD,
    ALLOW_ALLOCATOR,
    ALLOW(SYS_rt_sigprocmask),
    ALLOW(SYS_rt_sigaction), /* not with backtrace=off */
    ALLOW(SYS_gettid),
    ALLOW(SYS_getpid),
    ALLOW(SYS_tgkill),
    KILL,
};

static void enter_sandbox(struct sock_filter *rules, size_t bytes) {
    struct sock_fprog program = {(unsigned short)(bytes / sizeof *rules), rules};
    EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) SKIP("no seccomp filters here");
}

static void free_twice(void) {
    void *block = hide(malloc(100));
    enter_sandbox(fatal, sizeof fatal);
    free(block);
    free(hide(block));
}

static void use_memory(void) {
    static char *blocks[1000];
    for (size_t round = 0; round < 20; round++)
        for (size_t size = 1; size < (size_t)40 << 20; size = size * 2 + round) {
            int count = size < 10000 ? 1000 : 5;
            for (int i = 0; i < count; i++) {
                EXPECT((blocks[i] = hide(calloc(1, size))) != NULL);
                blocks[i][size - 1] = 1;
                if (i % 3 == 0) EXPECT((blocks[i] = hide(realloc(blocks[i], size * 2))) != NULL);
            }
            for (int i = 0; i < count; i++) free(blocks[i]);
        }
}

int main(int argc, char **argv) {
    alarm(50);
    if (argc > 1 && strcmp(argv[1], "twice") == 0) free_twice();
    if (argc > 1 && strcmp(argv[1], "early") == 0) {
        enter_sandbox(strict, sizeof strict); /* before this program's first own request */
    } else {
        free(hide(malloc(100)));
        enter_sandbox(strict, sizeof strict);
    }
    use_memory();
    static const char done[] = "survived the sandbox\n";
    EXPECT(write(1, done, sizeof done - 1) > 0);
    malloc_trim(0);
    _exit(0);
}
