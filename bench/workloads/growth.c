/* SPDX-License-Identifier: MIT */
/*
 * A heap that grows to 1,000,000 blocks of 16 to 256 bytes: three come, one at random goes. At the
 * end all go in random order. Imitates loading a database or a large document.
 */
#include "../harness.h"

int main(int argc, char **argv) {
    size_t live_end = size_argument(argc, argv, 1, 1000000), live = 0;
    struct rng rng = rng_seeded(21);
    void **blocks = malloc((live_end + 3) * sizeof *blocks);
    if (blocks == NULL) die("out of memory");
    while (live < live_end) {
        for (int i = 0; i < 3; i++) blocks[live++] = block_new(rng_between(&rng, 16, 256));
        size_t gone = rng_below(&rng, live);
        block_drop(blocks[gone]);
        blocks[gone] = blocks[--live];
    }
    blocks_shuffle(&rng, blocks, live);
    blocks_drop(blocks, live);
    free(blocks);
    return 0;
}
