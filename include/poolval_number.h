/* SPDX-License-Identifier: MIT */
/*
 * poolval_number.h - integers of any size, floats, and both together. Part of poolval.h,
 * which includes it: what that says of references, errors and threads holds here.
 */
#ifndef POOLVAL_NUMBER_H
#define POOLVAL_NUMBER_H

#include <poolval.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Integers: immutable, of any size ----
 * Integers of 64 bits take 16 bytes, larger ones 16 and 8 for each 64 bits. */

poolobj *poolval_int_new(poolval_space *space, int64_t number);
/* The number of an int or bool. 0, or -1; POOLVAL_ERR_OVERFLOW beyond 64 bits. */
int poolval_int_get(poolval_space *space, const poolobj *value, int64_t *number);

/* Arithmetic of ints and bools. POOLVAL_ERR_VALUE for division by 0. Quotients are rounded down,
   and the remainder has the sign of b. */
poolobj *poolval_int_add(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_int_subtract(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_int_multiply(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_int_divide(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_int_modulo(poolval_space *space, const poolobj *a, const poolobj *b);

/* Operations on the bits of ints and bools, in two's complement without an end. Shifts to the right
   round down; shifts by less than 0 fail with POOLVAL_ERR_VALUE. */
poolobj *poolval_int_and(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_int_or(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_int_xor(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_int_invert(poolval_space *space, const poolobj *value);
poolobj *poolval_int_shift_left(poolval_space *space, const poolobj *a, const poolobj *bits);
poolobj *poolval_int_shift_right(poolval_space *space, const poolobj *a, const poolobj *bits);
/* Bits of the magnitude: 0 for 0, 3 for 7 and -7; -1: failed. */
ptrdiff_t poolval_int_bits(poolval_space *space, const poolobj *value);
/* An int from `size` bytes of text, as Python's int(text, base): white space around, a sign, digits
   with single underscores between, and 0x, 0o, 0b where the base has one. Bases 2 to 36; 0: what
   the text says. POOLVAL_ERR_VALUE for all else. The time grows with the square of the size, as in
   the other direction. */
poolobj *poolval_int_parse(poolval_space *space, const char *text, size_t size, int base);
/* A string with the digits, a to z above 9, and a minus where it is due. Bases 2 to 36;
   POOLVAL_ERR_VALUE for others. */
poolobj *poolval_int_text(poolval_space *space, const poolobj *value, int base);

/* ---- Floats: immutable ---- */

poolobj *poolval_float_new(poolval_space *space, double number);
/* The number of a float. 0, or -1. */
int poolval_float_get(poolval_space *space, const poolobj *value, double *number);
/* A float from `size` bytes of text, as Python's float(text), whatever the locale is: what
   poolval_repr writes is read back as the same float. POOLVAL_ERR_VALUE for what is no number. */
poolobj *poolval_float_parse(poolval_space *space, const char *text, size_t size);

/* ---- Numbers: ints, bools and floats, also mixed, as in Python ----
 * An int beside a float becomes the nearest float, POOLVAL_ERR_OVERFLOW if that is none. Two ints
 * give an int, but for poolval_divide and powers below 0, which give the nearest float. */

poolobj *poolval_add(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_subtract(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_multiply(poolval_space *space, const poolobj *a, const poolobj *b);
/* Divides; POOLVAL_ERR_VALUE if b is 0. */
poolobj *poolval_divide(poolval_space *space, const poolobj *a, const poolobj *b);
/* Quotient rounded down, and remainder, of the sign of b. POOLVAL_ERR_VALUE if b is 0. */
poolobj *poolval_floor_divide(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_modulo(poolval_space *space, const poolobj *a, const poolobj *b);
/* a to the power of b; where a float takes part, and where b is below 0, by the option `power`:
   POOLVAL_ERR_VALUE without it, and for 0 to a power below 0. */
poolobj *poolval_power(poolval_space *space, const poolobj *a, const poolobj *b);
poolobj *poolval_negate(poolval_space *space, const poolobj *value);
poolobj *poolval_absolute(poolval_space *space, const poolobj *value);
/* The nearest float of a number, and the int before its point: POOLVAL_ERR_VALUE for nan,
   POOLVAL_ERR_OVERFLOW for infinity. */
poolobj *poolval_float_of(poolval_space *space, const poolobj *value);
poolobj *poolval_int_of(poolval_space *space, const poolobj *value);
/* A number as the nearest double. 0, or -1. */
int poolval_number_get(poolval_space *space, const poolobj *value, double *number);

#ifdef __cplusplus
}
#endif

#endif
