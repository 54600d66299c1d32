/* SPDX-License-Identifier: MIT */
/*
 * threads PATTERN COUNT - throughput of COUNT threads for half a second.
 *     own     each replaces blocks of its own, 1,000 of 16 to 512 bytes
 *     swap    the same, but one step in ten swaps a block with a table that all share
 * Prints "PATTERN COUNT MILLION-OPERATIONS-PER-SECOND"; a malloc and its free are two operations.
 */
#include "../harness.h"
#include <stdatomic.h>

#define SLOTS 1000

static _Atomic(void *) table[SLOTS];
static atomic_int stop;
static _Atomic size_t operations;
static int swapping;

static void *run(void *argument) {
    struct rng rng = rng_seeded((size_t)argument + 40);
    void *blocks[SLOTS] = {NULL};
    size_t steps = 0;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        void **slot = &blocks[rng_below(&rng, SLOTS)];
        steps++;
        if (swapping && rng_below(&rng, 10) == 0)
            *slot = atomic_exchange(&table[rng_below(&rng, SLOTS)], *slot);
        block_replace(slot, rng_doubling(&rng, 16, 5));
    }
    blocks_drop(blocks, SLOTS);
    atomic_fetch_add(&operations, 2 * steps);
    return NULL;
}

int main(int argc, char **argv) {
    swapping = argc > 1 && strcmp(argv[1], "swap") == 0;
    size_t count = size_argument(argc, argv, 2, 1);
    pthread_t threads[THREADS_MAX];
    if (count > THREADS_MAX) die("more than 256 threads");
    double begin = seconds_now();
    for (size_t i = 0; i < count; i++) threads[i] = thread_start(run, (void *)i);
    nanosleep(&(struct timespec){0, 500000000}, NULL);
    atomic_store(&stop, 1);
    for (size_t i = 0; i < count; i++) pthread_join(threads[i], NULL);
    printf("%s %zu %.2f\n", swapping ? "swap" : "own", count,
           (double)operations / (seconds_now() - begin) / 1e6);
    return 0;
}
