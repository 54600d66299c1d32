/* SPDX-License-Identifier: MIT */
/*
 * writer.h - a string that is written bit by bit: as narrow as its widest character so far allows.
 * The first failure stops it; writer_end tells.
 */
#ifndef POOLALLOC_VALUE_WRITER_H
#define POOLALLOC_VALUE_WRITER_H

#include "value/str.h"

struct writer {
    poolval_space *space;
    unsigned char *data; /* length of room characters, of 1 << width_log bytes */
    size_t length, room;
    unsigned width_log;
    bool failed;
};

#ifdef __cplusplus
extern "C" {
#endif

void writer_begin(struct writer *writer, poolval_space *space);
void writer_char(struct writer *writer, uint32_t character);
void writer_text(struct writer *writer, const char *ascii);
/* Writes UTF-8; if it is not valid, the writer fails. */
void writer_utf8(struct writer *writer, const char *text, size_t size);
/* Characters of a string from `start` on. */
void writer_part(struct writer *writer, const struct value_str *str, size_t start, size_t count);
void writer_fail(struct writer *writer);
/* The string; NULL: something failed. Frees what the writer had. */
poolobj *writer_end(struct writer *writer);

#ifdef __cplusplus
}
#endif

#endif
