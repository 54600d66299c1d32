/* SPDX-License-Identifier: MIT */
/*
 * word.h - a part of the string of options, and the values that such words stand for. Each parser
 * returns false, and leaves *to alone, for a word that is not of its kind.
 */
#ifndef POOLALLOC_WORD_H
#define POOLALLOC_WORD_H

#include "base/base.h"

struct word {
    const char *start;
    size_t length;
};

#ifdef __cplusplus
extern "C" {
#endif

bool word_is(struct word word, const char *string);
/* The part up to the character, or all; *rest is what follows. */
struct word word_split(struct word *rest, char at);
/* One of two words: 0 or 1. */
bool word_choice(struct word word, uint64_t *to, const char *no, const char *yes);
/* Digits, up to 10^9. */
bool word_number(struct word word, uint64_t *to);
/* Digits and a unit: ms, s or m; without one, milliseconds. */
bool word_time(struct word word, uint64_t *to);
/* Digits and a unit: K, M or G, of 1,024 and its powers; B or none for bytes. */
bool word_size(struct word word, uint64_t *to);
/* Digits and %, from 1 to 100. */
bool word_share(struct word word, uint64_t *to);
/* The name of a signal that a program can handle, without SIG, or its number. */
bool word_signal(struct word word, uint64_t *to);
/* 1 to size - 1 characters, as a string. */
bool word_string(struct word word, char *to, size_t size);

#ifdef __cplusplus
}
#endif

#endif
