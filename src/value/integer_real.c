/* SPDX-License-Identifier: MIT */
/* Integers beside floats: conversions, quotients and comparisons, all exact or rounded once. */
#include <float.h>

#include "value/integer.h"

__extension__ typedef unsigned __int128 two_words;

/* A double has 53 bits, the lowest of which is worth 2^-1074 at least. */
enum { LOWEST_EXPONENT = -1074, HIGHEST_EXPONENT = 1024, FIELD_BITS = 52, FIELD_BIAS = 1075 };

static double from_bits(uint64_t bits) {
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* mantissa * 2^exponent, a bit more if `more`, rounded to even. The mantissa has more than 54 bits,
   or all that there is. False: beyond all doubles. */
static bool round_once(two_words mantissa, bool more, int64_t exponent, double *number) {
    int64_t bits = 0;
    for (two_words rest = mantissa; rest != 0; rest >>= 1) bits++;
    int64_t drop = bits - DBL_MANT_DIG;
    if (exponent + drop < LOWEST_EXPONENT) drop = LOWEST_EXPONENT - exponent;
    if (drop > bits + 1) drop = bits + 1; /* less than half of the least */
    if (drop > 0) {
        two_words gone = mantissa & (((two_words)1 << drop) - 1), half = (two_words)1 << (drop - 1);
        mantissa >>= drop;
        if (gone > half || (gone == half && (more || (mantissa & 1)))) mantissa++;
        exponent += drop;
    }
    uint64_t field = (uint64_t)mantissa;
    if (field == 0) {
        *number = 0;
        return true;
    }
    while (field < (uint64_t)1 << FIELD_BITS && exponent > LOWEST_EXPONENT) {
        field <<= 1;
        exponent--;
    }
    if (field == (uint64_t)1 << DBL_MANT_DIG) {
        field >>= 1;
        exponent++;
    }
    if (exponent + DBL_MANT_DIG > HIGHEST_EXPONENT) return false;
    uint64_t biased = field >> FIELD_BITS ? (uint64_t)(exponent + FIELD_BIAS) : 0;
    *number = from_bits(biased << FIELD_BITS | (field & (((uint64_t)1 << FIELD_BITS) - 1)));
    return true;
}

/* The two highest words, and whether anything is below them. */
static two_words top_of(const struct integer *view, bool *more, int64_t *exponent) {
    size_t below = view->length > 2 ? view->length - 2 : 0;
    two_words top = 0;
    for (size_t i = view->length; i-- > below;) top = top << LIMB_BITS | view->limb[i];
    *more = limbs_trim(view->limb, below) > 0;
    *exponent = (int64_t)(below * LIMB_BITS);
    return top;
}

bool integer_to_double(const struct integer *view, double *number) {
    bool more;
    int64_t exponent;
    two_words top = top_of(view, &more, &exponent);
    /* What is below two words where the upper one is small would be half seen: it only breaks ties.
     */
    if (!round_once(top, more, exponent, number)) return false;
    if (view->negative) *number = -*number;
    return true;
}

/* ---- The other way ---- */

enum { DOUBLE_LIMBS = HIGHEST_EXPONENT / LIMB_BITS };

/* The magnitude of what is before the point of a finite number; returns the length. */
static size_t whole_of(double number, uint64_t limb[DOUBLE_LIMBS]) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    int exponent = (int)(bits >> FIELD_BITS & 0x7ff) - FIELD_BIAS;
    uint64_t mantissa = (bits & (((uint64_t)1 << FIELD_BITS) - 1)) | (uint64_t)1 << FIELD_BITS;
    memset(limb, 0, DOUBLE_LIMBS * sizeof limb[0]);
    if (exponent <= -DBL_MANT_DIG) return 0;
    if (exponent < 0) {
        limb[0] = mantissa >> -exponent;
        return 1;
    }
    size_t word = (size_t)exponent / LIMB_BITS;
    unsigned shift = (unsigned)exponent % LIMB_BITS;
    limb[word] = mantissa << shift;
    if (shift > 0 && word + 1 < DOUBLE_LIMBS) limb[word + 1] = mantissa >> (LIMB_BITS - shift);
    return limbs_trim(limb, DOUBLE_LIMBS);
}

poolobj *integer_from_double(poolval_space *space, double number) {
    uint64_t limb[DOUBLE_LIMBS];
    size_t length = whole_of(number, limb);
    struct value_large *large = integer_begin(space, length);
    if (large == NULL) return NULL;
    memcpy(large->limb, limb, length * sizeof limb[0]);
    return integer_end(space, large, length, number < 0);
}

enum number_order integer_compare_double(const struct integer *a, double b) {
    uint64_t limb[DOUBLE_LIMBS];
    if (b != b) return NUMBER_UNORDERED;
    if (b > DBL_MAX) return NUMBER_LESS;
    if (b < -DBL_MAX) return NUMBER_GREATER;
    struct integer whole = {limb, whole_of(b, limb), b < 0, 0};
    whole.length = limbs_trim(limb, whole.length);
    return (enum number_order)integer_compare(a, &whole);
}

uint64_t integer_hash(const poolval_space *space, const struct integer *view) {
    double number;
    uint64_t bits, hash = hash_mix(&space->key, 3 + view->negative, view->length);
    if (integer_to_double(view, &number) && integer_compare_double(view, number) == NUMBER_EQUAL) {
        memcpy(&bits, &number, sizeof bits);
        return hash_mix(&space->key, 1, bits);
    }
    for (size_t i = 0; i < view->length; i++) hash = hash_mix(&space->key, hash, view->limb[i]);
    return hash;
}

/* ---- Quotients ---- */

static bool fail_ratio(poolval_space *space) {
    value_fail(space, POOLVAL_ERR_OVERFLOW, "the quotient is beyond all floats", 0, 0);
    return false;
}

/* The quotient of magnitudes with more bits than a double has, and whether something is left. */
static bool long_quotient(poolval_space *space, poolobj *a, poolobj *b, two_words *quotient,
                          bool *more) {
    struct integer x, y, q;
    poolobj *whole, *rest;
    if (a == NULL || b == NULL) return false;
    integer_view(space, a, &x);
    integer_view(space, b, &y);
    if (!integer_divide(space, &x, &y, &whole, &rest)) return false;
    int64_t exponent;
    integer_view(space, whole, &q);
    *quotient = top_of(&q, more, &exponent);
    integer_view(space, rest, &q);
    *more = q.length > 0;
    value_unref(whole);
    value_unref(rest);
    return true;
}

static void unref_if_any(poolobj *value) {
    if (value != NULL) value_unref(value);
}

bool integer_ratio(poolval_space *space, const struct integer *a, const struct integer *b,
                   double *number) {
    enum { WANTED_BITS = 66 }; /* at least 65 of them, and no more than two words hold */
    struct integer x = {a->limb, a->length, false, 0}, y = {b->limb, b->length, false, 0};
    bool negative = a->negative != b->negative, more;
    two_words quotient;
    *number = negative ? -0.0 : 0.0;
    if (a->length == 0) return true;
    int64_t shift = (int64_t)limbs_bits(b->limb, b->length) -
                    (int64_t)limbs_bits(a->limb, a->length) + WANTED_BITS;
    if (shift < WANTED_BITS - HIGHEST_EXPONENT - 2) return fail_ratio(space);
    if (shift > WANTED_BITS - LOWEST_EXPONENT + 2) return true;
    poolobj *up = integer_shift_left(space, &x, shift > 0 ? (size_t)shift : 0);
    poolobj *down = integer_shift_left(space, &y, shift < 0 ? (size_t)-shift : 0);
    bool good = long_quotient(space, up, down, &quotient, &more);
    unref_if_any(up);
    unref_if_any(down);
    if (!good) return false;
    if (!round_once(quotient, more, -shift, number)) return fail_ratio(space);
    if (negative) *number = -*number;
    return true;
}
