/* SPDX-License-Identifier: MIT */
#include "value/format.h"

#include "value/integer.h"
#include "value/repr.h"

/* ---- Reading ---- */

enum { WIDTH_MOST = 1 << 24 };

static bool is_align(uint32_t c) { return c == '<' || c == '>' || c == '^' || c == '='; }

/* What is left of a specification; 0 behind its end. */
struct spec {
    const struct value_str *str;
    size_t at, stop;
};

static uint32_t peek(const struct spec *spec, size_t ahead) {
    return spec->at + ahead < spec->stop ? str_at(spec->str, spec->at + ahead) : 0;
}
static bool accept_character(struct spec *spec, uint32_t character) {
    if (peek(spec, 0) != character || spec->at == spec->stop) return false;
    spec->at++;
    return true;
}

/* False: too large. */
static bool read_number(struct spec *spec, uint32_t *number) {
    for (*number = 0; peek(spec, 0) >= '0' && peek(spec, 0) <= '9'; spec->at++) {
        *number = *number * 10 + (peek(spec, 0) - '0');
        if (*number > WIDTH_MOST) return false;
    }
    return true;
}

static void read_align(struct spec *spec, struct format *format) {
    if (is_align(peek(spec, 1))) {
        format->fill = peek(spec, 0);
        format->align = (char)peek(spec, 1);
        spec->at += 2;
    } else if (is_align(peek(spec, 0))) {
        format->align = (char)peek(spec, 0);
        spec->at++;
    }
}

static void read_flags(struct spec *spec, struct format *format) {
    uint32_t sign = peek(spec, 0);
    if (sign == '+' || sign == '-' || sign == ' ') {
        format->sign = (char)sign;
        spec->at++;
    }
    format->alternate = accept_character(spec, '#');
    if (!accept_character(spec, '0')) return;
    format->zeros = format->align == 0;
    if (format->fill == 0) format->fill = '0';
}

static bool fail_spec(poolval_space *space) {
    value_fail(space, POOLVAL_ERR_VALUE, "no format specification", 0, 0);
    return false;
}

bool format_read(poolval_space *space, const struct value_str *str, size_t start, size_t stop,
                 struct format *format) {
    struct spec spec = {str, start, stop};
    uint32_t precision = 0;
    memset(format, 0, sizeof *format);
    format->precision = -1;
    format->is_empty = start == stop;
    read_align(&spec, format);
    read_flags(&spec, format);
    if (!read_number(&spec, &format->width)) return fail_spec(space);
    if (peek(&spec, 0) == ',' || peek(&spec, 0) == '_') {
        format->grouping = (char)peek(&spec, 0);
        spec.at++;
    }
    if (accept_character(&spec, '.')) {
        size_t digits = spec.at;
        if (!read_number(&spec, &precision) || spec.at == digits) return fail_spec(space);
        format->precision = (int32_t)precision;
    }
    if (peek(&spec, 0) > ' ' && peek(&spec, 0) <= CHAR_MAX_ASCII) {
        format->type = (char)peek(&spec, 0);
        spec.at++;
    }
    if (format->fill == 0) format->fill = ' ';
    return spec.at == spec.stop || fail_spec(space);
}

void format_fail(struct writer *writer, const struct format *format, const poolobj *value) {
    value_fail(writer->space, POOLVAL_ERR_VALUE, "the format '%s' does not go with %s",
               failure_copy(&writer->space->failure, 0, &format->type, format->type != 0),
               value_fail_name(writer->space, 1, value));
    writer_fail(writer);
}

/* ---- Writing ---- */

static void add_filling(struct writer *writer, const struct format *format, size_t count) {
    for (; count > 0 && !writer->failed; count--) writer_char(writer, format->fill);
}

/* How much of what fills up comes before. */
static size_t before(const struct format *format, size_t all, char otherwise) {
    char align = format->align != 0 ? format->align : otherwise;
    return align == '<' ? 0 : align == '^' ? all / 2 : all;
}

static void write_str(struct writer *writer, const struct value_str *str,
                      const struct format *format) {
    size_t length = str_length(str);
    if (format->precision >= 0) length = size_min(length, (size_t)format->precision);
    size_t all = format->width > length ? format->width - length : 0;
    size_t left = before(format, all, '<');
    add_filling(writer, format, left);
    writer_part(writer, str, 0, length);
    add_filling(writer, format, all - left);
}

/* Digits with a separator before each group, and zeros in front up to `least` characters. */
static void write_digits(struct writer *writer, const struct format *format, const char *digits,
                         size_t count, size_t least) {
    size_t group = format->grouping == 0                                       ? SIZE_MAX
                   : format->type != 0 && strchr("boxX", format->type) != NULL ? 4
                                                                               : 3;
    size_t all = count; /* with zeros */
    while (all + (all - 1) / group < least) all++;
    for (size_t left = all; left > 0; left--) {
        writer_char(writer, left > count ? '0' : (unsigned char)digits[count - left]);
        if (left > 1 && (left - 1) % group == 0)
            writer_char(writer, (unsigned char)format->grouping);
    }
}

/* Characters that so many digits take. */
static size_t digits_width(const struct format *format, size_t count) {
    if (format->grouping == 0 || count == 0) return count;
    return count + (count - 1) / (format->type != 0 && strchr("boxX", format->type) ? 4 : 3);
}

void format_write_number(struct writer *writer, const struct format *format,
                         const struct format_number *number) {
    size_t around = strlen(number->prefix) + strlen(number->rest);
    size_t length = around + digits_width(format, number->count), least = 0;
    bool inside = format->align == '=' || format->zeros,
         zeros = inside && format->fill == '0' && number->count > 0;
    if (zeros && format->width > around) least = format->width - around;
    size_t all = !zeros && format->width > length ? format->width - length : 0;
    size_t left = inside ? 0 : before(format, all, '>');
    add_filling(writer, format, left);
    writer_text(writer, number->prefix);
    if (inside) add_filling(writer, format, all);
    if (number->count > 0) write_digits(writer, format, number->digits, number->count, least);
    writer_text(writer, number->rest);
    add_filling(writer, format, inside ? 0 : all - left);
}

static const char *sign_of(const struct format *format, bool negative) {
    return negative ? "-" : format->sign == '+' ? "+" : format->sign == ' ' ? " " : "";
}

static void write_integer(struct writer *writer, const struct integer *view,
                          const struct format *format) {
    char type = format->type;
    unsigned base = type == 'b' ? 2 : type == 'o' ? 8 : (type | 0x20) == 'x' ? 16 : 10;
    char *text = integer_text(writer->space, view, base);
    if (text == NULL) {
        writer_fail(writer);
        return;
    }
    for (char *c = text; type == 'X' && *c != '\0'; c++) *c -= *c >= 'a' ? 'a' - 'A' : 0;
    struct format_number number = {"", text + view->negative, 0, ""};
    number.count = strlen(number.digits);
    char *to = stpcpy(number.prefix, sign_of(format, view->negative));
    if (format->alternate && base != 10) {
        *to++ = '0';
        *to++ = type;
        *to = '\0';
    }
    format_write_number(writer, format, &number);
    value_free(text);
}

static void write_character(struct writer *writer, const struct integer *view,
                            const struct format *format) {
    uint64_t number = view->length > 0 ? view->limb[0] : 0;
    uint32_t character = (uint32_t)number;
    if (view->negative || view->length > 1 || number > CHAR_MAX_UNICODE ||
        !utf8_is_scalar(character)) {
        value_fail(writer->space, POOLVAL_ERR_OVERFLOW, "no character has this number", 0, 0);
        writer_fail(writer);
        return;
    }
    size_t all = format->width > 1 ? format->width - 1 : 0, left = before(format, all, '>');
    add_filling(writer, format, left);
    writer_char(writer, character);
    add_filling(writer, format, all - left);
}

static bool has_type(const struct format *format, const char *types) {
    return format->type == 0 || strchr(types, format->type) != NULL;
}

/* Whether a text may be written so: nothing that only numbers have. */
static bool is_for_text(const struct format *format) {
    return has_type(format, "s") && format->align != '=' && format->sign == 0 &&
           !format->alternate && format->grouping == 0;
}

static void write_view(struct writer *writer, poolobj *value, const struct integer *view,
                       const struct format *format) {
    double number;
    if (format->type != 0 && strchr("eEfFgG%", format->type) != NULL) {
        if (integer_to_double(view, &number)) {
            format_write_real(writer, number, format);
            return;
        }
        value_fail(writer->space, POOLVAL_ERR_OVERFLOW, "an int beyond all floats", 0, 0);
        writer_fail(writer);
    } else if (format->precision >= 0 || !has_type(format, "bcdoxX") ||
               (format->grouping == ',' && !has_type(format, "d"))) {
        format_fail(writer, format, value);
    } else if (format->type == 'c') {
        if (format->sign != 0 || format->alternate || format->grouping != 0)
            format_fail(writer, format, value);
        else
            write_character(writer, view, format);
    } else {
        write_integer(writer, view, format);
    }
}

static void write_as_text(struct writer *writer, poolobj *value, const struct format *format) {
    poolobj *text = is_for_text(format) ? poolval_text(writer->space, value) : NULL;
    if (text != NULL) {
        write_str(writer, (const struct value_str *)text, format);
        value_unref(text);
    } else if (!is_for_text(format)) {
        format_fail(writer, format, value);
    } else {
        writer_fail(writer);
    }
}

void format_write(struct writer *writer, poolobj *value, const struct format *format) {
    struct integer view;
    bool plain_bool = value_is(writer->space, value, POOLVAL_BOOL) && format->is_empty;
    if (!plain_bool && integer_view(writer->space, value, &view))
        write_view(writer, value, &view, format);
    else if (value_is(writer->space, value, POOLVAL_FLOAT) && has_type(format, "eEfFgG%"))
        format_write_real(writer, ((const struct value_float *)value)->number, format);
    else if (value_is(writer->space, value, POOLVAL_FLOAT))
        format_fail(writer, format, value);
    else
        write_as_text(writer, value, format);
}
