/* SPDX-License-Identifier: MIT */
/* Integers as rows of bits, in two's complement without an end. */
#include "value/integer.h"

/* ---- Shifts ---- */

poolobj *integer_shift_left(poolval_space *space, const struct integer *a, size_t bits) {
    size_t words = bits / LIMB_BITS, length = words + a->length + 1;
    struct value_large *shifted = integer_begin(space, length);
    if (shifted == NULL) return NULL;
    shifted->limb[length - 1] =
        limbs_shift_left(shifted->limb + words, a->limb, a->length, bits % LIMB_BITS);
    return integer_end(space, shifted, length, a->negative);
}

/* Whether one of the lowest bits is set. */
static bool loses(const struct integer *a, size_t bits) {
    size_t words = bits / LIMB_BITS;
    if (words >= a->length) return a->length > 0;
    return limbs_trim(a->limb, words) > 0 ||
           (a->limb[words] & (((uint64_t)1 << bits % LIMB_BITS) - 1)) != 0;
}

/* Rounds down, as the sign goes on to the left without end. */
poolobj *integer_shift_right(poolval_space *space, const struct integer *a, size_t bits) {
    static const uint64_t one = 1;
    size_t words = bits / LIMB_BITS, left = words < a->length ? a->length - words : 0;
    struct value_large *shifted = integer_begin(space, left + 1);
    if (shifted == NULL) return NULL;
    if (left > 0) limbs_shift_right(shifted->limb, a->limb + words, left, bits % LIMB_BITS);
    if (a->negative && loses(a, bits)) limbs_add(shifted->limb, shifted->limb, left + 1, &one, 1);
    return integer_end(space, shifted, left + 1, a->negative);
}

/* How far to shift: what is beyond 64 bits is further than an int has bits. False, and a failure,
   for less than 0 and for what is no int. */
static bool distance_of(poolval_space *space, const poolobj *value, size_t *bits) {
    struct integer view;
    if (!value_require_own(space, value)) return false;
    if (!integer_view(space, value, &view)) {
        value_fail_type(space, "an int", value);
        return false;
    }
    if (view.negative) {
        value_fail(space, POOLVAL_ERR_VALUE, "a shift by less than 0", 0, 0);
        return false;
    }
    *bits = view.length > 1 ? SIZE_MAX : view.length > 0 ? view.limb[0] : 0;
    return true;
}

static poolobj *shift(poolval_space *space, const poolobj *a, const poolobj *b, bool left) {
    struct integer view;
    size_t bits;
    if (!value_require_own(space, a)) return NULL;
    if (!integer_view(space, a, &view)) return (poolobj *)value_fail_type(space, "an int", a);
    if (!distance_of(space, b, &bits)) return NULL;
    if (left && view.length == 0) return number_new_int(space, 0);
    return (left ? integer_shift_left : integer_shift_right)(space, &view, bits);
}

poolobj *poolval_int_shift_left(poolval_space *space, const poolobj *a, const poolobj *b) {
    return shift(space, a, b, true);
}
poolobj *poolval_int_shift_right(poolval_space *space, const poolobj *a, const poolobj *b) {
    return shift(space, a, b, false);
}

ptrdiff_t poolval_int_bits(poolval_space *space, const poolobj *value) {
    struct integer view;
    if (!value_require_own(space, value)) return -1;
    if (integer_view(space, value, &view)) return (ptrdiff_t)limbs_bits(view.limb, view.length);
    value_fail_type(space, "an int", value);
    return -1;
}

/* ---- And, or, xor ---- */

enum bit_operation { BIT_AND, BIT_OR, BIT_XOR };

/* The next word in two's complement; *carry begins with 1 and is that of negation. */
static uint64_t complement(const struct integer *a, size_t i, uint64_t *carry) {
    uint64_t word = i < a->length ? a->limb[i] : 0;
    if (!a->negative) return word;
    word = ~word + *carry;
    *carry = *carry && word == 0;
    return word;
}

static uint64_t combine_words(enum bit_operation operation, uint64_t x, uint64_t y) {
    return operation == BIT_AND ? x & y : operation == BIT_OR ? x | y : x ^ y;
}

/* A number of so many words that is negative in two's complement becomes its magnitude. */
static void negate(uint64_t *limb, size_t length) {
    uint64_t carry = 1;
    for (size_t i = 0; i < length; i++) {
        limb[i] = ~limb[i] + carry;
        carry = carry && limb[i] == 0;
    }
}

static poolobj *bits_of(poolval_space *space, const poolobj *a, const poolobj *b,
                        enum bit_operation operation) {
    struct integer x, y;
    if (!value_require_own(space, a) || !value_require_own(space, b)) return NULL;
    if (!integer_view(space, a, &x)) return (poolobj *)value_fail_type(space, "an int", a);
    if (!integer_view(space, b, &y)) return (poolobj *)value_fail_type(space, "an int", b);
    size_t length = size_max(x.length, y.length) + 1;
    uint64_t x_carry = 1, y_carry = 1;
    struct value_large *result = integer_begin(space, length);
    if (result == NULL) return NULL;
    for (size_t i = 0; i < length; i++) {
        uint64_t x_word = complement(&x, i, &x_carry), y_word = complement(&y, i, &y_carry);
        result->limb[i] = combine_words(operation, x_word, y_word);
    }
    bool negative = result->limb[length - 1] >> (LIMB_BITS - 1);
    if (negative) negate(result->limb, length);
    return integer_end(space, result, length, negative);
}

poolobj *poolval_int_and(poolval_space *space, const poolobj *a, const poolobj *b) {
    return bits_of(space, a, b, BIT_AND);
}
poolobj *poolval_int_or(poolval_space *space, const poolobj *a, const poolobj *b) {
    return bits_of(space, a, b, BIT_OR);
}
poolobj *poolval_int_xor(poolval_space *space, const poolobj *a, const poolobj *b) {
    return bits_of(space, a, b, BIT_XOR);
}

/* -a - 1. */
poolobj *poolval_int_invert(poolval_space *space, const poolobj *value) {
    struct integer view, one = {NULL, 1, false, 1};
    if (!value_require_own(space, value)) return NULL;
    if (!integer_view(space, value, &view))
        return (poolobj *)value_fail_type(space, "an int", value);
    one.limb = &one.word;
    view.negative = !view.negative && view.length > 0;
    return integer_add(space, &view, &one, true);
}
