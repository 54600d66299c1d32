/* SPDX-License-Identifier: MIT */
/*
 * Four threads with 1,000 blocks each of their own; one step in ten swaps a block with a table that
 * all share, so that blocks end up with any thread. One block in 200 is up to 64 KiB. Imitates
 * caches and work stealing; after mstress of mimalloc.
 */
#include "../harness.h"
#include <stdatomic.h>

#define THREADS 4

static _Atomic(void *) table[1000];
static size_t steps;

static void *run(void *argument) {
    struct rng rng = rng_seeded((size_t)argument + 24);
    void *blocks[1000] = {NULL};
    for (size_t i = 0; i < steps / THREADS; i++) {
        void **slot = &blocks[rng_below(&rng, COUNT_OF(blocks))];
        if (rng_below(&rng, 10) == 0)
            *slot = atomic_exchange(&table[rng_below(&rng, COUNT_OF(table))], *slot);
        else
            block_replace(slot, rng_doubling(&rng, 16, rng_below(&rng, 200) == 0 ? 12 : 5));
    }
    blocks_drop(blocks, COUNT_OF(blocks));
    return NULL;
}

int main(int argc, char **argv) {
    steps = size_argument(argc, argv, 1, 16000000);
    threads_run(THREADS, run);
    for (size_t i = 0; i < COUNT_OF(table); i++) block_drop(atomic_load(&table[i]));
    return 0;
}
