/* SPDX-License-Identifier: MIT */
/*
 * Buffers of 250,000 bytes give way to buffers of 70,000 bytes and these to the former, one at
 * random at a time, while 100 MiB stay live. Imitates a server whose requests change. A place that
 * a larger buffer has left must serve smaller ones, all of it: what it cannot is memory beyond the
 * live blocks. The argument is the number of changes.
 */
#include "../harness.h"

#define LIVE_BYTES (100u << 20)
#define LARGE 250000
#define SMALL 70000

static void *blocks[LIVE_BYTES / SMALL + 1];
static size_t count, live;

static void add(size_t size) {
    blocks[count++] = block_new(size);
    live += size;
}

/* Frees blocks [i] and takes the last one in its place. */
static void drop(size_t i) {
    live -= block_verify(blocks[i]);
    free(blocks[i]);
    blocks[i] = blocks[--count];
}

/* The blocks of the other size are those below `left`. */
static void change_to(struct rng *rng, size_t size) {
    for (size_t left = count; left > 0; left--) {
        size_t i = rng_below(rng, left);
        void *chosen = blocks[i];
        blocks[i] = blocks[left - 1];
        blocks[left - 1] = chosen;
        drop(left - 1);
        while (live + size <= LIVE_BYTES) add(size);
    }
}

int main(int argc, char **argv) {
    size_t changes = size_argument(argc, argv, 1, 40);
    struct rng rng = rng_seeded(80);
    while (live + LARGE <= LIVE_BYTES) add(LARGE);
    for (size_t i = 0; i < changes; i++) change_to(&rng, i % 2 == 0 ? SMALL : LARGE);
    while (count > 0) drop(count - 1);
    return 0;
}
