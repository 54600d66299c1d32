/* SPDX-License-Identifier: MIT */
/* poolval_format: text with fields in braces, which values take the place of. */
#include "value/format.h"
#include "value/repr.h"
#include "value/tuple.h"

struct filling {
    struct writer writer;
    const struct value_str *text;
    size_t at;
    poolobj *values, *names;
    size_t next;            /* of fields without a number */
    bool counted, numbered; /* both kinds do not go together */
};

/* A field: {name!conversion:spec}. */
struct field {
    size_t name, name_end, spec, spec_end;
    uint32_t conversion;
};

static bool fail_field(struct filling *filling, const char *why) {
    value_fail(filling->writer.space, POOLVAL_ERR_VALUE, "%s at character %u of a format",
               failure_text(why), filling->at);
    writer_fail(&filling->writer);
    return false;
}

/* From behind the opening brace to behind the closing one. */
static bool read_field(struct filling *filling, struct field *field) {
    size_t length = str_length(filling->text), i = filling->at;
    memset(field, 0, sizeof *field);
    field->name = i;
    while (i < length && str_at(filling->text, i) != '}' && str_at(filling->text, i) != '!' &&
           str_at(filling->text, i) != ':' && str_at(filling->text, i) != '{')
        i++;
    field->name_end = i;
    if (i + 1 < length && str_at(filling->text, i) == '!') {
        field->conversion = str_at(filling->text, i + 1);
        i += 2;
        if (field->conversion != 'r' && field->conversion != 's')
            return fail_field(filling, "a conversion that is none");
    }
    field->spec = field->spec_end = i;
    if (i < length && str_at(filling->text, i) == ':') {
        field->spec = ++i;
        while (i < length && str_at(filling->text, i) != '}' && str_at(filling->text, i) != '{')
            i++;
        field->spec_end = i;
    }
    if (i >= length || str_at(filling->text, i) != '}')
        return fail_field(filling, "a brace left open");
    filling->at = i + 1;
    return true;
}

/* True and the number, of a name that is one. */
static bool number_of_field(const struct filling *filling, const struct field *field,
                            size_t *number) {
    *number = 0;
    for (size_t i = field->name; i < field->name_end; i++) {
        uint32_t c = str_at(filling->text, i);
        if (c < '0' || c > '9') return false;
        *number = size_min(*number * 10 + (c - '0'), SIZE_MAX / 16);
    }
    return field->name_end > field->name;
}

/* A borrowed value; NULL: the failure is noted. */
static poolobj *by_name(struct filling *filling, const struct field *field) {
    poolval_space *space = filling->writer.space;
    poolobj *value = NULL;
    unsigned log = str_width_log(filling->text);
    const char *data = (const char *)str_data(filling->text) + (field->name << log);
    poolobj *key = str_new_chars(space, data, log, field->name_end - field->name);
    if (key == NULL) return NULL;
    int found = filling->names != NULL ? poolval_dict_find(space, filling->names, key, &value) : 0;
    if (found == 0)
        value_fail(space, POOLVAL_ERR_KEY, "the format has a name that is not there", 0, 0);
    value_unref(key);
    return value;
}

static poolobj *by_number(struct filling *filling, size_t number) {
    size_t count = 0;
    poolobj *const *item = NULL;
    if (filling->values != NULL)
        item = tuple_items_of(filling->writer.space, filling->values, &count);
    if (number < count) return item[number];
    value_fail(filling->writer.space, POOLVAL_ERR_INDEX, "the format has a field %u of %u values",
               number, count);
    return NULL;
}

static poolobj *value_of_field(struct filling *filling, const struct field *field) {
    size_t number;
    bool numbered = number_of_field(filling, field, &number),
         counted = field->name == field->name_end;
    if (!numbered && !counted) return by_name(filling, field);
    filling->numbered |= numbered;
    filling->counted |= counted;
    if (filling->numbered && filling->counted) {
        fail_field(filling, "fields with numbers and without");
        return NULL;
    }
    return by_number(filling, numbered ? number : filling->next++);
}

static void write_converted(struct writer *writer, poolobj *value, uint32_t conversion,
                            const struct format *format) {
    poolobj *text =
        conversion == 'r' ? poolval_repr(writer->space, value) : poolval_text(writer->space, value);
    if (text == NULL)
        writer_fail(writer);
    else
        format_write(writer, text, format);
    if (text != NULL) value_unref(text);
}

static void write_field(struct filling *filling, const struct field *field) {
    struct format format;
    struct writer *writer = &filling->writer;
    poolobj *value = value_of_field(filling, field);
    if (value == NULL ||
        !format_read(writer->space, filling->text, field->spec, field->spec_end, &format)) {
        writer_fail(writer);
        return;
    }
    value_ref(value); /* a hook may drop it */
    if (field->conversion == 0)
        format_write(writer, value, &format);
    else
        write_converted(writer, value, field->conversion, &format);
    value_unref(value);
}

static void write_fields(struct filling *filling) {
    size_t length = str_length(filling->text), done = 0;
    struct field field;
    while (filling->at < length && !filling->writer.failed) {
        uint32_t c = str_at(filling->text, filling->at++);
        if (c != '{' && c != '}') continue;
        bool twice = filling->at < length && str_at(filling->text, filling->at) == c;
        writer_part(&filling->writer, filling->text, done, filling->at - done - !twice);
        done = ++filling->at;
        if (twice) continue;
        filling->at--;
        if (c == '}')
            fail_field(filling, "a brace that was not opened");
        else if (read_field(filling, &field))
            write_field(filling, &field);
        done = filling->at;
    }
    if (done < length) writer_part(&filling->writer, filling->text, done, length - done);
}

poolobj *poolval_format(poolval_space *space, poolobj *text, poolobj *values, poolobj *names) {
    struct filling filling;
    size_t count;
    if (!value_require(space, text, POOLVAL_STR, "a str")) return NULL;
    if (values != NULL && poolval_items(space, values, &count) == NULL) return NULL;
    if (names != NULL && !value_require(space, names, POOLVAL_DICT, "a dict")) return NULL;
    memset(&filling, 0, sizeof filling);
    writer_begin(&filling.writer, space);
    filling.text = (const struct value_str *)text;
    filling.values = values;
    filling.names = names;
    write_fields(&filling);
    return writer_end(&filling.writer);
}

poolobj *poolval_format_value(poolval_space *space, poolobj *value, poolobj *spec) {
    struct writer writer;
    struct format format;
    if (!value_require_item(space, value, "value") ||
        !value_require(space, spec, POOLVAL_STR, "a str"))
        return NULL;
    const struct value_str *str = (const struct value_str *)spec;
    if (!format_read(space, str, 0, str_length(str), &format)) return NULL;
    writer_begin(&writer, space);
    format_write(&writer, value, &format);
    return writer_end(&writer);
}
