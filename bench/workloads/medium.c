/* SPDX-License-Identifier: MIT */
/*
 * 1,000 live blocks of 513 bytes to 64 KiB, every doubling equally likely, one at random replaced
 * at each step. Imitates input and output buffers, network packets, rows of images.
 */
#include "../harness.h"

int main(int argc, char **argv) {
    size_t steps = size_argument(argc, argv, 1, 3000000);
    static void *blocks[1000];
    struct rng rng = rng_seeded(14);
    for (size_t step = 0; step < steps; step++)
        block_replace(&blocks[rng_below(&rng, COUNT_OF(blocks))], rng_doubling(&rng, 513, 7));
    blocks_drop(blocks, COUNT_OF(blocks));
    return 0;
}
