/* SPDX-License-Identifier: MIT */
/*
 * format.h - how a value is written in a field: [[fill]align][sign][#][0][width][grouping]
 * [.precision][type], as Python has it.
 */
#ifndef POOLALLOC_VALUE_FORMAT_H
#define POOLALLOC_VALUE_FORMAT_H

#include "value/writer.h"

struct format {
    uint32_t fill;
    char align;     /* '<', '>', '^', '=': between sign and digits; 0: by type */
    char sign;      /* '-', '+', ' ', or 0 */
    bool zeros;     /* numbers are as with '=' */
    bool alternate; /* # */
    char grouping;  /* ',', '_' or 0 */
    uint32_t width;
    int32_t precision; /* -1: none */
    char type;         /* 0: none */
    bool is_empty;     /* nothing of this was said */
};

/* Text of a number in parts, of ASCII. */
struct format_number {
    char prefix[4];     /* the sign and what says the base */
    const char *digits; /* before the point */
    size_t count;
    const char *rest; /* from the point on */
};

#ifdef __cplusplus
extern "C" {
#endif

/* False: no specification, with the failure noted. */
bool format_read(poolval_space *space, const struct value_str *spec, size_t start, size_t stop,
                 struct format *format);
/* Writes a value as the format says; where that does not go, the writer fails. */
void format_write(struct writer *writer, poolobj *value, const struct format *format);
/* Writes the parts of a number: sign, zeros, groups, width. */
void format_write_number(struct writer *writer, const struct format *format,
                         const struct format_number *number);
/* Writes a float. */
void format_write_real(struct writer *writer, double number, const struct format *format);
/* "the format 'd' does not go with str". */
void format_fail(struct writer *writer, const struct format *format, const poolobj *value);

#ifdef __cplusplus
}
#endif

#endif
