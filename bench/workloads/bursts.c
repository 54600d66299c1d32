/* SPDX-License-Identifier: MIT */
/*
 * Bursts of 200 blocks of 16 to 512 bytes, freed in the order they came or in random order by
 * turns. Imitates a parser that builds the pieces of one request and drops them.
 */
#include "../harness.h"

int main(int argc, char **argv) {
    size_t rounds = size_argument(argc, argv, 1, 100000);
    void *burst[200];
    struct rng rng = rng_seeded(5);
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < COUNT_OF(burst); i++)
            burst[i] = block_new(rng_between(&rng, 16, 512));
        if (round % 2 != 0) blocks_shuffle(&rng, burst, COUNT_OF(burst));
        blocks_drop(burst, COUNT_OF(burst));
    }
    return 0;
}
