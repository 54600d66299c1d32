/* SPDX-License-Identifier: MIT */
/* Numbers of all kinds beside each other: exactly, though a double has but 53 bits of an integer.
 */
#include "value/integer.h"

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

static enum number_order turned(enum number_order order) {
    return order == NUMBER_UNORDERED ? order : (enum number_order) - (int)order;
}

/* One of them is beyond 64 bits. */
static enum number_order compare_large(const poolval_space *space, const poolobj *a,
                                       const poolobj *b) {
    struct integer x, y;
    bool a_int = integer_view(space, a, &x), b_int = integer_view(space, b, &y);
    if (a_int && b_int) return (enum number_order)integer_compare(&x, &y);
    if (a_int) return integer_compare_double(&x, ((const struct value_float *)b)->number);
    return turned(integer_compare_double(&y, ((const struct value_float *)a)->number));
}

enum number_order number_compare(const poolval_space *space, const poolobj *a, const poolobj *b) {
    int64_t x = 0, y = 0;
    bool a_int = number_int_of(space, a, &x), b_int = number_int_of(space, b, &y);
    if (a_int && b_int) return compare_ints(x, y);
    if (value_is(space, a, POOLVAL_LARGE_INT) || value_is(space, b, POOLVAL_LARGE_INT))
        return compare_large(space, a, b);
    double f = a_int ? 0 : ((const struct value_float *)a)->number;
    double g = b_int ? 0 : ((const struct value_float *)b)->number;
    if (a_int) return compare_mixed(x, g);
    if (!b_int) return compare_floats(f, g);
    return turned(compare_mixed(y, f));
}

/* Floats that are whole are hashed as the integer that they equal; nan by its address, as it equals
   nothing but itself. */
uint64_t number_hash(const poolval_space *space, const poolobj *value) {
    int64_t number;
    struct integer view;
    if (number_int_of(space, value, &number)) return hash_word(&space->key, (uint64_t)number);
    if (integer_view(space, value, &view)) return integer_hash(space, &view);
    double real = ((const struct value_float *)value)->number;
    if (real != real) return hash_address(&space->key, value);
    if (real >= -TWO_63 && real < TWO_63 && real == (double)(int64_t)real)
        return hash_word(&space->key, (uint64_t)(int64_t)real);
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    return hash_mix(&space->key, 1, bits); /* not that of the integer with these bits */
}
