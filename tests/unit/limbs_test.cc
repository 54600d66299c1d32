// SPDX-License-Identifier: MIT
// Natural numbers against the compiler's own of 128 bits, and against each other: what is
// multiplied can be divided again.
#include "value/limbs.h"

#include <gtest/gtest.h>
#include <vector>

#include "support/inner.h"
#include "support/random.h"

namespace {

typedef unsigned __int128 Word2;
typedef std::vector<uint64_t> Limbs;

Limbs of(Word2 number) { return {uint64_t(number), uint64_t(number >> 64)}; }
Word2 word2(const Limbs &limbs) { return Word2(limbs[1]) << 64 | limbs[0]; }

// Words of all kinds: carries run through long rows of ones, and zeros lie in between.
Limbs random_limbs(struct rng *rng, size_t length) {
    Limbs limbs(length);
    for (uint64_t &limb : limbs) {
        uint64_t kind = rng_below(rng, 4);
        limb = kind == 0 ? 0 : kind == 1 ? UINT64_MAX : rng_next(rng);
    }
    if (limbs.back() == 0) limbs.back() = 1;
    return limbs;
}

TEST(LimbsTest, SumsAndDifferencesOfTwoWordsAreTheCompilers) {
    struct rng rng = {1};
    for (int i = 0; i < 1000; i++) {
        Limbs a = random_limbs(&rng, 2), b = random_limbs(&rng, 2), r(2);
        uint64_t carry = limbs_add(r.data(), a.data(), 2, b.data(), 2);
        EXPECT_EQ(word2(r), word2(a) + word2(b));
        EXPECT_EQ(carry, word2(r) < word2(a) ? 1u : 0u);
        if (word2(a) < word2(b)) std::swap(a, b);
        EXPECT_EQ(limbs_subtract(r.data(), a.data(), 2, b.data(), 2), 0u);
        EXPECT_EQ(word2(r), word2(a) - word2(b));
    }
}

TEST(LimbsTest, ProductsOfWordsAreTheCompilers) {
    struct rng rng = {2};
    for (int i = 0; i < 1000; i++) {
        uint64_t a = rng_next(&rng), b = rng_next(&rng), plus = rng_next(&rng), r;
        uint64_t carry = limbs_multiply_word(&r, &a, 1, b, plus);
        EXPECT_EQ(Word2(carry) << 64 | r, Word2(a) * b + plus);
    }
}

TEST(LimbsTest, TrimCompareAndBitsAgree) {
    Limbs a = of(Word2(5) << 64), b = {7, 0, 0};
    EXPECT_EQ(limbs_trim(b.data(), 3), 1u);
    EXPECT_EQ(limbs_trim(a.data(), 2), 2u);
    EXPECT_EQ(limbs_compare(a.data(), 2, b.data(), 1), 1);
    EXPECT_EQ(limbs_compare(b.data(), 1, a.data(), 2), -1);
    EXPECT_EQ(limbs_compare(a.data(), 2, a.data(), 2), 0);
    EXPECT_EQ(limbs_bits(a.data(), 2), 67u);
    EXPECT_EQ(limbs_bits(b.data(), 1), 3u);
}

// Lengths on both sides of those from which the quicker way of multiplying is taken.
TEST(LimbsTest, WhatIsMultipliedAndIncreasedIsDividedAgain) {
    struct rng rng = {test_seed()};
    for (int i = 0; i < 300; i++) {
        size_t m = 2 + rng_below(&rng, 150), n = 2 + rng_below(&rng, 150);
        Limbs a = random_limbs(&rng, m), b = random_limbs(&rng, n), product(m + n);
        Limbs room(limbs_multiply_room(m, n) + 1);
        limbs_multiply(product.data(), a.data(), m, b.data(), n, room.data());
        Limbs less = b; // b - 1 more, which is what is left
        uint64_t one = 1;
        limbs_subtract(less.data(), b.data(), n, &one, 1);
        EXPECT_EQ(limbs_add(product.data(), product.data(), m + n, less.data(), n), 0u);
        size_t length = limbs_trim(product.data(), m + n);
        Limbs quotient(length - n + 1), rest(length + 1), scratch(n);
        limbs_divide(quotient.data(), rest.data(), product.data(), length, b.data(), n,
                     scratch.data());
        quotient.resize(limbs_trim(quotient.data(), quotient.size()));
        rest.resize(n);
        ASSERT_EQ(quotient, a) << m << " " << n;
        ASSERT_EQ(rest, less) << m << " " << n;
    }
}

TEST(LimbsTest, DivisionByAWordLeavesWhatMultiplicationTakesBack) {
    struct rng rng = {3};
    for (int i = 0; i < 300; i++) {
        size_t length = 1 + rng_below(&rng, 20);
        Limbs a = random_limbs(&rng, length), q(length);
        uint64_t divisor = rng_next(&rng) | 1;
        uint64_t rest = limbs_divide_word(q.data(), a.data(), length, divisor);
        EXPECT_LT(rest, divisor);
        EXPECT_EQ(limbs_multiply_word(q.data(), q.data(), length, divisor, rest), 0u);
        EXPECT_EQ(q, a);
    }
}

TEST(LimbsTest, ShiftsUndoEachOther) {
    struct rng rng = {4};
    for (unsigned bits = 0; bits < 64; bits++) {
        Limbs a = random_limbs(&rng, 9), r(9);
        uint64_t out = limbs_shift_left(r.data(), a.data(), 9, bits);
        EXPECT_EQ(out, bits == 0 ? 0 : a[8] >> (64 - bits));
        limbs_shift_right(r.data(), r.data(), 9, bits);
        Limbs expected = a;
        expected[8] = bits == 0 ? a[8] : a[8] << bits >> bits;
        EXPECT_EQ(r, expected) << bits;
    }
}

} // namespace
