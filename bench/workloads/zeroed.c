/* SPDX-License-Identifier: MIT */
/*
 * calloc of 16 bytes to 128 KiB, every doubling equally likely up to 1 KiB and rarer above, 5,000
 * live, replaced at random; all of a block is read, found to be zero, and dirtied. Imitates
 * programs that ask for clean structures and tables.
 */
#include "../harness.h"

static void *zeroed_block(size_t size) {
    unsigned char *p = opaque(calloc(1, size));
    if (p == NULL) die("out of memory");
    if (p[0] != 0 || memcmp(p, p + 1, size - 1) != 0)
        die("calloc returned memory that is not zero");
    memset(p, 0xa5, size < 256 ? size : 256);
    return block_stamp(p, size);
}

int main(int argc, char **argv) {
    size_t steps = size_argument(argc, argv, 1, 4500000);
    static void *blocks[5000];
    struct rng rng = rng_seeded(17);
    for (size_t step = 0; step < steps; step++) {
        void **slot = &blocks[rng_below(&rng, COUNT_OF(blocks))];
        unsigned doublings = rng_below(&rng, 64) == 0 ? 13 : 6;
        block_drop(*slot);
        *slot = zeroed_block(rng_doubling(&rng, 16, doublings));
    }
    blocks_drop(blocks, COUNT_OF(blocks));
    return 0;
}
