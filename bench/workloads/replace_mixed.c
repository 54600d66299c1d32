/* SPDX-License-Identifier: MIT */
/*
 * 50,000 live blocks of 16 to 1,024 bytes, every doubling equally likely, one at random replaced at
 * each step. Imitates a program of buffers, strings and nodes; crosses the limit of small sizes.
 */
#include "../harness.h"

int main(int argc, char **argv) {
    size_t steps = size_argument(argc, argv, 1, 8000000);
    static void *blocks[50000];
    struct rng rng = rng_seeded(4);
    for (size_t step = 0; step < steps; step++)
        block_replace(&blocks[rng_below(&rng, COUNT_OF(blocks))], rng_doubling(&rng, 16, 6));
    blocks_drop(blocks, COUNT_OF(blocks));
    return 0;
}
