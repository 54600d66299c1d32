/* SPDX-License-Identifier: MIT */
/* Floats in fields: by digits after the point, by digits in all, with an exponent. */
#include <float.h>
#include <math.h> /* signbit and isfinite alone: nothing that needs libm */
#include <stdio.h>
#include <stdlib.h>

#include "value/decimal.h"
#include "value/format.h"

/* What snprintf wrote, with the locale's point as a dot. */
static void set_point(char *text) {
    char *point = text;
    while (*point >= '0' && *point <= '9') point++;
    if (*point == '\0' || *point == 'e') return;
    char *behind = point + 1;
    while (*behind != '\0' && *behind != 'e' && !(*behind >= '0' && *behind <= '9')) behind++;
    *point = '.';
    memmove(point + 1, behind, strlen(behind) + 1);
}

/* Room for any double with so many digits after the point. */
static size_t room_for(int32_t precision) { return (size_t)precision + DBL_MAX_10_EXP + 16; }

static void drop_zeros(char *text) {
    char *end = text + strlen(text);
    if (strchr(text, '.') == NULL) return;
    while (end[-1] == '0') end--;
    if (end[-1] == '.') end--;
    *end = '\0';
}

/* A point behind the digits, if there is none. */
static void add_point(char *text) {
    if (strchr(text, '.') != NULL) return;
    char *end = text + strcspn(text, "e");
    memmove(end + 1, end, strlen(end) + 1);
    *end = '.';
}

/* d.ddde+XX as digits with the point elsewhere: `digits` of them in all. */
static void write_general(char *text, size_t room, double number, const struct format *format) {
    int digits = format->precision < 0 ? 6 : format->precision > 0 ? format->precision : 1;
    bool dotted = format->type == 0; /* shows that it is a float, and has an exponent earlier */
    snprintf(text, room, "%.*e", digits - 1, number);
    int exponent = atoi(strchr(text, 'e') + 1);
    if (exponent >= -4 && exponent < digits - dotted) {
        snprintf(text, room, "%.*f", digits - 1 - exponent, number);
        set_point(text);
        if (!format->alternate) drop_zeros(text);
        if (strchr(text, '.') == NULL && (dotted || format->alternate))
            strcat(text, dotted ? ".0" : ".");
        return;
    }
    set_point(text);
    char *tail = strchr(text, 'e'), behind[16];
    strcpy(behind, tail);
    *tail = '\0';
    if (!format->alternate) drop_zeros(text);
    strcat(text, behind);
    if (format->alternate) add_point(text);
}

static void write_fixed(char *text, size_t room, double number, const struct format *format,
                        bool exponent) {
    int precision = format->precision < 0 ? 6 : format->precision;
    snprintf(text, room, exponent ? "%.*e" : "%.*f", precision, number);
    set_point(text);
    if (format->alternate) add_point(text);
}

/* Without a letter and a precision, a number has as many digits as tell it from all others. */
static void write_shortest(char *text, double number, const struct format *format) {
    decimal_write(number, text);
    if (format->alternate) add_point(text);
}

static void raise(char *text) {
    for (; *text != '\0'; text++)
        if (*text >= 'a' && *text <= 'z') *text -= 'a' - 'A';
}

/* Writes a number that is not negative. */
static void write_magnitude(char *text, size_t room, double number, const struct format *format) {
    char kind = format->type | 0x20;
    if (number != number || number > DBL_MAX)
        strcpy(text, number != number ? "nan" : "inf");
    else if (format->type == 0 && format->precision < 0)
        write_shortest(text, number, format);
    else if (format->type == 0 || kind == 'g')
        write_general(text, room, number, format);
    else
        write_fixed(text, room, number, format, kind == 'e');
    if (format->type == 'E' || format->type == 'F' || format->type == 'G') raise(text);
    if (format->type == '%') strcat(text, "%");
}

void format_write_real(struct writer *writer, double number, const struct format *format) {
    bool negative = signbit(number) && number == number;
    size_t room = room_for(format->precision < 6 ? 6 : format->precision) + FLOAT_TEXT_SIZE;
    char *text = (char *)value_allocate(writer->space, room);
    if (text == NULL) {
        writer_fail(writer);
        return;
    }
    if (format->type == '%') number *= 100;
    write_magnitude(text, room, negative ? -number : number, format);
    size_t count = strspn(text, "0123456789");
    struct format_number parts = {"", text, count, text + count};
    parts.prefix[0] = (char)(negative ? '-' : format->sign != '-' ? format->sign : 0);
    format_write_number(writer, format, &parts);
    value_free(text);
}
