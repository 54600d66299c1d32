/* SPDX-License-Identifier: MIT */
/*
 * latency - time of single operations on a mixed workload: 50,000 live blocks of 16 bytes to 64
 * KiB, small ones far more often, one at random replaced at each step. Prints for malloc, for free
 * and for the clock alone "OPERATION P50 P99 P99.9 MAX", in nanoseconds.
 */
#include "../harness.h"

#define BUCKETS 4096 /* 64 steps to each doubling */

struct histogram {
    uint64_t counts[BUCKETS], total, largest;
};

static struct histogram of_malloc, of_free, of_clock;

#if defined __x86_64__
static uint64_t ticks_now(void) {
    uint32_t low, high, processor;
    __asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(processor) : : "memory");
    return (uint64_t)high << 32 | low;
}
#else
static uint64_t ticks_now(void) { return (uint64_t)(seconds_now() * 1e9); }
#endif

static double ns_per_tick(void) {
    double begin = seconds_now();
    uint64_t ticks = ticks_now();
    while (seconds_now() - begin < 0.1) continue;
    return (seconds_now() - begin) * 1e9 / (double)(ticks_now() - ticks);
}

/* Exact below 64 ticks, then to one part in 64. */
static size_t bucket_of(uint64_t ticks) {
    if (ticks < 64) return ticks;
    unsigned shift = 63 - (unsigned)__builtin_clzll(ticks) - 6;
    return (size_t)(shift + 1) * 64 + (size_t)((ticks >> shift) & 63);
}

static uint64_t ticks_of(size_t bucket) {
    if (bucket < 64) return bucket;
    return (64 + (uint64_t)bucket % 64) << (bucket / 64 - 1);
}

static void record(struct histogram *histogram, uint64_t ticks) {
    histogram->counts[bucket_of(ticks)]++;
    histogram->total++;
    if (ticks > histogram->largest) histogram->largest = ticks;
}

static uint64_t quantile(const struct histogram *histogram, double share) {
    uint64_t seen = 0, wanted = (uint64_t)((double)histogram->total * share);
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen > wanted) return ticks_of(i);
    }
    return histogram->largest;
}

static void print(const char *name, const struct histogram *histogram, double scale) {
    printf("%s %.0f %.0f %.0f %.0f\n", name, (double)quantile(histogram, 0.5) * scale,
           (double)quantile(histogram, 0.99) * scale, (double)quantile(histogram, 0.999) * scale,
           (double)histogram->largest * scale);
}

static void step(struct rng *rng, void **slot) {
    size_t size = rng_below(rng, 100) == 0 ? rng_doubling(rng, 16, 12) : rng_doubling(rng, 16, 5);
    if (*slot != NULL) block_verify(*slot);
    uint64_t t0 = ticks_now();
    free(*slot);
    uint64_t t1 = ticks_now();
    void *block = malloc(size);
    uint64_t t2 = ticks_now();
    record(&of_free, t1 - t0);
    record(&of_malloc, t2 - t1);
    record(&of_clock, ticks_now() - t2);
    *slot = block_stamp(block, size);
}

int main(int argc, char **argv) {
    size_t steps = size_argument(argc, argv, 1, 5000000);
    static void *blocks[50000];
    struct rng rng = rng_seeded(50);
    double scale = ns_per_tick();
    while (steps-- > 0) step(&rng, &blocks[rng_below(&rng, COUNT_OF(blocks))]);
    blocks_drop(blocks, COUNT_OF(blocks));
    print("malloc", &of_malloc, scale);
    print("free", &of_free, scale);
    print("clock", &of_clock, scale);
    return 0;
}
