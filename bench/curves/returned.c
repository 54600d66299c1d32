/* SPDX-License-Identifier: MIT */
/*
 * returned MODE [SECONDS] - memory over time after a peak. Builds 2,000,000 blocks of 16 to 512
 * bytes, rests, frees them in random order, and samples its memory every half second for SECONDS
 * (60).
 *     all     frees all, then some mallocs and frees every 10 ms
 *     sparse  the same, but one block in 1,000 stays
 *     idle    frees all, then calls the allocator no more
 * Prints lines "MODE SECOND RESIDENT-KIB SYSTEM-KIB"; the second counts from the last free, and the
 * peak stands before it. What the program had before the first block is taken off.
 */
#include "../memory.h"

#define BLOCKS 2000000
#define KEEP_ONE_IN 1000
#define TICK_NS 10000000
#define TICKS_PER_SAMPLE 50
#define SAMPLES_PER_SECOND 2
#define SECONDS_MOST 600
#define REST_SAMPLES 8

static void *blocks[BLOCKS];
static struct memory samples[REST_SAMPLES + SECONDS_MOST * SAMPLES_PER_SECOND + 1], start;
static size_t sample_count;

static void touch_a_little(struct rng *rng) {
    void *few[10];
    for (size_t i = 0; i < COUNT_OF(few); i++) few[i] = block_new(rng_between(rng, 16, 512));
    blocks_drop(few, COUNT_OF(few));
}

/* Half a second, after a sample. */
static void pass(struct rng *rng, int is_quiet) {
    samples[sample_count++] = memory_since(start);
    for (int tick = 0; tick < TICKS_PER_SAMPLE; tick++) {
        if (!is_quiet) touch_a_little(rng);
        nanosleep(&(struct timespec){0, TICK_NS}, NULL);
    }
}

static void print(const char *mode) {
    for (size_t i = 0; i < sample_count; i++) {
        double second = ((double)i - REST_SAMPLES) / SAMPLES_PER_SECOND;
        printf("%s %.1f %ld %ld\n", mode, second, samples[i].resident, samples[i].system);
    }
}

int main(int argc, char **argv) {
    const char *mode = argc >= 2 ? argv[1] : "";
    size_t seconds = size_argument(argc, argv, 2, 60);
    int idle = strcmp(mode, "idle") == 0, sparse = strcmp(mode, "sparse") == 0;
    if (!idle && !sparse && strcmp(mode, "all") != 0)
        die("the first argument is one of all, sparse, idle");
    if (seconds > SECONDS_MOST) die("more than 600 seconds");
    struct rng rng = rng_seeded(31);
    memset(blocks, 1, sizeof blocks); /* The table is in memory before and after, the same. */
    start = memory_now();
    for (size_t i = 0; i < BLOCKS; i++) blocks[i] = block_new(rng_between(&rng, 16, 512));
    blocks_shuffle(&rng, blocks, BLOCKS);
    for (int i = 0; i < REST_SAMPLES; i++) pass(&rng, 1);
    size_t kept = sparse ? BLOCKS / KEEP_ONE_IN : 0;
    blocks_drop(blocks + kept, BLOCKS - kept);
    for (size_t i = 0; i <= seconds * SAMPLES_PER_SECOND; i++) pass(&rng, idle);
    print(mode);
    return 0;
}
