/* SPDX-License-Identifier: MIT */
/*
 * stuck - a thread stands for good in a signal handler that has interrupted the allocator, maybe
 * where it holds a lock; the process ends from another one, whose functions allocate and free. And
 * the child of a vfork calls exit, in the memory of its parent, which goes on.
 */
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "../support/elsewhere.h"
#include "../support/expect.h"
#include "../support/hide.h"

enum { CHILDREN = 30, TOGETHER = 6, HANG_SECONDS = 15 };

static sem_t stands;

static void stand(int signal_number) {
    (void)signal_number;
    sem_post(&stands);
    for (;;) pause();
}

static void *work(void *unused) {
    for (;;) {
        void *a = malloc(100000), *b = malloc(34u << 20);
        free(a);
        free(b);
    }
    return unused;
}

static void use_memory(void) {
    void *blocks[40];
    for (int i = 0; i < 40; i++) {
        size_t size = (size_t)i * (size_t)i * 300 + 1;
        EXPECT((blocks[i] = malloc(size)) != NULL);
        memset(blocks[i], i, size);
    }
    for (int i = 0; i < 40; i++) free(blocks[i]);
    void *large = calloc(1, 40u << 20);
    EXPECT(large != NULL);
    free(large);
}

static void *use_in_thread(void *unused) {
    use_memory();
    return unused;
}

static void be_child(int number) {
    pthread_t thread, other;
    EXPECT(sem_init(&stands, 0, 0) == 0);
    EXPECT(signal(SIGUSR1, stand) != SIG_ERR);
    EXPECT(pthread_create(&thread, NULL, work, NULL) == 0);
    nanosleep(&(struct timespec){0, 1000000 + number * 70000}, NULL);
    EXPECT(pthread_kill(thread, SIGUSR1) == 0);
    while (sem_wait(&stands) != 0) continue;
    EXPECT(atexit(use_memory) == 0);
    if (number % 3 == 0) {
        EXPECT(pthread_create(&other, NULL, use_in_thread, NULL) == 0);
        EXPECT(pthread_join(other, NULL) == 0);
    }
    if (number % 3 == 1) trim_all();
    exit(0);
}

static void in_vfork(void) {
    int status;
    void *block = malloc(1000);
    EXPECT(block != NULL);
    pid_t child = vfork();
    if (child == 0) exit(0);
    EXPECT(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    use_memory();
    free(block);
}

/* Children mostly wait for what the thread has: some at a time. */
static void run_children(int first) {
    pid_t children[TOGETHER];
    alarm(2 * HANG_SECONDS);
    for (int i = 0; i < TOGETHER; i++) {
        EXPECT((children[i] = fork()) >= 0);
        if (children[i] == 0) {
            alarm(HANG_SECONDS);
            be_child(first + i);
        }
    }
    for (int i = 0; i < TOGETHER; i++) {
        int status = 0;
        EXPECT(waitpid(children[i], &status, 0) == children[i]);
        if (status != 0)
            dprintf(2, "child %d ended with status 0x%x (0xe: it hung)\n", first + i, status);
        EXPECT(status == 0);
    }
}

int main(void) {
    for (int i = 0; i < CHILDREN; i += TOGETHER) run_children(i);
    if (is_glibc()) in_vfork(); /* a child that calls exit leaves musl's list of libraries locked */
    return 0;
}
