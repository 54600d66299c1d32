/* SPDX-License-Identifier: MIT */
/* With purge_thread=on: while constructors run the process has one thread, in main it has two, and
   what only a process of one thread may do works. */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/elsewhere.h"
#include "../support/expect.h"

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

int main(void) {
    int status;
    if (is_emulated()) SKIP("the emulator has threads of its own");
    EXPECT(in_constructor == 1 || !is_glibc()); /* whose libraries start first */
    EXPECT(threads() == 2);
    pid_t child = fork();
    if (child == 0) {
        EXPECT(threads() == 2);
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
