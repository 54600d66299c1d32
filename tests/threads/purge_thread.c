/* SPDX-License-Identifier: MIT */
/* With purge_thread=on: while constructors run the process has one thread, in main it has two, and
   what only a process of one thread may do works, as does what sets threads apart. */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/elsewhere.h"
#include "../support/expect.h"

/* libc has it, but in no header; the kernel's structures and numbers (capset(2)), of which musl's
   compiler has no header. */
int capset(void *header, const void *data);
enum { CAPABILITY_VERSION = 0x20080522, SET_GROUPS = 6 };
struct capability_header {
    unsigned version;
    int process;
};
struct capability_data {
    unsigned effective, permitted, inheritable;
};

static int threads(void) {
    DIR *folder = opendir("/proc/self/task");
    int count = 0;
    EXPECT(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static int in_constructor;
__attribute__((constructor)) static void count(void) { in_constructor = threads(); }

/* Linux refuses this to a process of several threads, whoever asks. */
static void enter_namespaces(void) {
    if (unshare(CLONE_NEWUSER) != 0) {
        EXPECT(errno == EPERM || errno == ENOSPC || errno == ENOSYS);
        puts("no user namespace here");
    }
    EXPECT(threads() == 2);
    errno = 0;
    EXPECT(unshare(-1) == -1 && errno == EINVAL);
    EXPECT(setns(-1, 0) == -1 && errno == EBADF);
    EXPECT(threads() == 2);
}

/* libc ends a process of whose threads some may change their group and others may not. */
static void change_capabilities(void) {
    struct capability_header header = {CAPABILITY_VERSION, 0};
    struct capability_data data[2];
    EXPECT(syscall(SYS_capget, &header, data) == 0);
    if ((data[0].effective & 1u << SET_GROUPS) == 0) {
        puts("no capabilities here");
        return;
    }
    data[0].effective &= ~(1u << SET_GROUPS);
    EXPECT(capset(&header, data) == 0 && threads() == 2);
    EXPECT(setresgid(65534, 65534, 65534) == -1 && errno == EPERM);
    header.version = 0;
    EXPECT(capset(&header, data) == -1 && errno == EINVAL && threads() == 2);
}

int main(void) {
    int status;
    if (is_emulated()) SKIP("the emulator has threads of its own");
    EXPECT(in_constructor == 1 || !is_glibc()); /* whose libraries start first */
    EXPECT(threads() == 2);
    pid_t child = fork();
    if (child == 0) {
        EXPECT(threads() == 2);
        change_capabilities();
        enter_namespaces();
        _exit(0);
    }
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    EXPECT(threads() == 2);
    child = vfork(); /* shares the parent's memory, whose thread must stay */
    if (child == 0) _exit(unshare(0) == 0 ? 0 : 1);
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    EXPECT(threads() == 2);
    enter_namespaces();
    return 0;
}
