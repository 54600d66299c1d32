/* SPDX-License-Identifier: MIT */
/*
 * Two threads get one small block each from the main thread, free it, and from then on allocate a
 * block of 8 bytes, write to it 200 times and free it. An allocator that hands out a block in
 * another thread's cache line makes every write slow. After cache-scratch of the Hoard tests.
 */
#include "../harness.h"

#define THREADS 2
#define WRITES 200

static void *first[THREADS];
static size_t rounds;

static void *run(void *argument) {
    block_drop(first[(size_t)argument]);
    for (size_t round = 0; round < rounds; round++) {
        volatile char *bytes = block_new(8);
        char before = bytes[7];
        for (int i = 0; i < WRITES; i++) bytes[7]++;
        bytes[7] = before;
        block_drop((void *)bytes);
    }
    return NULL;
}

int main(int argc, char **argv) {
    rounds = size_argument(argc, argv, 1, 700000);
    for (size_t i = 0; i < THREADS; i++) first[i] = block_new(8);
    threads_run(THREADS, run);
    return 0;
}
