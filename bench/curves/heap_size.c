/* SPDX-License-Identifier: MIT */
/*
 * heap_size MIB - cost of an operation against the size of the live heap: grows to 1, 2, 4 ... MIB
 * of blocks of 16 to 496 bytes and replaces blocks at random at each size. Prints lines "LIVE-MIB
 * NS-PER-OPERATION KIB-RESIDENT"; a replacement is two operations. The rise that is left in a
 * perfect allocator is that of cache and TLB misses on the blocks themselves.
 */
#include "../harness.h"

#define STEPS 1000000
#define SIZE_MEAN 256

static size_t random_size(struct rng *rng) { return rng_between(rng, 16, 496); }

static long resident_kib(void) {
    long pages = 0, all = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &all, &pages) != 2)
        die("cannot read /proc/self/statm");
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv) {
    size_t mib_end = size_argument(argc, argv, 1, 1024);
    size_t count_end = mib_end * (1 << 20) / SIZE_MEAN, count = 0;
    void **blocks = malloc(count_end * sizeof *blocks);
    if (blocks == NULL) die("out of memory");
    struct rng rng = rng_seeded(60);
    for (size_t mib = 1; mib <= mib_end; mib *= 2) {
        while (count < mib * (1 << 20) / SIZE_MEAN) blocks[count++] = block_new(random_size(&rng));
        double begin = seconds_now();
        for (size_t i = 0; i < STEPS; i++)
            block_replace(&blocks[rng_below(&rng, count)], random_size(&rng));
        double ns = (seconds_now() - begin) * 1e9 / (2.0 * STEPS);
        printf("%zu %.2f %ld\n", mib, ns, resident_kib());
    }
    return 0; /* The end of the process frees faster than we do. */
}
