/* SPDX-License-Identifier: MIT */
/*
 * in_handler HOW - a signal interrupts the allocator and its handler ends the process (exit,
 * quick_exit, abort, _exit) or the thread (thread), at many moments and in everything that takes a
 * lock. On the way functions allocate, resize and free blocks of all sizes. POSIX promises nothing
 * of this; daemons do it, and it works with glibc's malloc but for luck.
 */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "../support/elsewhere.h"
#include "../support/expect.h"
#include "../support/hide.h"

enum { HANG_SECONDS = 8, BLOCKS = 12 };

static const char *how;
static void *old_blocks[BLOCKS];
static const size_t sizes[BLOCKS] = {1,    24,    100,   500,    600,     3000,
                                     9000, 60000, 66000, 300000, 1 << 20, 34 << 20};

static void use_memory(void) {
    char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        EXPECT((blocks[i] = malloc(sizes[i])) != NULL);
        blocks[i][0] = blocks[i][sizes[i] - 1] = (char)i;
    }
    for (int i = 0; i < BLOCKS; i++) {
        EXPECT(malloc_usable_size(blocks[i]) >= sizes[i]);
        EXPECT((blocks[i] = realloc(blocks[i], sizes[i] * 2)) != NULL);
        EXPECT(blocks[i][0] == (char)i && blocks[i][sizes[i] - 1] == (char)i);
        free(blocks[i]);
    }
    void *aligned = NULL;
    EXPECT(posix_memalign(&aligned, 4096, 10000) == 0 && (size_t)aligned % 4096 == 0);
    free(aligned);
    char *zeroed = calloc(1, 5000);
    EXPECT(zeroed != NULL && zeroed[0] == 0 && zeroed[4999] == 0);
    free(zeroed);
    for (int i = 0; i < BLOCKS; i++) {
        free(old_blocks[i]);
        old_blocks[i] = NULL;
    }
}

static void end_process(int signal_number) {
    (void)signal_number;
    if (strcmp(how, "exit") == 0) exit(0);
    if (strcmp(how, "quick_exit") == 0) quick_exit(0);
    if (strcmp(how, "_exit") == 0) _exit(0);
    if (strcmp(how, "thread") == 0) pthread_exit(NULL);
    abort();
}

static void at_abort(int signal_number) {
    (void)signal_number;
    use_memory();
    _exit(0);
}

/* What is interrupted. */
static void work(int kind) {
    static void *many[400];
    void *a, *b;
    switch (kind) {
    case 0:
        a = malloc(100000), b = malloc(70000);
        free(a), free(b);
        break;
    case 1:
        for (int i = 0; i < 400; i++) many[i] = malloc((size_t)i * 40);
        for (int i = 0; i < 400; i++) free(many[i]);
        break;
    case 2:
        a = malloc(80000);
        for (size_t size = 90000; size < 900000; size += 100000) a = realloc(a, size);
        free(a);
        break;
    case 3:
        free(malloc(20000));
        trim_all();
        break;
    case 4:
        a = malloc(40u << 20);
        a = realloc(a, 80u << 20);
        free(a);
        break;
    }
}

static void start_timer(int number) {
    struct itimerval timer = {{0, 0}, {0, 300 + number * 37 % 1500}};
    EXPECT(signal(SIGALRM, end_process) != SIG_ERR);
    EXPECT(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void *work_in_thread(void *number) {
    int n = *(int *)number;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    EXPECT(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
    start_timer(n);
    for (;;) work(n % 5);
    return NULL;
}

/* A thread ends inside the allocator; others go on. */
static void end_threads(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    EXPECT(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        int n = number + i;
        EXPECT(pthread_create(&thread, NULL, work_in_thread, &n) == 0);
        EXPECT(pthread_join(thread, NULL) == 0);
        use_memory();
    }
    exit(0);
}

static void be_child(int number) {
    for (int i = 0; i < BLOCKS; i++) EXPECT((old_blocks[i] = malloc(sizes[i])) != NULL);
    EXPECT(atexit(use_memory) == 0 && at_quick_exit(use_memory) == 0);
    EXPECT(signal(SIGABRT, at_abort) != SIG_ERR);
    if (strcmp(how, "thread") == 0) end_threads(number);
    start_timer(number);
    for (;;) work(number % 5);
}

int main(int argc, char **argv) {
    how = argc > 1 ? argv[1] : "exit";
    int children = strcmp(how, "thread") == 0 ? 40 : 100;
    for (int i = 0; i < children; i++) {
        int status = 0, ms = 0;
        pid_t child = fork();
        EXPECT(child >= 0);
        if (child == 0) be_child(i);
        for (; ms < HANG_SECONDS * 1000 && waitpid(child, &status, WNOHANG) == 0; ms++)
            nanosleep(&(struct timespec){0, 1000000}, NULL);
        if (ms == HANG_SECONDS * 1000) {
            kill(child, SIGKILL);
            dprintf(2, "child %d hung\n", i);
            _exit(1);
        }
        if (status != 0) {
            dprintf(2, "child %d ended with status 0x%x\n", i, status);
            _exit(1);
        }
    }
    return 0;
}
