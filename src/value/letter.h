/* SPDX-License-Identifier: MIT */
/*
 * letter.h - upper and lower case of characters, and which are white space, by the Unicode
 * Character Database 14.0, as CPython 3.11: without rules that look at the characters around.
 */
#ifndef POOLALLOC_VALUE_LETTER_H
#define POOLALLOC_VALUE_LETTER_H

#include "base/base.h"

enum { LETTER_MOST = 3 /* characters that one may become */ };

#ifdef __cplusplus
extern "C" {
#endif

/* Writes what the character becomes, which may be itself; returns how many. */
unsigned letter_upper(uint32_t character, uint32_t to[LETTER_MOST]);
unsigned letter_lower(uint32_t character, uint32_t to[LETTER_MOST]);

static inline bool letter_is_space(uint32_t c) {
    if (c <= 0x7f) return (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= ' ');
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

#ifdef __cplusplus
}
#endif

#endif
