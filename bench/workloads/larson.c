/* SPDX-License-Identifier: MIT */
/*
 * Four lanes of 1,000 blocks of 8 to 1,000 bytes. A thread replaces 10,000 blocks at random, starts
 * its successor, which inherits the lane, and ends. Imitates a server that makes a thread for each
 * connection; after larson by Larson and Krishnan. The argument is the number of threads in all.
 */
#include "../harness.h"
#include <semaphore.h>

#define LANES 4
#define REPLACEMENTS 10000

struct lane {
    void *blocks[1000];
    struct rng rng;
    size_t threads_left;
};

static struct lane lanes[LANES];
static sem_t finished;

static void *run(void *argument) {
    struct lane *lane = argument;
    for (size_t i = 0; i < REPLACEMENTS; i++)
        block_replace(&lane->blocks[rng_below(&lane->rng, COUNT_OF(lane->blocks))],
                      rng_between(&lane->rng, 8, 1000));
    if (--lane->threads_left == 0)
        sem_post(&finished);
    else
        pthread_detach(thread_start(run, lane));
    return NULL;
}

int main(int argc, char **argv) {
    size_t threads = size_argument(argc, argv, 1, 1600);
    sem_init(&finished, 0, 0);
    for (size_t i = 0; i < LANES; i++) {
        lanes[i].rng = rng_seeded(i + 7);
        lanes[i].threads_left = (threads + LANES - 1) / LANES;
        pthread_detach(thread_start(run, &lanes[i]));
    }
    for (size_t i = 0; i < LANES; i++) sem_wait(&finished);
    for (size_t i = 0; i < LANES; i++) blocks_drop(lanes[i].blocks, COUNT_OF(lanes[i].blocks));
    return 0;
}
