/* SPDX-License-Identifier: MIT */
#include "os/frozen.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/os.h"

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    static_assert(sizeof address.sun_path == FROZEN_PATH, "a path has room");
    if (length >= sizeof address.sun_path) return -1;
    memcpy(address.sun_path, path, length);
    int to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (to >= 0 && connect(to, (struct sockaddr *)&address, sizeof address) == 0) return to;
    if (to >= 0) close(to);
    return -1;
}

/* All of it or nothing: what is sent is shorter than any socket's buffer. */
static bool tell_reader(int to, const void *what, size_t size) {
    return send(to, what, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* False: the other side is gone. */
static bool wait_for_byte(int from) {
    char byte;
    ssize_t count;
    do count = recv(from, &byte, 1, 0);
    while (count < 0 && errno == EINTR);
    return count == 1;
}

/* The descriptors of the process would keep others waiting for the end of a file. */
static void close_all_but(int kept) {
#ifdef SYS_close_range
    if (kept > 0) syscall(SYS_close_range, 0u, (unsigned)kept - 1, 0u);
    syscall(SYS_close_range, (unsigned)kept + 1, ~0u, 0u);
#else
    (void)kept;
#endif
}

static __attribute__((noreturn)) void stay_frozen(int to) {
    close_all_but(to);
    while (wait_for_byte(to)) continue;
    for (;;) syscall(SYS_exit_group, 0);
}

/* A fork of which nobody is told, here or at its end: no handlers, no SIGCHLD, and wait
   does not see it. */
static long make_copy(void) { return syscall(SYS_clone, 0ul, NULL, NULL, NULL, NULL); }

/* No signal reaches the copy: a handler of the program's there would do its work twice. */
static struct frozen_copy copy_now(int to) {
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    uint64_t start = os_clock_ns();
    long process = make_copy();
    if (process == 0) stay_frozen(to);
    struct frozen_copy copy = {.process = (int32_t)(process < 0 ? -errno : process),
                               .stall_ns = os_clock_ns() - start};
    sigprocmask(SIG_SETMASK, &before, NULL);
    return copy;
}

/* Registers of callers lie above the frame of this function: its caller has put them there. */
static NOINLINE bool hand_over(int to) {
    struct frozen_hello hello = {.process = os_process_id(),
                                 .thread = (int32_t)os_thread_number(),
                                 .stack = (uint64_t)(uintptr_t)__builtin_frame_address(0),
                                 .local = (uint64_t)(uintptr_t)pthread_self()};
    memcpy(hello.magic, FROZEN_MAGIC, sizeof hello.magic);
    if (!tell_reader(to, &hello, sizeof hello) || !wait_for_byte(to)) return false;
    struct frozen_copy copy = copy_now(to);
    return tell_reader(to, &copy, sizeof copy) && copy.process > 0;
}

NOINLINE bool frozen_hand_over(const char *path) {
    int saved_errno = errno, to = connect_to(path);
    __builtin_unwind_init(); /* what callers have in registers lies on the stack now */
    bool done = to >= 0 && hand_over(to);
    if (to >= 0) close(to);
    errno = saved_errno;
    return done;
}
