/* SPDX-License-Identifier: MIT */
/*
 * 64 live blocks of 64 KiB to 4 MiB, every doubling equally likely, one at random replaced at each
 * step, one word per page written. Imitates image and matrix work. Memory given back at once is
 * paid for again with a page fault per page.
 */
#include "../harness.h"

int main(int argc, char **argv) {
    size_t steps = size_argument(argc, argv, 1, 6000);
    static void *blocks[64];
    struct rng rng = rng_seeded(15);
    for (size_t step = 0; step < steps; step++)
        block_replace(&blocks[rng_below(&rng, COUNT_OF(blocks))], rng_doubling(&rng, 64 << 10, 6));
    blocks_drop(blocks, COUNT_OF(blocks));
    return 0;
}
