/* SPDX-License-Identifier: MIT */
/* poolval_repr: values as text. No code of the program runs meanwhile, but hooks of own types. */
#include <stdio.h>

#include "value/bytes.h"
#include "value/decimal.h"
#include "value/dict.h"
#include "value/integer.h"
#include "value/key.h"
#include "value/memo.h"
#include "value/own.h"
#include "value/printable.h"
#include "value/range.h"
#include "value/repr.h"
#include "value/set.h"

/* What was written before and is written again, as it is shared: a few containers can make a text
   longer than all memory. */
struct repeats {
    struct memo memo;
    size_t items;
};

/* A container that is being written, and those around it. */
struct around {
    const poolobj *value;
    const struct around *outer;
    size_t depth; /* how many more may be entered */
    struct repeats *repeats;
};

static void write_value(struct writer *writer, const poolobj *value, const struct around *outer);

/* Writes an item, and holds it meanwhile where hooks may drop it. */
static void write_item(struct writer *writer, poolobj *item, const struct around *outer) {
    if (likely(!outer->repeats->memo.holds)) {
        write_value(writer, item, outer);
        return;
    }
    value_ref(item);
    write_value(writer, item, outer);
    value_unref(item);
}

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
    return character >= ' ' && character < 0x7f ? true : printable_is(character);
}

static bool has_character(const struct value_str *str, uint32_t character) {
    for (size_t i = 0; i < str_length(str); i++)
        if (str_at(str, i) == character) return true;
    return false;
}

/* In double quotes if that saves escapes. */
void repr_str(struct writer *writer, const poolobj *value, const struct around *outer) {
    const struct value_str *str = (const struct value_str *)value;
    (void)outer;
    uint32_t quote = has_character(str, '\'') && !has_character(str, '"') ? '"' : '\'';
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

/* False: too much work, with the failure noted. */
static bool may_write_value(struct repeats *repeats, const poolobj *value, size_t items) {
    uint64_t seen;
    poolval_space *space = repeats->memo.space;
    if (memo_find(&repeats->memo, value, NULL, &seen)) repeats->items += items + 1;
    memo_add(&repeats->memo, value, NULL, 0);
    if (repeats->items <= space->repeat_max) return memo_visit(&repeats->memo, items);
    value_fail(space, POOLVAL_ERR_BUDGET, "more than %u items to write again", space->repeat_max,
               0);
    return false;
}

static void write_items(struct writer *writer, const poolobj *sequence,
                        const struct around *around) {
    size_t count;
    poolobj *const *item = tuple_items_of(writer->space, sequence, &count);
    bool tuple = value_is(writer->space, sequence, POOLVAL_TUPLE);
    writer_text(writer, tuple ? "(" : "[");
    for (size_t i = 0; i < count && !writer->failed; i++) {
        if (i > 0) writer_text(writer, ", ");
        write_item(writer, item[i], around);
        if (unlikely(around->repeats->memo.holds))
            item = tuple_items_of(writer->space, sequence, &count);
    }
    if (tuple && count == 1) writer_text(writer, ",");
    writer_text(writer, tuple ? ")" : "]");
}

/* set(), {1, 2}, frozenset({1}) */
static void write_set(struct writer *writer, const poolobj *value, const struct around *around) {
    const struct value_dict *set = (const struct value_dict *)value;
    bool frozen = value_is(writer->space, &set->base, POOLVAL_FROZENSET), empty = set->length == 0;
    size_t index = 0, written = 0;
    writer_text(writer, frozen ? "frozenset(" : empty ? "set(" : "");
    writer_text(writer, empty ? "" : "{");
    for (poolobj **entry; !writer->failed && (entry = dict_step(set, &index)) != NULL;) {
        if (written++ > 0) writer_text(writer, ", ");
        write_item(writer, entry[0], around);
    }
    writer_text(writer, empty ? "" : "}");
    writer_text(writer, frozen || empty ? ")" : "");
}

static void write_dict(struct writer *writer, const poolobj *container,
                       const struct around *around) {
    const struct value_dict *dict = (const struct value_dict *)container;
    size_t index = 0, written = 0;
    writer_text(writer, "{");
    for (poolobj **entry; !writer->failed && (entry = dict_step(dict, &index)) != NULL;) {
        poolobj *value = entry[1];
        bool hold = around->repeats->memo.holds;
        if (written++ > 0) writer_text(writer, ", ");
        if (unlikely(hold)) value_ref(value);
        write_item(writer, entry[0], around);
        writer_text(writer, ": ");
        write_value(writer, value, around);
        if (unlikely(hold)) value_unref(value);
    }
    writer_text(writer, "}");
}

static bool is_around(const poolobj *value, const struct around *outer) {
    while (outer != NULL && outer->value != value) outer = outer->outer;
    return outer != NULL;
}

/* Writes a container by `write`, or `again` if it is inside of itself. */
static void write_container(struct writer *writer, const poolobj *value, const struct around *outer,
                            const char *again,
                            void (*write)(struct writer *writer, const poolobj *value,
                                          const struct around *around)) {
    if (is_around(value, outer)) {
        writer_text(writer, again);
        return;
    }
    size_t items = value_kind(writer->space, value)->length(writer->space, value);
    struct around around = *outer;
    around.value = value;
    around.outer = outer;
    if (around.depth-- == 0) {
        key_fail_depth(writer->space);
        writer_fail(writer);
    } else if (!may_write_value(around.repeats, value, items)) {
        writer_fail(writer);
    } else {
        write(writer, value, &around);
    }
}

void repr_tuple(struct writer *writer, const poolobj *value, const struct around *outer) {
    write_container(writer, value, outer, "(...)", write_items);
}
void repr_list(struct writer *writer, const poolobj *value, const struct around *outer) {
    write_container(writer, value, outer, "[...]", write_items);
}
void repr_dict(struct writer *writer, const poolobj *value, const struct around *outer) {
    write_container(writer, value, outer, "{...}", write_dict);
}
void repr_set(struct writer *writer, const poolobj *value, const struct around *outer) {
    write_container(writer, value, outer, "set(...)", write_set);
}

/* ---- The rest ---- */

static void write_name(struct writer *writer, const poolobj *value) {
    writer_text(writer, "<");
    for (const char *c = value_type_name(writer->space, value); *c != '\0'; c++)
        writer_char(writer, (unsigned char)*c < 0x80 ? (unsigned char)*c : '?');
}

/* Text by a hook, which finds in the space what is around it. */
static void write_own(struct writer *writer, const struct own *own, poolobj *value,
                      const struct around *outer) {
    poolval_space *space = writer->space;
    const struct around *before = space->around;
    if (is_around(value, outer)) {
        write_name(writer, value);
        writer_text(writer, " ...>");
        return;
    }
    if (!may_write_value(outer->repeats, value, 0)) {
        writer_fail(writer);
        return;
    }
    struct around around = {value, outer, outer->depth, outer->repeats};
    space->around = &around;
    poolobj *text = own_repr(own, value, outer->depth);
    space->around = before;
    if (text == NULL) {
        writer_fail(writer);
        return;
    }
    const struct value_str *str = (const struct value_str *)text;
    writer_part(writer, str, 0, str_length(str));
    value_unref(text);
}

static void write_other(struct writer *writer, const poolobj *value, const struct around *outer) {
    const struct own *own = own_of(writer->space, value);
    char address[32];
    if (own != NULL && own->hooks.repr != NULL) {
        write_own(writer, own, (poolobj *)(uintptr_t)value, outer);
        return;
    }
    snprintf(address, sizeof address, " at %#lx>", (unsigned long)(uintptr_t)value);
    write_name(writer, value);
    writer_text(writer, address);
}

/* <class Point> */
void repr_class(struct writer *writer, const poolobj *value, const struct around *outer) {
    const struct value_str *name =
        (const struct value_str *)((const struct value_class *)value)->name;
    (void)outer;
    writer_text(writer, "<class ");
    writer_part(writer, name, 0, str_length(name));
    writer_text(writer, ">");
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

enum { WORD_TEXT_SIZE = 21 }; /* a sign, 19 digits, a zero byte */

/* Writes a number at the end of the text, more quickly than printf does; returns where it begins.
 */
static char *word_text(char text[WORD_TEXT_SIZE], int64_t number) {
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char *at = text + WORD_TEXT_SIZE - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + rest % 10);
    } while ((rest /= 10) != 0);
    if (number < 0) *--at = '-';
    return at;
}

void repr_number(struct writer *writer, const poolobj *value, const struct around *outer) {
    char text[FLOAT_TEXT_SIZE];
    int64_t number;
    struct integer view;
    (void)outer;
    if (number_int_of(writer->space, value, &number)) {
        writer_text(writer, word_text(text, number));
        return;
    }
    if (integer_view(writer->space, value, &view)) {
        write_large(writer, &view);
        return;
    }
    decimal_write(((const struct value_float *)value)->number, text);
    writer_text(writer, text);
}

void repr_bytes(struct writer *writer, const poolobj *value, const struct around *outer) {
    (void)outer;
    struct bytes bytes = bytes_of(writer->space, value);
    bool fixed = value_is(writer->space, value, POOLVAL_BYTES), single = false, twice = false;
    for (size_t i = 0; i < bytes.length; i++) {
        single |= bytes.data[i] == '\'';
        twice |= bytes.data[i] == '"';
    }
    uint32_t quote = single && !twice ? '"' : '\'';
    writer_text(writer, fixed ? "b" : "bytearray(b");
    writer_char(writer, quote);
    for (size_t i = 0; i < bytes.length; i++) {
        uint8_t byte = bytes.data[i];
        if (byte >= ' ' && byte < 0x7f && byte != quote && byte != '\\' && (fixed || byte != '\''))
            writer_char(writer, byte);
        else
            write_escape(writer, byte, byte == '\'' ? byte : quote);
    }
    writer_char(writer, quote);
    if (!fixed) writer_text(writer, ")");
}

void repr_range(struct writer *writer, const poolobj *value, const struct around *outer) {
    const struct value_range *range = (const struct value_range *)value;
    (void)outer;
    char text[96];
    snprintf(text, sizeof text, range->step == 1 ? "range(%lld, %lld)" : "range(%lld, %lld, %lld)",
             (long long)range->start, (long long)range->stop, (long long)range->step);
    writer_text(writer, text);
}

void repr_slice(struct writer *writer, const poolobj *value, const struct around *outer) {
    const struct value_slice *slice = (const struct value_slice *)value;
    (void)outer;
    const ptrdiff_t parts[] = {slice->start, slice->stop, slice->step};
    char text[32];
    for (int i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%td", parts[i]);
        writer_text(writer, i == 0 ? "slice(" : ", ");
        writer_text(writer, parts[i] == POOLVAL_OMITTED ? "None" : text);
    }
    writer_text(writer, ")");
}

void repr_none(struct writer *writer, const poolobj *value, const struct around *outer) {
    (void)value, (void)outer;
    writer_text(writer, "None");
}

void repr_bool(struct writer *writer, const poolobj *value, const struct around *outer) {
    (void)outer;
    writer_text(writer, ((const struct value_int *)value)->number != 0 ? "True" : "False");
}

static void write_value(struct writer *writer, const poolobj *value, const struct around *outer) {
    const struct kind *kind = value_kind(writer->space, value);
    if (likely(kind->repr != NULL))
        kind->repr(writer, value, outer);
    else
        write_other(writer, value, outer);
}

void repr_write(struct writer *writer, const poolobj *value) {
    struct repeats repeats;
    memo_begin(&repeats.memo, writer->space);
    repeats.items = 0;
    const struct around *outer = writer->space->around;
    struct around none = {NULL, outer, writer->space->depth_max,
                          outer != NULL ? outer->repeats : &repeats};
    write_value(writer, value, &none);
    memo_end(&repeats.memo);
}

poolobj *poolval_repr(poolval_space *space, poolobj *value) {
    struct writer writer;
    char text[WORD_TEXT_SIZE];
    int64_t number;
    if (!value_require_item(space, value, "value")) return NULL;
    if (poolval_int_peek(space, value, &number)) {
        const char *digits = word_text(text, number);
        size_t length = strlen(digits);
        return length == 1 ? str_new_chars(space, digits, 0, 1)
                           : (poolobj *)str_new_ascii(space, digits, length);
    }
    writer_begin(&writer, space);
    repr_write(&writer, value);
    return writer_end(&writer);
}
