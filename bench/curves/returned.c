/* SPDX-License-Identifier: MIT */
/*
 * returned MODE - resident memory over time after a peak. Builds 2,000,000 blocks of 16 to 512
 * bytes, frees them in random order, and samples its resident memory every 100 ms for 3 s. all
 * frees all, then some mallocs and frees every 10 ms sparse  the same, but one block in 1,000 stays
 *     idle    frees all, then calls the allocator no more
 * Prints lines "MODE SECOND KIB"; the second counts from the last free, the peak stands at -0.1.
 */
#include "../harness.h"
#include <fcntl.h>

#define BLOCKS 2000000
#define KEEP_ONE_IN 1000
#define TICK_NS 10000000
#define TICKS 300
#define TICKS_PER_SAMPLE 10

static void *blocks[BLOCKS];
static long samples[TICKS / TICKS_PER_SAMPLE + 2];

/* Resident KiB from the page tables, exact, and without calling the allocator. */
static long resident_kib(void) {
    char text[2048];
    int file = open("/proc/self/smaps_rollup", O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (length <= 0) die("cannot read /proc/self/smaps_rollup");
    close(file);
    text[length] = '\0';
    const char *line = strstr(text, "Rss:");
    return line == NULL ? 0 : strtol(line + 4, NULL, 10);
}

static void touch_a_little(struct rng *rng) {
    void *few[10];
    for (size_t i = 0; i < COUNT_OF(few); i++) few[i] = block_new(rng_between(rng, 16, 512));
    blocks_drop(few, COUNT_OF(few));
}

static void build_and_free(struct rng *rng, size_t kept) {
    for (size_t i = 0; i < BLOCKS; i++) blocks[i] = block_new(rng_between(rng, 16, 512));
    blocks_shuffle(rng, blocks, BLOCKS);
    samples[0] = resident_kib();
    blocks_drop(blocks + kept, BLOCKS - kept);
}

int main(int argc, char **argv) {
    const char *mode = argc == 2 ? argv[1] : "";
    int idle = strcmp(mode, "idle") == 0, sparse = strcmp(mode, "sparse") == 0;
    if (!idle && !sparse && strcmp(mode, "all") != 0)
        die("the argument is one of all, sparse, idle");
    struct rng rng = rng_seeded(31);
    memset(blocks, 1, sizeof blocks); /* The table is resident before and after, the same. */
    long floor_kib = resident_kib();
    build_and_free(&rng, sparse ? BLOCKS / KEEP_ONE_IN : 0);
    for (int tick = 0; tick <= TICKS; tick++) {
        if (tick % TICKS_PER_SAMPLE == 0) samples[1 + tick / TICKS_PER_SAMPLE] = resident_kib();
        if (!idle) touch_a_little(&rng);
        nanosleep(&(struct timespec){0, TICK_NS}, NULL);
    }
    for (size_t i = 0; i < COUNT_OF(samples); i++)
        printf("%s %.1f %ld\n", mode, ((double)i - 1) / 10, samples[i] - floor_kib);
    return 0;
}
