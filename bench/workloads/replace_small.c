/* SPDX-License-Identifier: MIT */
/*
 * 200,000 live blocks of 16 to 128 bytes, one at random replaced at each step. Imitates the object
 * graph of an interpreter. Mostly cache misses: the layout of the allocator's metadata shows.
 */
#include "../harness.h"

int main(int argc, char **argv) {
    size_t steps = size_argument(argc, argv, 1, 5000000);
    static void *blocks[200000];
    struct rng rng = rng_seeded(3);
    for (size_t step = 0; step < steps; step++)
        block_replace(&blocks[rng_below(&rng, COUNT_OF(blocks))], rng_between(&rng, 16, 128));
    blocks_drop(blocks, COUNT_OF(blocks));
    return 0;
}
