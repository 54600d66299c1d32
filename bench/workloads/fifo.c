/* SPDX-License-Identifier: MIT */
/*
 * A queue of 20,000 messages of 16 to 256 bytes; the oldest goes when a new one comes. Imitates
 * event queues and log buffers. Blocks are cold when they are freed.
 */
#include "../harness.h"

int main(int argc, char **argv) {
    size_t steps = size_argument(argc, argv, 1, 20000000);
    static void *queue[20000];
    struct rng rng = rng_seeded(2);
    size_t next = 0;
    for (size_t step = 0; step < steps; step++) {
        block_replace(&queue[next], rng_between(&rng, 16, 256));
        if (++next == COUNT_OF(queue)) next = 0;
    }
    blocks_drop(queue, COUNT_OF(queue));
    return 0;
}
