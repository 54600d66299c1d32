/* SPDX-License-Identifier: MIT */
/*
 * Forks while other threads allocate, one runs fflush(NULL) and one getline: the three together
 * deadlock if fork waits for an allocator lock that getline's malloc waits for (glibc BZ 19431).
 * Every child allocates, frees blocks of threads that it does not have, starts a thread and exits.
 * FORK_SECONDS (4) of that; a hang ends with SIGALRM, in a child too.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/random.h"

enum { ALLOCATORS = 3, SHARED = 256, HANG_SECONDS = 15 };

static atomic_bool stop;
static _Atomic(void *) shared[SHARED]; /* blocks on their way between threads */

static void *allocate(void *argument) {
    struct rng random = {(uint64_t)(uintptr_t)argument};
    while (!stop) {
        void *block = malloc(rng_size(&random, 100000));
        EXPECT(block != NULL);
        free(atomic_exchange(&shared[rng_below(&random, SHARED)], block));
    }
    return NULL;
}

static void *flush(void *argument) {
    (void)argument;
    while (!stop)
        fflush(NULL);
    return NULL;
}

/* A new buffer for each line: getline allocates while it holds the lock of the stream. */
static void *read_lines(void *argument) {
    FILE *stream = argument;
    while (!stop) {
        char *line = NULL;
        size_t size = 0;
        rewind(stream);
        while (getline(&line, &size, stream) > 0) {
            free(line);
            line = NULL;
            size = 0;
        }
        free(line);
    }
    return NULL;
}

static void *child_thread(void *argument) {
    void *block = malloc(1000);
    EXPECT(block != NULL);
    free(argument);
    return block;
}

static void run_child(struct rng random) {
    pthread_t thread;
    void *blocks[64], *given;
    alarm(HANG_SECONDS);
    for (int i = 0; i < 64; i++)
        EXPECT((blocks[i] = calloc(1, rng_size(&random, 70000))) != NULL);
    for (int i = 0; i < SHARED; i += 2)
        free(atomic_exchange(&shared[i], NULL));
    EXPECT(pthread_create(&thread, NULL, child_thread, blocks[0]) == 0);
    EXPECT(pthread_join(thread, &given) == 0);
    free(given);
    for (int i = 1; i < 64; i++)
        free(blocks[i]);
    _exit(0);
}

static void start(void *(*function)(void *), void *argument, pthread_t *thread) {
    EXPECT(pthread_create(thread, NULL, function, argument) == 0);
}

int main(void) {
    pthread_t threads[ALLOCATORS + 2];
    struct rng random = {seed_from_environment()};
    time_t end = time(NULL) + (time_t)env_number("FORK_SECONDS", 4);
    FILE *stream = tmpfile();
    EXPECT(stream != NULL);
    for (int i = 0; i < 50; i++)
        fprintf(stream, "a line of text, number %d\n", i);
    fflush(stream);
    for (uintptr_t i = 0; i < ALLOCATORS; i++)
        start(allocate, (void *)(i + 1), &threads[i]);
    start(flush, NULL, &threads[ALLOCATORS]);
    start(read_lines, stream, &threads[ALLOCATORS + 1]);
    int forks = 0;
    for (; forks < 3000 && time(NULL) < end; forks++) {
        int status;
        rng_next(&random);
        alarm(HANG_SECONDS);
        pid_t child = fork();
        if (child == 0) run_child(random);
        EXPECT(child > 0);
        EXPECT(waitpid(child, &status, 0) == child);
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    stop = 1;
    for (int i = 0; i < ALLOCATORS + 2; i++)
        pthread_join(threads[i], NULL);
    printf("%d forks\n", forks);
    return forks < 20;
}
