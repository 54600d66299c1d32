/* SPDX-License-Identifier: MIT */
/*
 * text.h - lines of text built in a fixed buffer and written with write(2): nothing here allocates,
 * so every layer may speak at any time. A full buffer is written out where there is a descriptor or
 * write_out, and cut off otherwise.
 */
#ifndef POOLALLOC_TEXT_H
#define POOLALLOC_TEXT_H

#include "base/base.h"

struct text {
    int descriptor; /* where it goes; -1: it stays in the buffer */
    int error;      /* errno of the first write that failed, or 0 */
    /* NULL: write(2) to the descriptor. Else called to empty the buffer. */
    void (*write_out)(struct text *text);
    void *stream; /* for write_out */
    size_t used;  /* bytes of buffer in use */
    size_t width; /* of the present line, of which the buffer may have a part only */
    char buffer[512];
};

#ifdef __cplusplus
extern "C" {
#endif

void text_begin(struct text *text, int descriptor);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t count);
void text_add_decimal(struct text *text, uint64_t number);
void text_add_hex(struct text *text, uint64_t number); /* with 0x */
void text_add_size(struct text *text, uint64_t bytes); /* 12 B, 34.5 KiB, 7.0 MiB, ... */
/* Adds spaces until the present line is `column` wide. */
void text_pad(struct text *text, size_t column);
/* Writes out what is in the buffer, and keeps errno unless write_out sets it. 0, or the errno of
   the first failure. */
int text_flush(struct text *text);

#ifdef __cplusplus
}
#endif

#endif
