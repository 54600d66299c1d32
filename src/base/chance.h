/* SPDX-License-Identifier: MIT */
/*
 * chance.h - random numbers of the distributions that sampling needs. Nothing here is a secret: the
 * sequence is that of its seed. No floating-point library is needed.
 */
#ifndef POOLALLOC_CHANCE_H
#define POOLALLOC_CHANCE_H

#include "base/base.h"

struct chance {
    uint64_t state; /* any value is a seed */
};

/* 64 random bits (SplitMix64). */
static inline uint64_t chance_bits(struct chance *chance) {
    uint64_t z = chance->state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* From 0 up to 1, which it never is. */
static inline double chance_unit(struct chance *chance) {
    return (double)(chance_bits(chance) >> 11) * 0x1p-53;
}

#ifdef __cplusplus
extern "C" {
#endif

/* The distance to the next event where one comes per unit of length, on average, anywhere. */
double chance_distance(struct chance *chance);
/* Number of trials up to the first success, where each succeeds once in `mean` (8 and more; 1:
   always). */
uint32_t chance_trials(struct chance *chance, unsigned mean);
/* How likely an event is within `length`, given one per unit of length: 1 - e^-length. */
double chance_within(double length);
/* The length within which an event is that likely: -ln(1 - chance); 64 where it is certain. */
double chance_length(double chance);

#ifdef __cplusplus
}
#endif

#endif
