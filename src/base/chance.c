/* SPDX-License-Identifier: MIT */
#include "base/chance.h"

/* -ln of a number of 1 to 2^53 units of 2^-53: the power of two by its highest bit, the rest, which
   is 1/sqrt(2) to sqrt(2), by the series of the inverse hyperbolic tangent. */
static double minus_ln(uint64_t units) {
    static const double ln_2 = 0.693147180559945309417, root_2 = 1.41421356237309504880;
    unsigned highest = bit_highest(units);
    double rest = (double)units / (double)((uint64_t)1 << highest); /* 1 to 2 */
    bool upper = rest > root_2;
    if (upper) rest *= 0.5;
    double t = (1 - rest) / (1 + rest), q = t * t;
    double sum = 1.0 / 13 + q * (1.0 / 15);
    sum = 1.0 / 9 + q * (1.0 / 11 + q * sum);
    sum = 1.0 / 5 + q * (1.0 / 7 + q * sum);
    sum = t * (1 + q * (1.0 / 3 + q * sum));
    return 2 * sum + (53 - (int)highest - upper) * ln_2;
}

double chance_distance(struct chance *chance) { return minus_ln((chance_bits(chance) >> 11) + 1); }

/* The mean of the distance that makes the trials memoryless, -1 / ln(1 - 1/mean), by the first
   terms of its series. */
uint32_t chance_trials(struct chance *chance, unsigned mean) {
    if (mean <= 1) return 1;
    double m = mean, r = 1 / m, scale = m - 0.5 - r * (1.0 / 12 + r * (1.0 / 24));
    double trials = 1 + chance_distance(chance) * scale;
    return trials < 4e9 ? (uint32_t)trials : UINT32_MAX;
}

/* The length is halved until the series needs few terms, and then doubled again: if the chance
   within a length is p, it is p + p - p^2 within twice that length. */
double chance_within(double length) {
    unsigned halved = 0;
    if (!(length > 0)) return 0;
    if (length > 40) return 1;
    for (; length > 0.25; length /= 2) halved++;
    double term = length, sum = 0;
    for (int n = 2; n < 16; n++) {
        sum += term;
        term *= -length / n;
    }
    while (halved-- > 0) sum = 2 * sum - sum * sum;
    return sum;
}

double chance_length(double chance) {
    static const double CERTAIN = 64;
    uint64_t units = (uint64_t)((1 - chance) * 0x1p53);
    return units != 0 ? minus_ln(units) : CERTAIN;
}
