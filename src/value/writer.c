/* SPDX-License-Identifier: MIT */
#include "value/writer.h"

void writer_begin(struct writer *writer, poolval_space *space) {
    memset(writer, 0, sizeof *writer);
    writer->space = space;
}

/* Room for `more` characters of at least this width. */
static bool ensure_text_room(struct writer *writer, size_t more, unsigned width_log) {
    size_t needed = writer->length + more;
    if (writer->failed) return false;
    if (likely(needed <= writer->room && width_log <= writer->width_log)) return true;
    size_t room = needed <= writer->room ? writer->room : size_max(needed + needed / 2, 64);
    width_log = (unsigned)size_max(width_log, writer->width_log);
    unsigned char *data = (unsigned char *)value_allocate(writer->space, room << width_log);
    writer->failed = data == NULL;
    if (writer->failed) return false;
    if (writer->length > 0)
        str_widen(data, width_log, writer->data, writer->width_log, writer->length);
    value_free(writer->data);
    writer->data = data;
    writer->room = room;
    writer->width_log = width_log;
    return true;
}

void writer_char(struct writer *writer, uint32_t character) {
    if (!ensure_text_room(writer, 1, str_width_log_for(character))) return;
    str_put(writer->data, writer->width_log, writer->length++, character);
}

void writer_text(struct writer *writer, const char *ascii) {
    size_t count = strlen(ascii);
    if (count == 0 || !ensure_text_room(writer, count, 0)) return;
    str_widen(writer->data + (writer->length << writer->width_log), writer->width_log, ascii, 0,
              count);
    writer->length += count;
}

void writer_utf8(struct writer *writer, const char *text, size_t size) {
    struct utf8_census census = utf8_count(text, size);
    if (census.valid < size) {
        value_fail(writer->space, POOLVAL_ERR_ENCODING, "byte %u, %x, is not valid UTF-8",
                   census.valid, (unsigned char)text[census.valid]);
        writer->failed = true;
    }
    if (size == 0 || !ensure_text_room(writer, census.length, str_width_log_for(census.seen)))
        return;
    utf8_decode(text, size, writer->data + (writer->length << writer->width_log),
                1u << writer->width_log);
    writer->length += census.length;
}

void writer_part(struct writer *writer, const struct value_str *str, size_t start, size_t count) {
    unsigned from_log = str_width_log(str);
    const char *from = (const char *)str_data(str) + (start << from_log);
    if (count == 0 || !ensure_text_room(writer, count, from_log)) return;
    str_widen(writer->data + (writer->length << writer->width_log), writer->width_log, from,
              from_log, count);
    writer->length += count;
}

void writer_fail(struct writer *writer) { writer->failed = true; }

poolobj *writer_end(struct writer *writer) {
    poolobj *str = NULL;
    if (!writer->failed)
        str = str_new_chars(writer->space, writer->data, writer->width_log, writer->length);
    value_free(writer->data);
    return str;
}
