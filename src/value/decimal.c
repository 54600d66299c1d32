/* SPDX-License-Identifier: MIT */
#include "value/decimal.h"

#include <float.h>
#include <math.h> /* signbit alone: nothing that needs libm */
#include <stdio.h>
#include <stdlib.h>

/* ---- Writing ---- */

/* A float as 0.d1d2d3... times ten to the power of `point`. */
struct decimal {
    char digits[FLOAT_TEXT_SIZE];
    int count, point;
};

/* Whether the decimal is read back as the number. It is written without a point, which is the
   locale's. */
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

static char *put_characters(char *to, const char *text, int count) {
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
    to = put_characters(to, decimal->digits, from_digits);
    to = put_zeros(to, whole > 0 ? whole - from_digits : 1);
    *to++ = '.';
    to = put_zeros(to, -decimal->point);
    if (decimal->count == from_digits) return put_zeros(to, 1);
    return put_characters(to, decimal->digits + from_digits, decimal->count - from_digits);
}

/* 1e+16, 1.5e-07 */
static char *put_scientific(char *to, const struct decimal *decimal) {
    *to++ = decimal->digits[0];
    if (decimal->count > 1) *to++ = '.';
    to = put_characters(to, decimal->digits + 1, decimal->count - 1);
    return to + sprintf(to, "e%c%02d", decimal->point > 0 ? '+' : '-', abs(decimal->point - 1));
}

/* From where on Python writes an exponent. */
enum { POINT_LEAST = -3, POINT_MOST = 16 };

void decimal_write(double number, char text[FLOAT_TEXT_SIZE]) {
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

/* ---- Reading ---- */

/* What is handed to strtod: all digits as a whole number and an exponent, as the point is the
   locale's. An exponent with too many digits is as good as the largest. */
struct reading {
    char *to;
    size_t digits;
    int64_t exponent;
};

enum { EXPONENT_MOST = 1000000000 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Digits with single underscores between them; returns where they end, NULL if one is out of place.
 */
static const char *read_decimal_digits(const char *at, const char *end, struct reading *reading,
                                       bool behind_point) {
    const char *start = at;
    for (; at < end && (is_digit(*at) || *at == '_'); at++) {
        if (*at == '_') {
            if (at == start || at + 1 == end || !is_digit(at[1])) return NULL;
            continue;
        }
        *reading->to++ = *at;
        reading->digits++;
        reading->exponent -= behind_point;
    }
    return at;
}

static const char *read_exponent(const char *at, const char *end, int64_t *exponent) {
    int64_t all = 0;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end || !is_digit(*at)) return NULL;
    for (; at < end && (is_digit(*at) || *at == '_'); at++) {
        if (*at == '_' && (at + 1 == end || !is_digit(at[1]))) return NULL;
        if (*at != '_' && all < EXPONENT_MOST) all = all * 10 + (*at - '0');
    }
    *exponent += negative ? -all : all;
    return at;
}

static bool read_plain(const char *at, const char *end, char *buffer, double *number) {
    struct reading reading = {buffer, 0, 0};
    at = read_decimal_digits(at, end, &reading, false);
    if (at != NULL && at < end && *at == '.') at = read_decimal_digits(at + 1, end, &reading, true);
    if (at == NULL || reading.digits == 0) return false;
    if (at < end && (*at | 0x20) == 'e') at = read_exponent(at + 1, end, &reading.exponent);
    if (at != end) return false;
    snprintf(reading.to, FLOAT_TEXT_SIZE, "e%lld", (long long)reading.exponent);
    *number = strtod(buffer, NULL);
    return true;
}

/* Whether a text is this name, in capitals or not. */
static bool is_name(const char *at, const char *end, const char *name) {
    for (; at < end && *name != '\0'; at++, name++)
        if ((*at | 0x20) != *name) return false;
    return at == end && *name == '\0';
}

enum decimal_fault decimal_read(const char *text, size_t size, double *number) {
    char few[128], *buffer = few;
    const char *at = text, *end = text + size;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    bool good = true;
    if (is_name(at, end, "inf") || is_name(at, end, "infinity")) {
        *number = (double)__builtin_inf();
    } else if (is_name(at, end, "nan")) {
        *number = (double)__builtin_nan("");
    } else {
        if (size + FLOAT_TEXT_SIZE > sizeof few) buffer = (char *)malloc(size + FLOAT_TEXT_SIZE);
        if (buffer == NULL) return DECIMAL_NO_MEMORY;
        good = read_plain(at, end, buffer, number);
        if (buffer != few) free(buffer);
    }
    if (negative) *number = -*number;
    return good ? DECIMAL_GOOD : DECIMAL_NONE;
}
