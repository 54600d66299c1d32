/* SPDX-License-Identifier: MIT */
#include "graph/label.h"

#include "base/utf8.h"

enum { CHARACTER_BYTES = 4 }; /* of UTF-8, at the most */

/* ---- Streams ---- */

static void write_to_stream(struct text *text) {
    FILE *stream = (FILE *)text->stream;
    if (text->error == 0 && fwrite(text->buffer, 1, text->used, stream) < text->used)
        text->error = errno;
    text->used = 0;
}

void label_open(struct text *text, FILE *out) {
    text_begin(text, -1);
    text->stream = out != NULL ? out : stderr;
    text->write_out = write_to_stream;
}

int label_close(struct text *text) {
    text_flush(text);
    if (text->error == 0 && fflush((FILE *)text->stream) != 0) text->error = errno;
    if (text->error == 0) return 0;
    errno = text->error;
    return -1;
}

/* ---- Strings of the program ---- */

static const char REPLACEMENT[] = "\xef\xbf\xbd", ELLIPSIS[] = "\xe2\x80\xa6";

static bool is_control(uint32_t character) {
    return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

/* U+FFFE and U+FFFF, the last two of a plane, which XML refuses in any form. */
static const char *noncharacter(enum label_kind kind, uint32_t character) {
    if (character != 0xfffe && character != 0xffff) return NULL;
    if (kind == LABEL_DOT) return character == 0xfffe ? "\\\\ufffe" : "\\\\uffff";
    return character == 0xfffe ? "\\ufffe" : "\\uffff";
}

/* dot reads backslashes and entities in its strings. */
static const char *escape(enum label_kind kind, uint32_t c) {
    if (c == '\n') return "\\n";
    if (c == '\t') return " ";
    if (kind == LABEL_LINE) return NULL;
    return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : c == '&' ? "&amp;" : NULL;
}

void label_string(const struct label *label, const char *string) {
    const unsigned char *s = (const unsigned char *)string;
    for (unsigned count = 0; *s != 0; count++) {
        if (count == LABEL_MAX) {
            text_add(label->text, ELLIPSIS);
            return;
        }
        uint32_t character;
        unsigned size = utf8_read(s, CHARACTER_BYTES, &character);
        const char *escaped = size == 3   ? noncharacter(label->kind, character)
                              : size == 1 ? escape(label->kind, character)
                                          : NULL;
        if (escaped != NULL)
            text_add(label->text, escaped);
        else if (size == 0 || is_control(character))
            text_add(label->text, REPLACEMENT);
        else
            text_add_bytes(label->text, (const char *)s, size);
        s += size > 0 ? size : 1;
    }
}

/* What a callback wrote, and whether it wrote anything. A character that no longer fitted is left
   out whole. */
static bool end_string(char *buffer, int written) {
    buffer[LABEL_BYTES - 1] = 0;
    if (written <= 0 || buffer[0] == 0) return false;
    if (written < LABEL_BYTES) return true;
    size_t at = LABEL_BYTES - 1;
    uint32_t character;
    while (at > LABEL_BYTES - 4 && ((unsigned char)buffer[at - 1] & 0xc0) == 0x80) at--;
    if (at > 0 && (unsigned char)buffer[at - 1] >= 0xc0 &&
        utf8_read((unsigned char *)buffer + at - 1, CHARACTER_BYTES, &character) == 0)
        buffer[at - 1] = 0;
    return true;
}

/* ---- Objects and references ---- */

void label_column(const struct label *label, uint64_t number, unsigned width) {
    unsigned digits = 1;
    for (uint64_t rest = number; rest >= 10; rest /= 10) digits++;
    for (; digits < width; digits++) text_add(label->text, " ");
    text_add_decimal(label->text, number);
}

void label_number(const struct label *label, uint64_t number, const char *what) {
    text_add_decimal(label->text, number);
    text_add(label->text, " ");
    text_add(label->text, what);
    if (number != 1) text_add(label->text, "s");
}

void label_object(const struct label *label, poolobj *object) {
    const poolgraph_options *options = label->options;
    char buffer[LABEL_BYTES] = "";
    label_string(label, poolobj_type_name(poolobj_typeof(object)));
    if (options->flags & POOLGRAPH_ADDRESSES) {
        text_add(label->text, " at ");
        text_add_hex(label->text, (uintptr_t)object);
    }
    if (options->describe == NULL) return;
    if (!end_string(buffer, options->describe(object, buffer, sizeof buffer, options->arg))) return;
    text_add(label->text, label->kind == LABEL_DOT ? "\\n" : " ");
    label_string(label, buffer);
}

void label_reference(const struct label *label, const poolgraph_reference *reference) {
    const poolgraph_options *options = label->options;
    char buffer[LABEL_BYTES] = "";
    if (options->name != NULL &&
        end_string(buffer, options->name(reference, buffer, sizeof buffer, options->arg))) {
        label_string(label, buffer);
    } else if (reference->kind == POOLGRAPH_ITEM) {
        text_add(label->text, "[");
        text_add_decimal(label->text, reference->index);
        text_add(label->text, "]");
    } else if (reference->field != NULL) {
        text_add(label->text, ".");
        label_string(label, reference->field);
    } else {
        text_add(label->text, ".+");
        text_add_decimal(label->text, reference->index);
    }
}

void label_counts(const struct label *label, const struct graph *graph, uint32_t number) {
    int32_t outside = graph->outside[number];
    if (graph_is_immortal(graph, number)) {
        text_add(label->text, "immortal");
        return;
    }
    text_add(label->text, "count ");
    text_add_decimal(label->text, (uint64_t)graph->object[number]->count);
    if (outside > 0) {
        text_add(label->text, ", ");
        text_add_decimal(label->text, (uint64_t)outside);
        text_add(label->text, " from outside");
    } else if (outside < 0) {
        text_add(label->text, ", but ");
        text_add_decimal(label->text,
                         (uint64_t)(graph_count_of(graph->object[number]) - (int64_t)outside));
        text_add(label->text, " references to it are reported");
    }
    if (graph_is_saved(graph, number)) text_add(label->text, ", kept as garbage");
}
