/* SPDX-License-Identifier: MIT */
/*
 * str.h - strings: how characters are stored, and making them.
 *
 * Invariants, which str_check checks:
 *   S1 the width is the least that the widest character needs; ASCII has the flag
 *   S2 so two strings are equal if and only if length, width and bytes are
 *   S3 hash is 0 or that of the bytes
 *   S4 the empty string, and one of a single Latin-1 character, is the shared one
 */
#ifndef POOLALLOC_VALUE_STR_H
#define POOLALLOC_VALUE_STR_H

#include "base/utf8.h"
#include "value/value.h"

/* A string in UTF-8, made when it is first asked for. */
struct str_utf8 {
    size_t size;
    char text[];
};

/* The characters follow: of ASCII at once, of others behind the pointer to their UTF-8. */
struct value_str {
    poolobj base;
    uint64_t hash;  /* 0: not yet known */
    uint64_t shape; /* flags, and the length above them */
};

/* Bits of shape; the lowest two are the logarithm of the width. */
enum {
    STR_WIDTH_BITS = 3,
    STR_ASCII = 4,
    STR_INTERNED = 8,                       /* the weak table may have it */
    STR_SHARED = 16,                        /* immortal, and as good as interned */
    STR_STATES = STR_INTERNED | STR_SHARED, /* which say nothing about the characters */
    STR_LENGTH_SHIFT = 8,
};

/* Above any length that memory has room for, and low enough that no count of bytes overflows: what
   a program hands in as a size is compared with it before anything is read. */
static const size_t STR_LENGTH_MAX = (size_t)1 << 47;

#ifdef __cplusplus
extern "C" {
#endif

static inline size_t str_length(const struct value_str *str) {
    return str->shape >> STR_LENGTH_SHIFT;
}
static inline unsigned str_width_log(const struct value_str *str) {
    return str->shape & STR_WIDTH_BITS;
}
static inline bool str_is_ascii(const struct value_str *str) { return str->shape & STR_ASCII; }
static inline size_t str_bytes(const struct value_str *str) {
    return str_length(str) << str_width_log(str);
}
static inline void *str_data(const struct value_str *str) {
    size_t offset = sizeof *str + (str_is_ascii(str) ? 0 : sizeof(struct str_utf8 *));
    return (void *)((uintptr_t)str + offset);
}
/* Where a string that is not ASCII keeps its UTF-8, which is NULL until it is made. */
static inline struct str_utf8 **str_utf8_of(const struct value_str *str) {
    return (struct str_utf8 **)((uintptr_t)str + sizeof *str);
}
/* The character at an index of an array of characters. */
ALWAYS_INLINE uint32_t str_char(const void *data, unsigned width_log, size_t index) {
    if (width_log == 0) return ((const uint8_t *)data)[index];
    if (width_log == 1) return ((const uint16_t *)data)[index];
    return ((const uint32_t *)data)[index];
}
ALWAYS_INLINE void str_put(void *data, unsigned width_log, size_t index, uint32_t character) {
    if (width_log == 0)
        ((uint8_t *)data)[index] = (uint8_t)character;
    else if (width_log == 1)
        ((uint16_t *)data)[index] = (uint16_t)character;
    else
        ((uint32_t *)data)[index] = character;
}
static inline uint32_t str_at(const struct value_str *str, size_t index) {
    return str_char(str_data(str), str_width_log(str), index);
}
static inline unsigned str_width_log_for(uint32_t seen) {
    return seen <= CHAR_MAX_LATIN1 ? 0 : seen <= CHAR_MAX_UCS2 ? 1 : 2;
}
/* All characters or-ed together, as far as the width needs it. */
uint32_t str_seen(const void *data, unsigned width_log, size_t length);

/* "no string has 18446744073709551615 characters"; NULL. */
COLD void *str_fail_length(poolval_space *space, size_t length);
/* A string of `length` characters to be filled in, whose code points or-ed are `seen`. NULL: the
   failure is noted. Not for those that are shared. */
struct value_str *str_new_empty(poolval_space *space, size_t length, uint32_t seen);
/* A string of these characters, which are ASCII. NULL: the failure is noted. */
struct value_str *str_new_ascii(poolval_space *space, const char *chars, size_t length);
/* Copies characters into a wider array or one of the same width. */
void str_widen(void *to, unsigned to_log, const void *from, unsigned from_log, size_t count);
/* The string with these characters, shared if there is one; `data` may be wider than needed. */
poolobj *str_new_chars(poolval_space *space, const void *data, unsigned width_log, size_t length);
/* Makes the shared strings; false: no memory. */
bool str_make_shared(poolval_space *space);
/* Drops what belongs to a string that dies, but for its place in the table of the interned. */
void str_drop_utf8(struct value_str *str);

/* The hash; it is known from then on. */
uint64_t str_make_hash(const poolval_space *space, struct value_str *str);
ALWAYS_INLINE uint64_t str_hash(const poolval_space *space, struct value_str *str) {
    return likely(str->hash != 0) ? str->hash : str_make_hash(space, str);
}
/* Whether two shapes have the same length, width and flags but for the states. */
static inline bool str_same_shape(uint64_t a, uint64_t b) {
    return ((a ^ b) & ~(uint64_t)STR_STATES) == 0;
}
/* S2. */
static inline bool str_equal(const struct value_str *a, const struct value_str *b) {
    if (!str_same_shape(a->shape, b->shape)) return false;
    return memcmp(str_data(a), str_data(b), str_bytes(a)) == 0;
}
/* By code points: -1, 0 or 1. */
int str_compare(const struct value_str *a, const struct value_str *b);
/* Bytes of the UTF-8 that was made for a string. */
size_t str_utf8_bytes(const struct value_str *str);
void str_check(const poolval_space *space, struct value_str *str);

#ifdef __cplusplus
}
#endif

#endif
