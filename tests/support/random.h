/* SPDX-License-Identifier: MIT */
/* random.h - a small seeded generator (splitmix64): the same seed gives the same test. */
#ifndef POOLALLOC_TEST_RANDOM_H
#define POOLALLOC_TEST_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng) {
    uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 .. limit - 1. */
static inline uint64_t rng_below(struct rng *rng, uint64_t limit) { return rng_next(rng) % limit; }

/* A size of every magnitude up to `limit`: small ones are as likely per doubling as large ones. */
static inline size_t rng_size(struct rng *rng, size_t limit) {
    unsigned bits = 1;
    while (((size_t)1 << bits) < limit) bits++;
    size_t size = rng_next(rng) & (((size_t)1 << rng_below(rng, bits + 1)) - 1);
    return size < limit ? size : limit;
}

/* A number from the environment, or `fallback`; garbage ends the program. */
static inline uint64_t env_number(const char *name, uint64_t fallback) {
    const char *text = getenv(name);
    if (text == NULL || *text == '\0') return fallback;
    char *end;
    uint64_t number = strtoull(text, &end, 0);
    if (*end != '\0') {
        fprintf(stderr, "%s=%s: must be a whole number.\n", name, text);
        exit(2);
    }
    return number;
}

/* STRESS_SEED, or one from the clock; printed, so that a failure can be repeated. */
static inline uint64_t seed_from_environment(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = env_number("STRESS_SEED", (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec);
    printf("# seed: STRESS_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    return seed;
}

#endif
