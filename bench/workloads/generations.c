/* SPDX-License-Identifier: MIT */
/*
 * Most blocks die young: of blocks of 16 to 256 bytes 90 % live for 64 more allocations, 9 % for
 * 20,000, 1 % for 500,000. Imitates what garbage-collected languages report of their objects. Young
 * and old share the memory, and the old pin it.
 */
#include "../harness.h"

static void *young[64], *middle[20000 / 100 * 9], *old[500000 / 100];

int main(int argc, char **argv) {
    size_t steps = size_argument(argc, argv, 1, 20000000);
    struct rng rng = rng_seeded(23);
    size_t middle_next = 0, old_next = 0;
    for (size_t step = 0; step < steps; step++) {
        size_t size = rng_doubling(&rng, 16, 4), age = rng_below(&rng, 100);
        if (age == 0)
            block_replace(&old[old_next++ % COUNT_OF(old)], size);
        else if (age < 10)
            block_replace(&middle[middle_next++ % COUNT_OF(middle)], size);
        else
            block_replace(&young[step % COUNT_OF(young)], size);
    }
    blocks_drop(young, COUNT_OF(young));
    blocks_drop(middle, COUNT_OF(middle));
    blocks_drop(old, COUNT_OF(old));
    return 0;
}
