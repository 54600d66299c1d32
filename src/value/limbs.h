/* SPDX-License-Identifier: MIT */
/*
 * limbs.h - natural numbers of any size, as arrays of words, the lowest first. Nothing is allocated
 * here: who calls brings the room, for what is in between too.
 */
#ifndef POOLALLOC_VALUE_LIMBS_H
#define POOLALLOC_VALUE_LIMBS_H

#include "base/base.h"

enum { LIMB_BITS = 64 };

#ifdef __cplusplus
extern "C" {
#endif

/* The length without zeros at the top. */
static inline size_t limbs_trim(const uint64_t *a, size_t length) {
    while (length > 0 && a[length - 1] == 0) length--;
    return length;
}
/* -1, 0, 1; of trimmed numbers. */
int limbs_compare(const uint64_t *a, size_t a_length, const uint64_t *b, size_t b_length);
/* How many bits there are up to the highest that is set; of a trimmed number. */
size_t limbs_bits(const uint64_t *a, size_t length);

/* r = a + b and a - b, of a's length, which is b's at least; r may be a or b. Return the carry;
   a - b needs a >= b. */
uint64_t limbs_add(uint64_t *r, const uint64_t *a, size_t a_length, const uint64_t *b,
                   size_t b_length);
uint64_t limbs_subtract(uint64_t *r, const uint64_t *a, size_t a_length, const uint64_t *b,
                        size_t b_length);

/* r = a * factor + plus; returns the carry. r may be a. */
uint64_t limbs_multiply_word(uint64_t *r, const uint64_t *a, size_t length, uint64_t factor,
                             uint64_t plus);
/* r = a * b, of both lengths together, none of which is 0. `room` has as many words as
   limbs_multiply_room says, which may be none. */
void limbs_multiply(uint64_t *r, const uint64_t *a, size_t a_length, const uint64_t *b,
                    size_t b_length, uint64_t *room);
size_t limbs_multiply_room(size_t a_length, size_t b_length);

/* q = a / divisor; returns what is left. q may be a. */
uint64_t limbs_divide_word(uint64_t *q, const uint64_t *a, size_t length, uint64_t divisor);
/* q = a / b, of a_length - b_length + 1 words; what is left stays in the first b_length words of
   `rest`, which has room for a_length + 1. `room` has b_length words. a_length >= b_length >= 2,
   and b is trimmed. */
void limbs_divide(uint64_t *q, uint64_t *rest, const uint64_t *a, size_t a_length,
                  const uint64_t *b, size_t b_length, uint64_t *room);

/* r = a << bits, for bits < 64; returns what goes out at the top. r may be a. */
uint64_t limbs_shift_left(uint64_t *r, const uint64_t *a, size_t length, unsigned bits);
/* r = a >> bits, for bits < 64. r may be a. */
void limbs_shift_right(uint64_t *r, const uint64_t *a, size_t length, unsigned bits);

#ifdef __cplusplus
}
#endif

#endif
