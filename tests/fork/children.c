/* SPDX-License-Identifier: MIT */
#include "children.h"

#include <poolalloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../support/expect.h"
#include "blocks.h"
#include "hedges.h"
#include "os/lock.h"
#include "os/os.h"

enum { HANG_SECONDS = 20 };

bool in_child;

/* The most that a child had; all processes share it. */
static size_t *hedges_most;

NO_HOOK static void *in_thread(void *kept) {
    lock_patience = 10; /* ms: the thread that forked may hold the lock, and stand */
    use_all_sizes(2);
    drop(kept);
    return NULL;
}

NO_HOOK static void start_thread(void *kept) {
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, in_thread, kept) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
}

NO_HOOK void children_wait(pid_t child) {
    int status = 0;
    EXPECT(child > 0);
    EXPECT(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status))
        dprintf(2, "a child ended by signal %d (14: it hung)\n", WTERMSIG(status));
    if (status != 0) _exit(1);
}

NO_HOOK static void fork_again(void) {
    pid_t child = fork();
    if (child != 0) {
        children_wait(child);
        return;
    }
    use_all_sizes(1);
    drop(&of_main);
    poolalloc_check();
    _exit(0);
}

/* What comes first in the child differs. */
NO_HOOK static void first_operation(unsigned turn) {
    switch (turn % 6) {
    case 0:
        poolalloc_check();
        break;
    case 1:
        drop(&of_scenario);
        break;
    case 2:
        start_thread(&of_idle);
        break;
    case 3:
        fork_again();
        break;
    case 4:
        poolalloc_free(take(300000));
        break;
    case 5:
        use_all_sizes(3);
        break;
    }
}

/* Each hedge is inaccessible, but for one that a thread that is gone may have had in hand. */
NO_HOOK static void expect_hedges(void) {
    struct hedges hedges = hedges_now();
    if (hedges.count > *hedges_most) *hedges_most = hedges.count;
    EXPECT(hedges.count - hedges.shut <= 1);
}

NO_HOOK void children_be_other(unsigned turn) {
    in_child = true;
    alarm(HANG_SECONDS);
    os_fault_for_test = NULL;
    os_clock_for_test = NULL;
    expect_hedges();
    first_operation(turn);
    grow(&of_idle);
    drop(&of_ended);
    use_all_sizes(2);
    fork_again();
    drop(&of_scenario);
    start_thread(&of_idle);
    drop(&of_main);
    poolalloc_trim(0);
    poolalloc_check();
    _exit(0);
}

/* The scenario's thread is the only one, and stands in the middle of the allocator. */
static bool in_interrupted_child;

NO_HOOK static void at_exit(void) {
    if (!in_interrupted_child) return;
    use_all_sizes(2);
    drop(&of_main);
}

NO_HOOK void children_be_interrupted(unsigned turn) {
    in_child = true;
    alarm(HANG_SECONDS);
    os_fault_for_test = NULL;
    os_clock_for_test = NULL;
    in_interrupted_child = true;
    expect_hedges();
    use_all_sizes(1);
    if (turn % 2 == 0) drop(&of_idle);
    if (turn % 3 == 0) start_thread(&of_ended);
    if (turn % 8 != 7) exit(0);
    abort();
}

NO_HOOK void children_begin(void) {
    hedges_most =
        mmap(NULL, sizeof *hedges_most, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(hedges_most != MAP_FAILED);
    EXPECT(atexit(at_exit) == 0);
}

NO_HOOK size_t children_hedges(void) { return *hedges_most; }
