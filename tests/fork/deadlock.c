/* SPDX-License-Identifier: MIT */
/*
 * Forks while other threads allocate, one runs fflush(NULL) and one getline: the three together
 * deadlock if fork waits for an allocator lock that getline's malloc waits for (glibc BZ 19431).
 * Every child allocates, frees blocks of threads that it does not have, starts a thread and exits.
 * FORK_SECONDS (4) of that, at least; a hang ends with SIGALRM, in a child too.
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

/* Fewer forks would prove little, so the test takes longer than asked for where forks are slow. */
enum { FORKS_LEAST = 100, FORKS_MOST = 3000 };
enum { ALLOCATORS = 3, SHARED = 256, KEPT = 64, HANG_SECONDS = 15 };

static atomic_bool stop;
static _Atomic(void *) shared[SHARED]; /* blocks on their way between threads */

/* Blocks of the allocating threads that nobody touches: a child may free them. It may not touch
   `shared`: fork copies memory page by page while the threads go on, so that the child's copy of
   `shared` can still hold a block that its copy of the heap has free. */
static void *kept[ALLOCATORS][KEPT];
static pthread_barrier_t kept_ready;

static void *allocate(void *argument) {
    uintptr_t number = (uintptr_t)argument;
    struct rng random = {number};
    for (int i = 0; i < KEPT; i++)
        EXPECT((kept[number][i] = malloc(rng_size(&random, 70000))) != NULL);
    pthread_barrier_wait(&kept_ready);
    for (unsigned i = 1; !stop; i++) {
        if (i % 256 == 0) usleep(50);
        void *block = malloc(rng_size(&random, 100000));
        EXPECT(block != NULL);
        free(atomic_exchange(&shared[rng_below(&random, SHARED)], block));
    }
    return NULL;
}

static void *flush(void *argument) {
    (void)argument;
    while (!stop) {
        for (int i = 0; i < 20; i++) fflush(NULL);
        usleep(20); /* fork waits for the same lock, which is not fair */
    }
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
        usleep(20);
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
    for (int i = 0; i < 64; i++) EXPECT((blocks[i] = calloc(1, rng_size(&random, 70000))) != NULL);
    for (int i = 0; i < ALLOCATORS * KEPT; i += 2) free(kept[i / KEPT][i % KEPT]);
    EXPECT(pthread_create(&thread, NULL, child_thread, blocks[0]) == 0);
    EXPECT(pthread_join(thread, &given) == 0);
    free(given);
    for (int i = 1; i < 64; i++) free(blocks[i]);
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
    for (int i = 0; i < 50; i++) fprintf(stream, "a line of text, number %d\n", i);
    fflush(stream);
    pthread_barrier_init(&kept_ready, NULL, ALLOCATORS + 1);
    for (uintptr_t i = 0; i < ALLOCATORS; i++) start(allocate, (void *)i, &threads[i]);
    pthread_barrier_wait(&kept_ready);
    start(flush, NULL, &threads[ALLOCATORS]);
    start(read_lines, stream, &threads[ALLOCATORS + 1]);
    int forks = 0;
    for (; forks < FORKS_LEAST || (forks < FORKS_MOST && time(NULL) < end); forks++) {
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
    for (int i = 0; i < ALLOCATORS + 2; i++) pthread_join(threads[i], NULL);
    printf("%d forks\n", forks);
    return 0;
}
