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

#ifdef __cplusplus
extern "C" {
#endif

/* 64 random bits (SplitMix64). */
uint64_t chance_bits(struct chance *chance);
/* From 0 up to 1, which it never is. */
double chance_unit(struct chance *chance);
/* The distance to the next event where one comes per unit of length, on average, anywhere. */
double chance_distance(struct chance *chance);
/* Number of trials up to the first success, where each succeeds once in `mean` (8 and more; 1:
   always). */
uint32_t chance_trials(struct chance *chance, unsigned mean);
/* How likely an event is within `length`, given one per unit of length: 1 - e^-length. */
double chance_within(double length);

#ifdef __cplusplus
}
#endif

#endif
