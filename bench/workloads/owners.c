/* SPDX-License-Identifier: MIT */
/*
 * One thread frees the blocks of a hundred others, which wait: one of each in turns, or all in
 * random order. Then they build anew. Imitates a table of connections that a janitor clears. What
 * is on its way home must take little memory, whatever the number of owners. Arguments: rounds,
 * "turns" or "random".
 */
#include "../harness.h"

#define OWNERS 100
#define BLOCKS 10000 /* of each owner in each round */

static void *blocks[BLOCKS][OWNERS];
static pthread_barrier_t barrier;
static size_t rounds;

static void *run(void *argument) {
    size_t owner = (size_t)argument;
    struct rng rng = rng_seeded(owner + 82);
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < BLOCKS; i++) blocks[i][owner] = block_new(rng_between(&rng, 16, 96));
        pthread_barrier_wait(&barrier); /* built */
        pthread_barrier_wait(&barrier); /* freed */
    }
    return NULL;
}

int main(int argc, char **argv) {
    rounds = size_argument(argc, argv, 1, 3);
    int in_random_order = argc > 2 && strcmp(argv[2], "random") == 0;
    struct rng rng = rng_seeded(83);
    pthread_t owners[OWNERS];
    pthread_barrier_init(&barrier, NULL, OWNERS + 1);
    for (size_t i = 0; i < OWNERS; i++) owners[i] = thread_start(run, (void *)i);
    for (size_t round = 0; round < rounds; round++) {
        pthread_barrier_wait(&barrier);
        if (in_random_order) blocks_shuffle(&rng, blocks[0], BLOCKS * OWNERS);
        blocks_drop(blocks[0], BLOCKS * OWNERS);
        pthread_barrier_wait(&barrier);
    }
    for (size_t i = 0; i < OWNERS; i++) pthread_join(owners[i], NULL);
    return 0;
}
