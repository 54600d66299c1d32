/* SPDX-License-Identifier: MIT */
/*
 * 20 live blocks of 5 to 25 MiB, filled with zeros, one at random replaced at each step. Imitates
 * video frames and array programs; after malloc-large of mimalloc-bench.
 */
#include "../harness.h"

int main(int argc, char **argv) {
    size_t steps = size_argument(argc, argv, 1, 150);
    static void *blocks[20];
    struct rng rng = rng_seeded(16);
    for (size_t step = 0; step < steps; step++) {
        void **slot = &blocks[rng_below(&rng, COUNT_OF(blocks))];
        size_t size = rng_between(&rng, 5 << 20, 25 << 20);
        block_drop(*slot);
        *slot = malloc(size);
        if (*slot == NULL) die("out of memory");
        memset(*slot, 0, size);
        block_stamp(*slot, size);
    }
    blocks_drop(blocks, COUNT_OF(blocks));
    return 0;
}
