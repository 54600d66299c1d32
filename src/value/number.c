/* SPDX-License-Identifier: MIT */
#include "value/number.h"

#include <float.h>
#include <math.h> /* signbit alone: nothing that needs libm */
#include <stdio.h>
#include <stdlib.h>

/* ---- Making ---- */

static poolobj *new_int(poolval_space *space, int64_t number) {
    struct value_int *value =
        (struct value_int *)value_new(space, POOLVAL_INT, sizeof(struct value_int));
    if (unlikely(value == NULL)) return NULL;
    value->number = number;
    return &value->base;
}

bool number_make_small(poolval_space *space, int64_t min, int64_t max) {
    if (min > max) return true;
    uint64_t count = (uint64_t)max - (uint64_t)min + 1;
    space->small_int = (poolobj **)value_allocate(space, count * sizeof space->small_int[0]);
    if (space->small_int == NULL) return false;
    for (uint64_t i = 0; i < count; i++) {
        poolobj *value = new_int(space, min + (int64_t)i);
        if (value == NULL) return false;
        poolobj_immortal(value);
        space->small_int[i] = value;
    }
    space->small_min = min;
    space->small_count = count;
    return true;
}

poolobj *number_new_int(poolval_space *space, int64_t number) {
    uint64_t index = (uint64_t)number - (uint64_t)space->small_min;
    if (index < space->small_count) return space->small_int[index];
    return new_int(space, number);
}

poolobj *poolval_int_new(poolval_space *space, int64_t number) {
    return number_new_int(space, number);
}

poolobj *poolval_float_new(poolval_space *space, double number) {
    struct value_float *value =
        (struct value_float *)value_new(space, POOLVAL_FLOAT, sizeof(struct value_float));
    if (unlikely(value == NULL)) return NULL;
    value->number = number;
    return &value->base;
}

int poolval_int_get(poolval_space *space, const poolobj *value, int64_t *number) {
    if (likely(number_int_of(space, value, number))) return 0;
    value_fail_type(space, "an int", value);
    return -1;
}

int poolval_float_get(poolval_space *space, const poolobj *value, double *number) {
    if (!value_require(space, value, POOLVAL_FLOAT, "a float")) return -1;
    *number = ((const struct value_float *)value)->number;
    return 0;
}

poolobj *poolval_bool(const poolval_space *space, int truth) { return space->boolean[truth != 0]; }

/* ---- Arithmetic ---- */

static bool operands(poolval_space *space, const poolobj *a, const poolobj *b, int64_t *x,
                     int64_t *y) {
    return poolval_int_get(space, a, x) == 0 && poolval_int_get(space, b, y) == 0;
}

static void *fail_overflow(poolval_space *space, int64_t x, const char *sign, int64_t y) {
    space->failure.word[2] = (uint64_t)y;
    return value_fail(space, POOLVAL_ERR_OVERFLOW, "%d %s %d is beyond 64 bits", (uint64_t)x,
                      failure_text(sign));
}

poolobj *poolval_int_add(poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x, y, result;
    if (!operands(space, a, b, &x, &y)) return NULL;
    if (__builtin_add_overflow(x, y, &result)) return (poolobj *)fail_overflow(space, x, "+", y);
    return number_new_int(space, result);
}

poolobj *poolval_int_subtract(poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x, y, result;
    if (!operands(space, a, b, &x, &y)) return NULL;
    if (__builtin_sub_overflow(x, y, &result)) return (poolobj *)fail_overflow(space, x, "-", y);
    return number_new_int(space, result);
}

poolobj *poolval_int_multiply(poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x, y, result;
    if (!operands(space, a, b, &x, &y)) return NULL;
    if (__builtin_mul_overflow(x, y, &result)) return (poolobj *)fail_overflow(space, x, "*", y);
    return number_new_int(space, result);
}

static bool divisor_is_good(poolval_space *space, int64_t x, int64_t y) {
    if (y != 0) return true;
    value_fail(space, POOLVAL_ERR_VALUE, "division of %d by zero", (uint64_t)x, 0);
    return false;
}

/* Rounds down: C rounds to zero, which differs if the signs do and something is left. */
poolobj *poolval_int_divide(poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x, y;
    if (!operands(space, a, b, &x, &y) || !divisor_is_good(space, x, y)) return NULL;
    if (x == INT64_MIN && y == -1) return (poolobj *)fail_overflow(space, x, "/", y);
    return number_new_int(space, x / y - (x % y != 0 && (x < 0) != (y < 0)));
}

poolobj *poolval_int_modulo(poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x, y;
    if (!operands(space, a, b, &x, &y) || !divisor_is_good(space, x, y)) return NULL;
    int64_t left = y == -1 ? 0 : x % y; /* INT64_MIN % -1 has no quotient */
    return number_new_int(space, left != 0 && (x < 0) != (y < 0) ? left + y : left);
}

/* ---- Comparing: exactly, though a double has but 53 bits of a 64-bit integer ---- */

static const double TWO_63 = 9223372036854775808.0;

static enum number_order compare_ints(int64_t a, int64_t b) {
    return (enum number_order)((a > b) - (a < b));
}

static enum number_order compare_floats(double a, double b) {
    if (a != a || b != b) return NUMBER_UNORDERED;
    return (enum number_order)((a > b) - (a < b));
}

static enum number_order compare_mixed(int64_t a, double b) {
    if (b != b) return NUMBER_UNORDERED;
    if (b >= TWO_63) return NUMBER_LESS;
    if (b < -TWO_63) return NUMBER_GREATER;
    enum number_order order = compare_ints(a, (int64_t)b); /* the part before the point */
    return order != NUMBER_EQUAL ? order : compare_floats(0, b - (double)(int64_t)b);
}

enum number_order number_compare(const poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x, y;
    bool a_int = number_int_of(space, a, &x), b_int = number_int_of(space, b, &y);
    if (a_int && b_int) return compare_ints(x, y);
    double f = a_int ? 0 : ((const struct value_float *)a)->number;
    double g = b_int ? 0 : ((const struct value_float *)b)->number;
    if (a_int) return compare_mixed(x, g);
    if (!b_int) return compare_floats(f, g);
    enum number_order order = compare_mixed(y, f);
    return order == NUMBER_UNORDERED ? order : (enum number_order) - (int)order;
}

/* Floats that are whole are hashed as the integer that they equal; nan by its address, as it equals
   nothing but itself. */
uint64_t number_hash(const poolval_space *space, const poolobj *value) {
    int64_t number;
    if (number_int_of(space, value, &number)) return hash_word(&space->key, (uint64_t)number);
    double real = ((const struct value_float *)value)->number;
    if (real != real) return hash_address(&space->key, value);
    if (real >= -TWO_63 && real < TWO_63 && real == (double)(int64_t)real)
        return hash_word(&space->key, (uint64_t)(int64_t)real);
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    return hash_mix(&space->key, 1, bits); /* not that of the integer with these bits */
}

/* ---- Text of floats ---- */

/* A float as 0.d1d2d3... times ten to the power of `point`. */
struct decimal {
    char digits[FLOAT_TEXT_SIZE];
    int count, point;
};

/* Written without a point, which is the locale's. */
static bool reads_as(const struct decimal *decimal, double number) {
    char text[2 * FLOAT_TEXT_SIZE];
    snprintf(text, sizeof text, "%.*se%d", decimal->count, decimal->digits,
             decimal->point - decimal->count);
    return strtod(text, NULL) == number;
}

static void strip_zeros(struct decimal *decimal) {
    while (decimal->count > 1 && decimal->digits[decimal->count - 1] == '0') decimal->count--;
}

/* The nearest decimal of so many digits. */
static struct decimal round_to(double number, int count) {
    char text[FLOAT_TEXT_SIZE], *end = text;
    struct decimal decimal = {{0}, 0, 0};
    snprintf(text, sizeof text, "%.*e", count - 1, number);
    for (; *end != 'e'; end++)
        if (*end >= '0' && *end <= '9') decimal.digits[decimal.count++] = *end;
    decimal.point = atoi(end + 1) + 1;
    return decimal;
}

/* The next decimal of as many digits, with the carry of a 9 as a 0. */
static void step_up(struct decimal *decimal) {
    int i = decimal->count - 1;
    for (; i >= 0 && decimal->digits[i] == '9'; i--) decimal->digits[i] = '0';
    if (i >= 0) {
        decimal->digits[i]++;
    } else {
        decimal->digits[0] = '1';
        decimal->point++;
    }
}

/* Any decimal of DBL_DIG digits survives as a normal float, so the fewest digits are found by
   rounding to those and leaving out zeros; a subnormal has less of them to offer. Below a power of
   two floats are half as far apart as above: the nearest decimal may be another float's, and the
   next still its own. */
static struct decimal shortest(double number) {
    int count = number < DBL_MIN ? 1 : DBL_DIG;
    for (;; count++) {
        struct decimal decimal = round_to(number, count);
        bool found = count >= DBL_DECIMAL_DIG || reads_as(&decimal, number);
        if (!found) {
            step_up(&decimal);
            found = reads_as(&decimal, number);
        }
        strip_zeros(&decimal);
        if (found) return decimal;
    }
}

static char *put(char *to, const char *text, int count) {
    memcpy(to, text, (size_t)count);
    return to + count;
}
static char *put_zeros(char *to, int count) {
    for (; count > 0; count--) *to++ = '0';
    return to;
}

/* 0.00012, 1230.0, 12.3 */
static char *put_plain(char *to, const struct decimal *decimal) {
    int whole = decimal->point < 0 ? 0 : decimal->point;
    int from_digits = decimal->count < whole ? decimal->count : whole;
    to = put(to, decimal->digits, from_digits);
    to = put_zeros(to, whole > 0 ? whole - from_digits : 1);
    *to++ = '.';
    to = put_zeros(to, -decimal->point);
    if (decimal->count == from_digits) return put_zeros(to, 1);
    return put(to, decimal->digits + from_digits, decimal->count - from_digits);
}

/* 1e+16, 1.5e-07 */
static char *put_scientific(char *to, const struct decimal *decimal) {
    *to++ = decimal->digits[0];
    if (decimal->count > 1) *to++ = '.';
    to = put(to, decimal->digits + 1, decimal->count - 1);
    return to + sprintf(to, "e%c%02d", decimal->point > 0 ? '+' : '-', abs(decimal->point - 1));
}

/* From where on Python writes an exponent. */
enum { POINT_LEAST = -3, POINT_MOST = 16 };

void number_float_text(double number, char text[FLOAT_TEXT_SIZE]) {
    if (number != number) {
        strcpy(text, "nan");
        return;
    }
    if (signbit(number)) *text++ = '-';
    if (number < 0) number = -number;
    if (number > DBL_MAX) {
        strcpy(text, "inf");
        return;
    }
    struct decimal decimal = shortest(number);
    if (number == 0) decimal.point = 1;
    bool plain = decimal.point >= POINT_LEAST && decimal.point <= POINT_MOST;
    *(plain ? put_plain(text, &decimal) : put_scientific(text, &decimal)) = '\0';
}
