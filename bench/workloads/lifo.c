/* SPDX-License-Identifier: MIT */
/*
 * Blocks that live as long as a function call: 1 to 16 of 16 to 256 bytes, freed in reverse order.
 * Imitates temporary strings and iterators; the allocator's best case.
 */
#include "../harness.h"

int main(int argc, char **argv) {
    size_t rounds = size_argument(argc, argv, 1, 3500000);
    struct rng rng = rng_seeded(1);
    void *stack[16];
    for (size_t round = 0; round < rounds; round++) {
        size_t depth = rng_between(&rng, 1, COUNT_OF(stack));
        for (size_t i = 0; i < depth; i++) stack[i] = block_new(rng_between(&rng, 16, 256));
        while (depth > 0) block_drop(stack[--depth]);
    }
    return 0;
}
