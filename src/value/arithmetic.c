/* SPDX-License-Identifier: MIT */
/* The functions of poolval.h that reckon: with integers of any size, with floats, and with both. */
#include <float.h>
#include <math.h> /* signbit, isfinite and ldexp alone, which libc has: nothing needs libm */

#include "value/integer.h"

/* ---- Integers ---- */

static void *fail_division(poolval_space *space) {
    return value_fail(space, POOLVAL_ERR_VALUE, "division by zero", 0, 0);
}

/* False: one is no integer, with the failure noted. */
static bool view_both(poolval_space *space, const poolobj *a, const poolobj *b, struct integer *x,
                      struct integer *y) {
    if (!value_require_own(space, a) || !value_require_own(space, b)) return false;
    if (!integer_view(space, a, x)) return value_fail_type(space, "an int", a) != NULL;
    if (!integer_view(space, b, y)) return value_fail_type(space, "an int", b) != NULL;
    return true;
}

static NOINLINE poolobj *add_slow(poolval_space *space, const poolobj *a, const poolobj *b,
                                  bool subtract) {
    struct integer x, y;
    return view_both(space, a, b, &x, &y) ? integer_add(space, &x, &y, subtract) : NULL;
}

static NOINLINE poolobj *multiply_slow(poolval_space *space, const poolobj *a, const poolobj *b) {
    struct integer x, y;
    return view_both(space, a, b, &x, &y) ? integer_multiply(space, &x, &y) : NULL;
}

static NOINLINE poolobj *divide_slow(poolval_space *space, const poolobj *a, const poolobj *b,
                                     bool modulo) {
    struct integer x, y;
    poolobj *result = NULL;
    if (!view_both(space, a, b, &x, &y)) return NULL;
    if (y.length == 0) return (poolobj *)fail_division(space);
    integer_divide(space, &x, &y, modulo ? NULL : &result, modulo ? &result : NULL);
    return result;
}

poolobj *poolval_int_add(poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x, y, sum;
    if (likely(number_passes(space, a, &x) && number_passes(space, b, &y) &&
               !__builtin_add_overflow(x, y, &sum)))
        return number_new_int(space, sum);
    return add_slow(space, a, b, false);
}

poolobj *poolval_int_subtract(poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x, y, difference;
    if (likely(number_passes(space, a, &x) && number_passes(space, b, &y) &&
               !__builtin_sub_overflow(x, y, &difference)))
        return number_new_int(space, difference);
    return add_slow(space, a, b, true);
}

poolobj *poolval_int_multiply(poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x, y, product;
    if (likely(number_passes(space, a, &x) && number_passes(space, b, &y) &&
               !__builtin_mul_overflow(x, y, &product)))
        return number_new_int(space, product);
    return multiply_slow(space, a, b);
}

/* Rounds down: C rounds to zero, which differs if the signs do and something is left. */
poolobj *poolval_int_divide(poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x, y;
    if (unlikely(!number_passes(space, a, &x) || !number_passes(space, b, &y) || y == 0 ||
                 (x == INT64_MIN && y == -1)))
        return divide_slow(space, a, b, false);
    return number_new_int(space, x / y - (x % y != 0 && (x < 0) != (y < 0)));
}

poolobj *poolval_int_modulo(poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x, y;
    if (unlikely(!number_passes(space, a, &x) || !number_passes(space, b, &y) || y == 0))
        return divide_slow(space, a, b, true);
    int64_t left = y == -1 ? 0 : x % y; /* INT64_MIN % -1 has no quotient */
    return number_new_int(space, left != 0 && (x < 0) != (y < 0) ? left + y : left);
}

/* ---- Floats ---- */

/* Below 2^52 a double may have something behind the point. */
static double floor_real(double number) {
    if (!(number < 0x1p52 && number > -0x1p52)) return number;
    double whole = (double)(int64_t)number;
    if (whole > number) whole -= 1;
    return whole == 0 && signbit(number) ? -0.0 : whole;
}

static void parts_of(double number, uint64_t *mantissa, int *exponent) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    *exponent = (int)(bits >> 52 & 0x7ff);
    *mantissa = bits & (((uint64_t)1 << 52) - 1);
    if (*exponent > 0)
        *mantissa |= (uint64_t)1 << 52;
    else
        *exponent = 1;
}

/* What is left of |x| / |y|, exactly: C's fmod, which is in libm. Division bit by bit, eleven at a
   time. */
static double left_of(double x, double y) {
    uint64_t a, b;
    int high, low;
    parts_of(x, &a, &high);
    parts_of(y, &b, &low);
    if (high < low) return x < 0 ? -x : x;
    for (a %= b; high > low && a != 0; a %= b) {
        int step = high - low < 11 ? high - low : 11;
        a <<= step;
        high -= step;
    }
    return ldexp((double)a, low - 1075);
}

/* The remainder of Python's divmod: it has the sign of y, and is that of exact reckoning, rounded.
 */
static double modulo_of(double x, double y) {
    if (!isfinite(x) || y != y) return (double)__builtin_nan("");
    double left = !isfinite(y) ? (x < 0 ? -x : x) : left_of(x, y);
    if (signbit(x)) left = -left;
    if (left == 0) return signbit(y) ? -0.0 : 0.0;
    return (left < 0) != (y < 0) ? left + y : left;
}

static double quotient_of(double x, double y) {
    if (!isfinite(x) || y != y) return (double)__builtin_nan("");
    double left = !isfinite(y) ? (x < 0 ? -x : x) : left_of(x, y);
    if (signbit(x)) left = -left;
    double quotient = (x - left) / y;
    if (left != 0 && (left < 0) != (y < 0)) quotient -= 1;
    if (quotient == 0) return signbit(x) != signbit(y) ? -0.0 : 0.0;
    double whole = floor_real(quotient);
    return quotient - whole > 0.5 ? whole + 1 : whole;
}

/* ---- Both ---- */

/* A number as a float. False: the failure is noted. */
static bool double_of(poolval_space *space, const poolobj *value, double *number) {
    struct integer view;
    int64_t whole;
    if (value_is(space, value, POOLVAL_FLOAT)) {
        *number = ((const struct value_float *)value)->number;
        return true;
    }
    if (number_int_of(space, value, &whole)) {
        *number = (double)whole; /* rounded to even as well */
        return true;
    }
    if (!integer_view(space, value, &view)) {
        value_fail_type(space, "an int or float", value);
        return false;
    }
    if (integer_to_double(&view, number)) return true;
    value_fail(space, POOLVAL_ERR_OVERFLOW, "an int beyond all floats", 0, 0);
    return false;
}

static bool is_integer(const poolval_space *space, const poolobj *value) {
    return number_is(space, value) && !value_is(space, value, POOLVAL_FLOAT);
}

/* 1: both are integers; 0: they are *x and *y; -1: failed. */
ALWAYS_INLINE int kind_of(poolval_space *space, const poolobj *a, const poolobj *b, double *x,
                          double *y) {
    if (value_passes(space, a, POOLVAL_FLOAT) && value_passes(space, b, POOLVAL_FLOAT)) {
        *x = ((const struct value_float *)a)->number;
        *y = ((const struct value_float *)b)->number;
        return 0;
    }
    if (value_passes(space, a, POOLVAL_INT) && value_passes(space, b, POOLVAL_INT)) return 1;
    if (!value_require_own(space, a) || !value_require_own(space, b)) return -1;
    if (!value_is(space, a, POOLVAL_FLOAT) && !value_is(space, b, POOLVAL_FLOAT) &&
        number_is(space, a) && number_is(space, b))
        return 1;
    return double_of(space, a, x) && double_of(space, b, y) ? 0 : -1;
}

poolobj *poolval_add(poolval_space *space, const poolobj *a, const poolobj *b) {
    double x, y;
    if (value_passes(space, a, POOLVAL_INT)) {
        if (likely(value_passes(space, b, POOLVAL_INT))) return poolval_int_add(space, a, b);
    }
    int integers = kind_of(space, a, b, &x, &y);
    if (integers != 0) return integers > 0 ? poolval_int_add(space, a, b) : NULL;
    return poolval_float_new(space, x + y);
}

poolobj *poolval_subtract(poolval_space *space, const poolobj *a, const poolobj *b) {
    double x, y;
    int integers = kind_of(space, a, b, &x, &y);
    if (integers != 0) return integers > 0 ? poolval_int_subtract(space, a, b) : NULL;
    return poolval_float_new(space, x - y);
}

poolobj *poolval_multiply(poolval_space *space, const poolobj *a, const poolobj *b) {
    double x, y;
    int integers = kind_of(space, a, b, &x, &y);
    if (integers != 0) return integers > 0 ? poolval_int_multiply(space, a, b) : NULL;
    return poolval_float_new(space, x * y);
}

poolobj *poolval_floor_divide(poolval_space *space, const poolobj *a, const poolobj *b) {
    double x, y;
    int integers = kind_of(space, a, b, &x, &y);
    if (integers != 0) return integers > 0 ? poolval_int_divide(space, a, b) : NULL;
    return y != 0 ? poolval_float_new(space, quotient_of(x, y)) : (poolobj *)fail_division(space);
}

poolobj *poolval_modulo(poolval_space *space, const poolobj *a, const poolobj *b) {
    double x, y;
    int integers = kind_of(space, a, b, &x, &y);
    if (integers != 0) return integers > 0 ? poolval_int_modulo(space, a, b) : NULL;
    return y != 0 ? poolval_float_new(space, modulo_of(x, y)) : (poolobj *)fail_division(space);
}

/* Integers up to 2^53 are doubles, whose quotient is rounded once. */
static bool ratio(poolval_space *space, const poolobj *a, const poolobj *b, double *result) {
    const int64_t exact = (int64_t)1 << DBL_MANT_DIG;
    int64_t x, y;
    struct integer m, n;
    bool small = number_int_of(space, a, &x) && number_int_of(space, b, &y) && x <= exact &&
                 x >= -exact && y <= exact && y >= -exact;
    if (small && y != 0) *result = (double)x / (double)y;
    if (small && y != 0) return true;
    if (!view_both(space, a, b, &m, &n)) return false;
    return n.length > 0 ? integer_ratio(space, &m, &n, result) : fail_division(space) != NULL;
}

poolobj *poolval_divide(poolval_space *space, const poolobj *a, const poolobj *b) {
    double x, y;
    int integers = kind_of(space, a, b, &x, &y);
    if (integers < 0) return NULL;
    if (integers == 0 && y == 0) return (poolobj *)fail_division(space);
    if (integers == 0) return poolval_float_new(space, x / y);
    return ratio(space, a, b, &x) ? poolval_float_new(space, x) : NULL;
}

static NOINLINE poolobj *negate_slow(poolval_space *space, const poolobj *value) {
    double number;
    if (!value_require_own(space, value)) return NULL;
    if (is_integer(space, value)) return poolval_int_subtract(space, space->boolean[0], value);
    return double_of(space, value, &number) ? poolval_float_new(space, -number) : NULL;
}

poolobj *poolval_negate(poolval_space *space, const poolobj *value) {
    if (value_passes(space, value, POOLVAL_FLOAT))
        return poolval_float_new(space, -((const struct value_float *)value)->number);
    return negate_slow(space, value);
}

poolobj *poolval_absolute(poolval_space *space, const poolobj *value) {
    double number;
    struct integer view;
    if (!value_require_own(space, value)) return NULL;
    if (integer_view(space, value, &view))
        return view.negative ? poolval_negate(space, value)
                             : poolval_int_add(space, value, space->boolean[0]);
    if (!double_of(space, value, &number)) return NULL;
    return poolval_float_new(space, signbit(number) ? -number : number);
}

/* ---- Powers ---- */

/* Squares and products, from the highest bit of the exponent on. */
static poolobj *power_of(poolval_space *space, const poolobj *base, uint64_t exponent) {
    poolobj *result = poolval_int_new(space, 1);
    for (int bit = 63; result != NULL && bit >= 0; bit--) {
        if (exponent >> bit == 0) continue;
        poolobj *square = poolval_int_multiply(space, result, result), *next = square;
        if (square != NULL && (exponent >> bit & 1)) {
            next = poolval_int_multiply(space, square, base);
            value_unref(square);
        }
        value_unref(result);
        result = next;
    }
    return result;
}

/* What the result would take is known before it is begun. */
static poolobj *int_power(poolval_space *space, const poolobj *a, const poolobj *b) {
    struct integer base, exponent;
    if (!view_both(space, a, b, &base, &exponent)) return NULL;
    size_t bits = limbs_bits(base.limb, base.length), all;
    if (bits <= 1) {
        bool odd = exponent.length > 0 && (exponent.limb[0] & 1);
        if (exponent.length == 0) return poolval_int_new(space, 1);
        return poolval_int_new(space, bits == 0 ? 0 : base.negative && odd ? -1 : 1);
    }
    uint64_t times = exponent.limb[0]; /* one beyond 64 bits with a sign has a word, too */
    if (exponent.length > 1 || __builtin_mul_overflow(bits - 1, times, &all) ||
        all / LIMB_BITS > INTEGER_LENGTH_MAX)
        return (poolobj *)value_fail(space, POOLVAL_ERR_OVERFLOW, "a power beyond memory", 0, 0);
    return power_of(space, a, times);
}

poolobj *poolval_power(poolval_space *space, const poolobj *a, const poolobj *b) {
    double x, y;
    struct integer exponent;
    int integers = kind_of(space, a, b, &x, &y);
    if (integers < 0) return NULL;
    if (integers > 0) {
        if (!integer_view(space, b, &exponent) || !exponent.negative) return int_power(space, a, b);
        if (!double_of(space, a, &x) || !double_of(space, b, &y)) return NULL;
    }
    if (space->power == NULL)
        return (poolobj *)value_fail(space, POOLVAL_ERR_VALUE,
                                     "powers of floats need the option `power`: libm's pow", 0, 0);
    if (x == 0 && y < 0) return (poolobj *)fail_division(space);
    return poolval_float_new(space, space->power(x, y));
}

/* ---- Conversions ---- */

poolobj *poolval_float_of(poolval_space *space, const poolobj *value) {
    double number;
    if (!value_require_own(space, value)) return NULL;
    return double_of(space, value, &number) ? poolval_float_new(space, number) : NULL;
}

poolobj *poolval_int_of(poolval_space *space, const poolobj *value) {
    double number;
    if (!value_require_own(space, value)) return NULL;
    if (is_integer(space, value)) return poolval_int_add(space, value, space->boolean[0]);
    if (!double_of(space, value, &number)) return NULL;
    if (isfinite(number)) return integer_from_double(space, number);
    return (poolobj *)value_fail(space, number != number ? POOLVAL_ERR_VALUE : POOLVAL_ERR_OVERFLOW,
                                 "no int is %s",
                                 failure_text(number != number ? "nan" : "infinite"), 0);
}

int poolval_number_get(poolval_space *space, const poolobj *value, double *number) {
    return value_require_own(space, value) && double_of(space, value, number) ? 0 : -1;
}
