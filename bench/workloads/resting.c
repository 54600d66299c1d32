/* SPDX-License-Identifier: MIT */
/*
 * A hundred threads, one after the other, use blocks of all sizes up to 64 KiB, free them and wait.
 * Imitates a pool of workers at rest. One of them uses 2 MiB at a time, so the peak of resident
 * memory is what those at rest hold. The argument is the number of threads.
 */
#include "../harness.h"
#include <semaphore.h>

static sem_t at_rest;
static pthread_mutex_t work_again = PTHREAD_MUTEX_INITIALIZER;

static void *run(void *argument) {
    struct rng rng = rng_seeded((size_t)argument + 84);
    void *blocks[200] = {NULL};
    for (size_t i = 0; i < 50 * COUNT_OF(blocks); i++)
        block_replace(&blocks[rng_below(&rng, COUNT_OF(blocks))], rng_doubling(&rng, 16, 12));
    blocks_drop(blocks, COUNT_OF(blocks));
    sem_post(&at_rest);
    pthread_mutex_lock(&work_again);
    pthread_mutex_unlock(&work_again);
    return NULL;
}

int main(int argc, char **argv) {
    size_t count = size_argument(argc, argv, 1, 100);
    pthread_t threads[THREADS_MAX];
    if (count > THREADS_MAX) die("more than 256 threads");
    sem_init(&at_rest, 0, 0);
    pthread_mutex_lock(&work_again);
    for (size_t i = 0; i < count; i++) {
        threads[i] = thread_start(run, (void *)i);
        sem_wait(&at_rest);
    }
    pthread_mutex_unlock(&work_again);
    for (size_t i = 0; i < count; i++) pthread_join(threads[i], NULL);
    return 0;
}
