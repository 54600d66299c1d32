/* SPDX-License-Identifier: MIT */
/*
 * Buffers grown by realloc: 1,000 at once, by half of their size each time up to 64 KiB, and one
 * that grows by 4 KiB to 64 MiB. Imitates string builders, vectors, and reading a file of unknown
 * size.
 */
#include "../harness.h"

#define BUFFERS 1000
#define SMALL_END (64 << 10)
#define LARGE_END (64 << 20)
#define LARGE_STEP 4096

static void *grow(void *old, size_t size) {
    if (old != NULL) block_verify(old);
    return block_stamp(realloc(old, size), size);
}

static void grow_many(struct rng *rng) {
    static void *buffers[BUFFERS];
    static size_t sizes[BUFFERS];
    for (size_t left = BUFFERS * 20; left > 0; left--) {
        size_t i = rng_below(rng, BUFFERS);
        sizes[i] = sizes[i] < 16 ? 16 : sizes[i] + sizes[i] / 2 + rng_below(rng, 32);
        if (sizes[i] <= SMALL_END) {
            buffers[i] = grow(buffers[i], sizes[i]);
        } else {
            block_drop(buffers[i]);
            buffers[i] = NULL;
            sizes[i] = 0;
        }
    }
    blocks_drop(buffers, BUFFERS);
    memset(sizes, 0, sizeof sizes);
}

static void grow_one(void) {
    void *buffer = NULL;
    for (size_t size = LARGE_STEP; size <= LARGE_END; size += LARGE_STEP) {
        /* Only the new part is written: the rest must come along. */
        buffer = realloc(buffer, size);
        if (buffer == NULL) die("out of memory");
        memcpy((char *)buffer + size - LARGE_STEP, &size, sizeof size);
    }
    for (size_t size = LARGE_STEP; size <= LARGE_END; size += LARGE_STEP)
        if (memcmp((char *)buffer + size - LARGE_STEP, &size, sizeof size) != 0)
            die("realloc lost content");
    free(buffer);
}

int main(int argc, char **argv) {
    size_t rounds = size_argument(argc, argv, 1, 40);
    struct rng rng = rng_seeded(10);
    for (size_t round = 0; round < rounds; round++) {
        grow_many(&rng);
        if (round % 8 == 0) grow_one();
    }
    return 0;
}
