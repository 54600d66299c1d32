/* SPDX-License-Identifier: MIT */
/* poolval_repr: values as text. No code of the program runs meanwhile. */
#include <stdio.h>

#include "value/decimal.h"
#include "value/dict.h"
#include "value/integer.h"
#include "value/key.h"
#include "value/printable.h"
#include "value/repr.h"

/* A container that is being written, and those around it. */
struct around {
    const poolobj *value;
    const struct around *outer;
    size_t depth; /* how many more may be entered */
};

static void write_value(struct writer *writer, const poolobj *value, const struct around *outer);

/* ---- Strings ---- */

static void write_escape(struct writer *writer, uint32_t character, uint32_t quote) {
    char text[16];
    const char *format = character <= CHAR_MAX_LATIN1 ? "\\x%02x"
                         : character <= CHAR_MAX_UCS2 ? "\\u%04x"
                                                      : "\\U%08x";
    switch (character) {
    case '\n':
        writer_text(writer, "\\n");
        return;
    case '\r':
        writer_text(writer, "\\r");
        return;
    case '\t':
        writer_text(writer, "\\t");
        return;
    }
    if (character == '\\' || character == quote) {
        writer_text(writer, "\\");
        writer_char(writer, character);
        return;
    }
    snprintf(text, sizeof text, format, (unsigned)character);
    writer_text(writer, text);
}

static bool is_plain(uint32_t character, uint32_t quote) {
    if (character == '\\' || character == quote) return false;
    return character >= ' ' && character < 0x7f ? true : printable(character);
}

static bool has(const struct value_str *str, uint32_t character) {
    for (size_t i = 0; i < str_length(str); i++)
        if (str_at(str, i) == character) return true;
    return false;
}

/* In double quotes if that saves escapes. */
static void write_str(struct writer *writer, const struct value_str *str) {
    uint32_t quote = has(str, '\'') && !has(str, '"') ? '"' : '\'';
    size_t done = 0;
    writer_char(writer, quote);
    for (size_t i = 0; i < str_length(str); i++) {
        uint32_t character = str_at(str, i);
        if (is_plain(character, quote)) continue;
        writer_part(writer, str, done, i - done);
        write_escape(writer, character, quote);
        done = i + 1;
    }
    writer_part(writer, str, done, str_length(str) - done);
    writer_char(writer, quote);
}

/* ---- Containers ---- */

static void write_items(struct writer *writer, const poolobj *sequence,
                        const struct around *around) {
    size_t count;
    poolobj *const *item = sequence_items(writer->space, sequence, &count);
    bool tuple = value_is(writer->space, sequence, POOLVAL_TUPLE);
    writer_text(writer, tuple ? "(" : "[");
    for (size_t i = 0; i < count && !writer->failed; i++) {
        if (i > 0) writer_text(writer, ", ");
        write_value(writer, item[i], around);
    }
    if (tuple && count == 1) writer_text(writer, ",");
    writer_text(writer, tuple ? ")" : "]");
}

static void write_dict(struct writer *writer, const struct value_dict *dict,
                       const struct around *around) {
    size_t index = 0, written = 0;
    writer_text(writer, "{");
    for (poolobj **entry; !writer->failed && (entry = dict_step(dict, &index)) != NULL;) {
        if (written++ > 0) writer_text(writer, ", ");
        write_value(writer, entry[0], around);
        writer_text(writer, ": ");
        write_value(writer, entry[1], around);
    }
    writer_text(writer, "}");
}

static bool is_around(const poolobj *value, const struct around *outer) {
    while (outer != NULL && outer->value != value) outer = outer->outer;
    return outer != NULL;
}

static void write_container(struct writer *writer, const poolobj *value, unsigned type,
                            const struct around *outer) {
    if (is_around(value, outer)) {
        writer_text(writer, type == POOLVAL_TUPLE  ? "(...)"
                            : type == POOLVAL_LIST ? "[...]"
                                                   : "{...}");
        return;
    }
    struct around around = {value, outer, outer != NULL ? outer->depth : writer->space->depth_max};
    if (around.depth-- == 0) {
        key_fail_depth(writer->space);
        writer_fail(writer);
    } else if (type == POOLVAL_DICT) {
        write_dict(writer, (const struct value_dict *)value, &around);
    } else {
        write_items(writer, value, &around);
    }
}

/* ---- The rest ---- */

static void write_other(struct writer *writer, const poolobj *value) {
    char address[32];
    snprintf(address, sizeof address, " at %#lx>", (unsigned long)(uintptr_t)value);
    writer_text(writer, "<");
    for (const char *c = value_type_name(writer->space, value); *c != '\0'; c++)
        writer_char(writer, (unsigned char)*c < 0x80 ? (unsigned char)*c : '?');
    writer_text(writer, address);
}

static void write_large(struct writer *writer, const struct integer *view) {
    char *digits = integer_text(writer->space, view, 10);
    if (digits == NULL) {
        writer_fail(writer);
        return;
    }
    writer_text(writer, digits);
    value_free(digits);
}

static void write_number(struct writer *writer, const poolobj *value) {
    char text[FLOAT_TEXT_SIZE];
    int64_t number;
    struct integer view;
    if (number_int_of(writer->space, value, &number)) {
        snprintf(text, sizeof text, "%lld", (long long)number);
    } else if (integer_view(writer->space, value, &view)) {
        write_large(writer, &view);
        return;
    } else {
        decimal_write(((const struct value_float *)value)->number, text);
    }
    writer_text(writer, text);
}

static void write_value(struct writer *writer, const poolobj *value, const struct around *outer) {
    unsigned type = value_type(writer->space, value);
    switch (type) {
    case POOLVAL_OTHER:
        write_other(writer, value);
        return;
    case POOLVAL_NONE:
        writer_text(writer, "None");
        return;
    case POOLVAL_BOOL:
        writer_text(writer, value == writer->space->boolean[1] ? "True" : "False");
        return;
    case POOLVAL_INT:
    case POOLVAL_LARGE_INT:
    case POOLVAL_FLOAT:
        write_number(writer, value);
        return;
    case POOLVAL_STR:
        write_str(writer, (const struct value_str *)value);
        return;
    default:
        write_container(writer, value, type, outer);
    }
}

void repr_write(struct writer *writer, const poolobj *value) { write_value(writer, value, NULL); }

poolobj *poolval_repr(poolval_space *space, poolobj *value) {
    struct writer writer;
    if (!value_require_any(space, value, "value")) return NULL;
    writer_begin(&writer, space);
    write_value(&writer, value, NULL);
    return writer_end(&writer);
}
