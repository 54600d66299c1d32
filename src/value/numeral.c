/* SPDX-License-Identifier: MIT */
/* The functions of poolval.h that turn text into numbers and integers into text. */
#include "value/decimal.h"
#include "value/integer.h"
#include "value/str.h"

/* Text without what is around it. */
struct numeral {
    const char *at, *end;
    bool negative;
};

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static struct numeral trim(const char *text, size_t size) {
    struct numeral numeral = {text, text + size, false};
    while (numeral.at < numeral.end && is_space(*numeral.at)) numeral.at++;
    while (numeral.end > numeral.at && is_space(numeral.end[-1])) numeral.end--;
    return numeral;
}

static void *fail_text(poolval_space *space, const char *what, const char *text, size_t size) {
    return value_fail(space, POOLVAL_ERR_VALUE, "%s is needed, not '%s'", failure_text(what),
                      failure_copy(&space->failure, 0, text, size));
}

/* ---- Integers ---- */

static unsigned digit_of(char c) {
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : 99;
}

/* Passes by 0x, 0o, 0b where the base has one; base 0 becomes what it says, or 10. */
static void read_prefix(struct numeral *numeral, unsigned *base) {
    static const char letters[] = {'x', 'o', 'b'};
    static const unsigned bases[] = {16, 8, 2};
    bool there = numeral->end - numeral->at >= 2 && numeral->at[0] == '0';
    for (size_t i = 0; there && i < sizeof bases / sizeof bases[0]; i++) {
        if ((numeral->at[1] | 0x20) != letters[i] || (*base != 0 && *base != bases[i])) continue;
        *base = bases[i];
        numeral->at += 2;
        if (numeral->at < numeral->end && *numeral->at == '_') numeral->at++;
        return;
    }
    if (*base != 0) return;
    *base = 10; /* where a 0 in front would be another language's octal */
    for (const char *at = numeral->at; there && at < numeral->end; at++)
        if (*at != '0' && *at != '_') numeral->end = numeral->at; /* no digits: refused */
}

static bool digits_are_good(const struct numeral *numeral, unsigned base) {
    if (numeral->at == numeral->end) return false;
    for (const char *at = numeral->at; at < numeral->end; at++) {
        bool alone = at > numeral->at && at + 1 < numeral->end && at[1] != '_';
        if (*at == '_' ? !alone : digit_of(*at) >= base) return false;
    }
    return true;
}

poolobj *poolval_int_parse(poolval_space *space, const char *text, size_t size, int wanted) {
    if (text == NULL) return (poolobj *)value_fail_type(space, "text", NULL);
    if (size > STR_LENGTH_MAX) return (poolobj *)str_fail_length(space, size);
    if (wanted != 0 && (wanted < 2 || wanted > 36))
        return (poolobj *)value_fail(space, POOLVAL_ERR_VALUE, "%d is no base", (uint64_t)wanted,
                                     0);
    struct numeral numeral = trim(text, size);
    unsigned base = (unsigned)wanted;
    if (numeral.at < numeral.end && (*numeral.at == '-' || *numeral.at == '+'))
        numeral.negative = *numeral.at++ == '-';
    read_prefix(&numeral, &base);
    if (!digits_are_good(&numeral, base)) return (poolobj *)fail_text(space, "an int", text, size);
    return integer_parse(space, numeral.at, (size_t)(numeral.end - numeral.at), base,
                         numeral.negative);
}

poolobj *poolval_int_text(poolval_space *space, const poolobj *value, int base) {
    struct integer view;
    if (!value_require_own(space, value)) return NULL;
    if (!integer_view(space, value, &view))
        return (poolobj *)value_fail_type(space, "an int", value);
    if (base < 2 || base > 36)
        return (poolobj *)value_fail(space, POOLVAL_ERR_VALUE, "%d is no base", (uint64_t)base, 0);
    char *text = integer_text(space, &view, (unsigned)base);
    if (text == NULL) return NULL;
    poolobj *str = str_new_chars(space, text, 0, strlen(text));
    value_free(text);
    return str;
}

/* ---- Floats ---- */

poolobj *poolval_float_parse(poolval_space *space, const char *text, size_t size) {
    double number;
    if (text == NULL) return (poolobj *)value_fail_type(space, "text", NULL);
    if (size > STR_LENGTH_MAX) return (poolobj *)str_fail_length(space, size);
    struct numeral numeral = trim(text, size);
    switch (decimal_read(numeral.at, (size_t)(numeral.end - numeral.at), &number)) {
    case DECIMAL_GOOD:
        return poolval_float_new(space, number);
    case DECIMAL_NO_MEMORY:
        return (poolobj *)value_fail_memory(space);
    default:
        return (poolobj *)fail_text(space, "a float", text, size);
    }
}
