/* SPDX-License-Identifier: MIT */
/*
 * Threads that do little: two at a time, each allocates 100 blocks of 16 to 1,024 bytes, frees them
 * and ends. Imitates programs that start a thread per task. What a thread's first malloc and its
 * exit cost shows. The argument is the number of threads.
 */
#include "../harness.h"

static void *run(void *argument) {
    struct rng rng = rng_seeded((size_t)argument + 11);
    void *blocks[100];
    for (size_t i = 0; i < COUNT_OF(blocks); i++) blocks[i] = block_new(rng_doubling(&rng, 16, 6));
    blocks_drop(blocks, COUNT_OF(blocks));
    return NULL;
}

int main(int argc, char **argv) {
    size_t threads = size_argument(argc, argv, 1, 10000);
    for (size_t i = 0; i < threads; i += 2) threads_run(2, run);
    return 0;
}
