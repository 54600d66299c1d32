/* SPDX-License-Identifier: MIT */
/*
 * utf8.h - UTF-8 as the Unicode standard defines it: one to four bytes for each scalar value, so
 * neither surrogates nor overlong forms nor anything above U+10FFFF.
 */
#ifndef POOLALLOC_UTF8_H
#define POOLALLOC_UTF8_H

#include "base/base.h"

enum { CHAR_MAX_ASCII = 0x7f, CHAR_MAX_LATIN1 = 0xff, CHAR_MAX_UCS2 = 0xffff };
#define CHAR_MAX_UNICODE 0x10ffff

/* What a text is made of. */
struct utf8_census {
    size_t valid;  /* bytes before the first fault; the size of the text if it has none */
    size_t length; /* characters in those */
    uint32_t seen; /* their code points, or-ed: as wide as the widest */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the character that begins at `bytes`, of which `left` are there; returns how many it has,
   0: it is none. In a text that ends with a 0 four may be `left`: it reads nothing beyond that 0.
 */
unsigned utf8_read(const unsigned char *bytes, size_t left, uint32_t *character);
struct utf8_census utf8_count(const char *text, size_t size);
/* Writes the characters of a valid text as `width` bytes each. */
void utf8_decode(const char *text, size_t size, void *to, unsigned width);
/* Bytes of a character, which is a scalar value, and writing them. */
unsigned utf8_size(uint32_t character);
char *utf8_put(char *to, uint32_t character);

static inline bool utf8_is_scalar(uint32_t character) {
    return character <= CHAR_MAX_UNICODE && (character < 0xd800 || character > 0xdfff);
}

/* Whether all of the bytes are below 0x80. */
static inline bool utf8_is_ascii(const char *text, size_t size) {
    uint64_t seen = 0, word = 0;
    if (size < sizeof word)
        for (size_t i = 0; i < size; i++) seen |= (unsigned char)text[i];
    else
        memcpy(&seen, text + size - sizeof word, sizeof word); /* the last one, some bytes twice */
    for (; size >= sizeof word; text += sizeof word, size -= sizeof word) {
        memcpy(&word, text, sizeof word);
        seen |= word;
    }
    return (seen & UINT64_C(0x8080808080808080)) == 0;
}

#ifdef __cplusplus
}
#endif

#endif
