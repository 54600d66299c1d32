/* SPDX-License-Identifier: MIT */
/*
 * unshare, setns and capset. Some namespaces can be entered by a process of one thread alone (user
 * namespaces; unshare(2), setns(2)), which our own thread must not prevent. And capabilities are
 * each thread's: who changes them, and then its users or groups, which libc changes for all
 * threads, must not meet one with other capabilities, as libc ends a process whose threads differ
 * then (nptl(7)). The thread that begins again has those of the caller. Who makes the system call
 * by itself meets the thread.
 */
#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "malloc/export.h"
#include "malloc/purge_thread.h"

static void resume(bool stopped) {
    int saved_errno = errno;
    if (unlikely(stopped)) purge_thread_resume();
    errno = saved_errno;
}

EXPORT int unshare(int flags) {
    bool stopped = purge_thread_stop();
    long result = syscall(SYS_unshare, flags);
    resume(stopped);
    return (int)result;
}

EXPORT int setns(int descriptor, int types) {
    bool stopped = purge_thread_stop();
    long result = syscall(SYS_setns, descriptor, types);
    resume(stopped);
    return (int)result;
}

/* libc has the function, and no header for it. */
EXPORT int capset(void *header, const void *data);
EXPORT int capset(void *header, const void *data) {
    bool stopped = purge_thread_stop();
    long result = syscall(SYS_capset, header, data);
    resume(stopped);
    return (int)result;
}
