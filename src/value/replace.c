/* SPDX-License-Identifier: MIT */
/* The functions of poolval.h that write strings anew: with parts replaced, in another case. */
#include "value/letter.h"
#include "value/writer.h"

enum { FOUND_FAILED = -2 };

/* An empty part stands before each character and at the end. */
static void write_between(struct writer *writer, const struct value_str *str,
                          const struct value_str *by, size_t most) {
    size_t length = str_length(str), i = 0;
    for (; i <= length && i < most; i++) {
        writer_part(writer, by, 0, str_length(by));
        writer_part(writer, str, i, i < length);
    }
    if (i < length) writer_part(writer, str, i, length - i);
}

static void write_replaced(struct writer *writer, poolobj *value, poolobj *part,
                           const struct value_str *by, size_t most) {
    const struct value_str *str = (const struct value_str *)value;
    size_t done = 0, width = str_length((const struct value_str *)part);
    for (size_t i = 0; i < most; i++) {
        ptrdiff_t at = poolval_str_find(writer->space, value, part, (ptrdiff_t)done, PTRDIFF_MAX);
        if (at == FOUND_FAILED) writer_fail(writer);
        if (at < 0) break;
        writer_part(writer, str, done, (size_t)at - done);
        writer_part(writer, by, 0, str_length(by));
        done = (size_t)at + width;
    }
    writer_part(writer, str, done, str_length(str) - done);
}

poolobj *poolval_str_replace(poolval_space *space, poolobj *value, poolobj *part, poolobj *by,
                             ptrdiff_t most) {
    struct writer writer;
    size_t times = most < 0 ? SIZE_MAX : (size_t)most;
    if (!value_require(space, value, POOLVAL_STR, "a str") ||
        !value_require(space, part, POOLVAL_STR, "a str") ||
        !value_require(space, by, POOLVAL_STR, "a str"))
        return NULL;
    const struct value_str *with = (const struct value_str *)by;
    writer_begin(&writer, space);
    if (str_length((const struct value_str *)part) == 0)
        write_between(&writer, (const struct value_str *)value, with, times);
    else
        write_replaced(&writer, value, part, with, times);
    return writer_end(&writer);
}

/* ---- Case ---- */

static poolobj *write_case(poolval_space *space, const poolobj *value,
                           unsigned (*change)(uint32_t character, uint32_t to[LETTER_MOST])) {
    struct writer writer;
    uint32_t to[LETTER_MOST];
    if (!value_require(space, value, POOLVAL_STR, "a str")) return NULL;
    const struct value_str *str = (const struct value_str *)value;
    writer_begin(&writer, space);
    for (size_t i = 0; i < str_length(str); i++) {
        unsigned count = change(str_at(str, i), to);
        for (unsigned n = 0; n < count; n++) writer_char(&writer, to[n]);
    }
    return writer_end(&writer);
}

poolobj *poolval_str_upper(poolval_space *space, const poolobj *str) {
    return write_case(space, str, letter_upper);
}
poolobj *poolval_str_lower(poolval_space *space, const poolobj *str) {
    return write_case(space, str, letter_lower);
}
