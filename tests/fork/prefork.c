/* SPDX-License-Identifier: MIT */
/*
 * prefork [SHOW] - a server whose threads fill caches and which then forks workers, as many do:
 * each worker frees what the parent's threads had and allocates as much anew. It must do so in the
 * memory that it has: the pools of threads that are gone become the child's own.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/memory.h"
#include "../support/random.h"

enum { THREADS = 4, BLOCKS = 40000 };

static char *cache[THREADS][BLOCKS];
static pthread_barrier_t warm;

static void fill(char **blocks, uint64_t seed) {
    struct rng random = {seed};
    for (int i = 0; i < BLOCKS; i++) {
        size_t size = 16 + rng_below(&random, 800);
        EXPECT((blocks[i] = malloc(size)) != NULL);
        memset(blocks[i], 1, size);
    }
}

static void *warm_cache(void *blocks) {
    fill(blocks, (uint64_t)(uintptr_t)blocks);
    pthread_barrier_wait(&warm);
    for (;;) pause();
    return NULL;
}

static void *refresh(void *blocks) {
    char **all = blocks;
    for (int i = 0; i < BLOCKS; i++) free(all[i]);
    fill(all, 7);
    return NULL;
}

int main(int argc, char **argv) {
    (void)argv;
    pthread_t thread;
    int status;
    alarm(60);
    pthread_barrier_init(&warm, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&thread, NULL, warm_cache, cache[i]) == 0);
    pthread_barrier_wait(&warm);
    unsigned long before = memory_resident();
    pid_t child = fork();
    EXPECT(child >= 0);
    if (child > 0) {
        EXPECT(waitpid(child, &status, 0) == child && status == 0);
        _exit(0);
    }
    refresh(cache[0]);
    refresh(cache[1]);
    EXPECT(pthread_create(&thread, NULL, refresh, cache[2]) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
    refresh(cache[3]);
    unsigned long after = memory_resident();
    if (argc > 1)
        dprintf(1, "%lu KiB before the fork, %lu in the worker\n", before >> 10, after >> 10);
    EXPECT(after < before + before / 4);
    _exit(0);
}
