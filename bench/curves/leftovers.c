/* SPDX-License-Identifier: MIT */
/*
 * leftovers - 10,000 threads one after the other. Each allocates 200 blocks, frees most, and leaves
 * 20 for the next but one to free. Prints lines "THREADS KIB-RESIDENT" every 500 threads: flat,
 * when what a thread held is found again.
 */
#include "../harness.h"
#include <fcntl.h>

#define THREADS 10000
#define EVERY 500
#define LEFT 20

static void *left[2][LEFT];

static void *run(void *argument) {
    size_t index = (size_t)argument;
    struct rng rng = rng_seeded(index + 70);
    void *blocks[200];
    for (size_t i = 0; i < COUNT_OF(blocks); i++) blocks[i] = block_new(rng_doubling(&rng, 16, 8));
    blocks_shuffle(&rng, blocks, COUNT_OF(blocks));
    blocks_drop(left[index % 2], LEFT);
    memcpy(left[index % 2], blocks, LEFT * sizeof *blocks);
    blocks_drop(blocks + LEFT, COUNT_OF(blocks) - LEFT);
    return NULL;
}

static long resident_kib(void) {
    char text[128] = "";
    int file = open("/proc/self/statm", O_RDONLY);
    if (file < 0 || read(file, text, sizeof text - 1) <= 0) die("cannot read /proc/self/statm");
    close(file);
    return strtol(strchr(text, ' '), NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(void) {
    for (size_t i = 1; i <= THREADS; i++) {
        pthread_join(thread_start(run, (void *)i), NULL);
        if (i % EVERY == 0) printf("%zu %ld\n", i, resident_kib());
    }
    return 0;
}
