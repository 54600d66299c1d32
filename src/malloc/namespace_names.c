/* SPDX-License-Identifier: MIT */
/*
 * unshare and setns: some namespaces can be entered by a process of one thread alone (user
 * namespaces; unshare(2), setns(2)), which our own thread must not prevent. Who makes the system
 * call by itself meets it.
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
