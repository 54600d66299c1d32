/* SPDX-License-Identifier: MIT */
/*
 * posix_memalign and aligned_alloc with alignments of 32 bytes to 4 KiB, small ones more often,
 * sizes of 32 to 2,048 bytes, 10,000 live, replaced at random. Imitates vector code and cache-line
 * padding.
 */
#include "../harness.h"

static void *aligned_block(struct rng *rng) {
    size_t alignment = (size_t)32 << (rng_below(rng, 8) * rng_below(rng, 8) / 7);
    size_t size = rng_doubling(rng, 32, 6);
    void *p = NULL;
    if (rng_below(rng, 2) == 0)
        p = aligned_alloc(alignment, size);
    else if (posix_memalign(&p, alignment, size) != 0)
        p = NULL;
    if ((uintptr_t)p % alignment != 0) die("a block is not aligned as asked for");
    return block_stamp(p, size);
}

int main(int argc, char **argv) {
    size_t steps = size_argument(argc, argv, 1, 3000000);
    static void *blocks[10000];
    struct rng rng = rng_seeded(18);
    for (size_t step = 0; step < steps; step++) {
        void **slot = &blocks[rng_below(&rng, COUNT_OF(blocks))];
        block_drop(*slot);
        *slot = aligned_block(&rng);
    }
    blocks_drop(blocks, COUNT_OF(blocks));
    return 0;
}
