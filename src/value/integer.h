/* SPDX-License-Identifier: MIT */
/*
 * integer.h - integers of any size. Those of 64 bits are value_int, all others value_large; which
 * of the two a result is, is decided here alone.
 *
 * Invariants, which integer_check checks of a value_large:
 *   N1 size is the number of words of its magnitude, below 0 for a negative number
 *   N2 the top word is not 0, and the number is beyond 64 bits
 */
#ifndef POOLALLOC_VALUE_INTEGER_H
#define POOLALLOC_VALUE_INTEGER_H

#include "value/limbs.h"
#include "value/number.h"

struct value_large {
    poolobj base;
    int64_t size;
    uint64_t limb[];
};

/* An integer of either kind or a bool as it is reckoned with. Not to be copied: `limb` may be
   `word`. */
struct integer {
    const uint64_t *limb;
    size_t length; /* 0 for 0 */
    bool negative;
    uint64_t word;
};

/* No integer has more words: more bits than any machine's memory. */
static const size_t INTEGER_LENGTH_MAX = (size_t)1 << 40;

/* False: no int nor bool; nothing is noted. */
static inline bool integer_view(const poolval_space *space, const poolobj *value,
                                struct integer *view) {
    int64_t number;
    if (value_is(space, value, POOLVAL_LARGE_INT)) {
        const struct value_large *large = (const struct value_large *)value;
        view->negative = large->size < 0;
        view->length = (size_t)(large->size < 0 ? -large->size : large->size);
        view->limb = large->limb;
        return true;
    }
    if (!number_int_of(space, value, &number)) return false;
    view->negative = number < 0;
    view->word = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    view->limb = &view->word;
    view->length = number != 0;
    return true;
}

#ifdef __cplusplus
extern "C" {
#endif

/* An object for a result of up to `length` words, which are 0. NULL: the failure is noted. */
struct value_large *integer_begin(poolval_space *space, size_t length);
/* The integer with the first `length` words, whichever kind it is. */
poolobj *integer_end(poolval_space *space, struct value_large *large, size_t length, bool negative);

/* NULL: the failure is noted. */
poolobj *integer_add(poolval_space *space, const struct integer *a, const struct integer *b,
                     bool subtract);
poolobj *integer_multiply(poolval_space *space, const struct integer *a, const struct integer *b);
/* Rounded down; b is not 0. One of the results may be NULL and is not made. */
bool integer_divide(poolval_space *space, const struct integer *a, const struct integer *b,
                    poolobj **quotient, poolobj **rest);
/* -1, 0, 1. */
int integer_compare(const struct integer *a, const struct integer *b);

/* The nearest double, of those that are as near the even one. False: beyond all. */
bool integer_to_double(const struct integer *view, double *number);
/* The integer before the point of a finite number. */
poolobj *integer_from_double(poolval_space *space, double number);
/* The double nearest to a / b; b is not 0. False: the failure is noted. */
bool integer_ratio(poolval_space *space, const struct integer *a, const struct integer *b,
                   double *number);
enum number_order integer_compare_double(const struct integer *a, double b);
/* The hash of one that does not fit 64 bits: that of the double it equals, if there is one. */
uint64_t integer_hash(const poolval_space *space, const struct integer *view);

poolobj *integer_shift_left(poolval_space *space, const struct integer *a, size_t bits);
poolobj *integer_shift_right(poolval_space *space, const struct integer *a, size_t bits);

/* The digits in a block of its own, to be given to value_free, with a zero behind. NULL: the
   failure is noted. */
char *integer_text(poolval_space *space, const struct integer *view, unsigned base);
/* From `count` characters which are digits of the base, or underscores, which are passed by. */
poolobj *integer_parse(poolval_space *space, const char *digits, size_t count, unsigned base,
                       bool negative);

void integer_check(const struct value_large *large);

#ifdef __cplusplus
}
#endif

#endif
