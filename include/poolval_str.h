/* SPDX-License-Identifier: MIT */
/*
 * poolval_str.h - strings, texts with fields, and strings built bit by bit. Part of poolval.h,
 * which includes it: what that says of references, errors and threads holds here.
 */
#ifndef POOLVAL_STR_H
#define POOLVAL_STR_H

#include <poolval.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Strings: immutable, of Unicode scalar values ----
 * A character is stored in 1, 2 or 4 bytes, by the widest of its string: up to U+00FF, U+FFFF,
 * U+10FFFF. The empty string and those of one character up to U+00FF are shared and immortal.
 * Indices count characters; negative ones from the end. */

/* A string from UTF-8, which ends with a zero byte. POOLVAL_ERR_ENCODING with the place if it is
   not valid: surrogates and overlong forms are not. If all its characters are letters A-Z a-z,
   digits and underscores, and at most intern_max, the string is interned. */
poolobj *poolval_str_new(poolval_space *space, const char *utf8);
/* A string from `size` bytes of UTF-8, zeros included; otherwise as poolval_str_new. */
poolobj *poolval_str_new_size(poolval_space *space, const char *utf8, size_t size);
/* A string from code points, POOLVAL_ERR_ENCODING for surrogates and beyond U+10FFFF. It is not
   interned, whatever its characters are. */
poolobj *poolval_str_new_chars(poolval_space *space, const uint32_t *chars, size_t length);
/* The one interned string with these characters, which may be `str` itself. Interned strings that
   are equal are the same object. The table does not keep them alive. */
poolobj *poolval_str_intern(poolval_space *space, poolobj *str);
/* Whether the string is interned: 1 or 0. */
int poolval_str_is_interned(const poolval_space *space, const poolobj *str);
/* Interned strings that are alive, without those that are shared: the empty string, and those of
   one character up to U+00FF. */
size_t poolval_interned_count(const poolval_space *space);

/* Characters; -1. */
ptrdiff_t poolval_str_length(poolval_space *space, const poolobj *str);
/* Bytes per character: 1, 2 or 4; -1. */
int poolval_str_width(poolval_space *space, const poolobj *str);
/* The code point at an index; -1. */
int32_t poolval_str_at(poolval_space *space, const poolobj *str, ptrdiff_t index);
/* The characters themselves, as many as _length says of as many bytes as _width says, then a zero
   byte. Borrowed: valid as long as the string lives. */
const void *poolval_str_data(poolval_space *space, const poolobj *str);
/* The string in UTF-8 with a zero byte behind it; its size without that in *size, unless NULL.
   Borrowed: of ASCII the characters themselves, of others a copy, made once, that lives as long. */
const char *poolval_str_utf8(poolval_space *space, poolobj *str, size_t *size);
poolobj *poolval_str_concat(poolval_space *space, poolobj *a, poolobj *b);
/* `count` times the string; empty for 0 and less. Interned by the rule of poolval_str_new. */
poolobj *poolval_str_repeat(poolval_space *space, poolobj *str, ptrdiff_t count);
/* The strings of a list or tuple with `separator` between them: the way to put many together. */
poolobj *poolval_str_join(poolval_space *space, poolobj *separator, poolobj *strings);
/* Characters start to stop - 1, as Python's str[start:stop]: nothing is out of range. PTRDIFF_MAX
   is the end. */
poolobj *poolval_str_slice(poolval_space *space, poolobj *str, ptrdiff_t start, ptrdiff_t stop);
/* Index of the first `part` that lies between start and stop; -1: none; -2: failed. */
ptrdiff_t poolval_str_find(poolval_space *space, const poolobj *str, const poolobj *part,
                           ptrdiff_t start, ptrdiff_t stop);
/* Index of the last `part` that lies between start and stop; -1: none; -2: failed. */
ptrdiff_t poolval_str_find_last(poolval_space *space, const poolobj *str, const poolobj *part,
                                ptrdiff_t start, ptrdiff_t stop);
/* How many parts there are between start and stop that do not overlap; -1. */
ptrdiff_t poolval_str_count(poolval_space *space, const poolobj *str, const poolobj *part,
                            ptrdiff_t start, ptrdiff_t stop);
/* 1: the string starts, or ends, with `part`; 0; -1. */
int poolval_str_starts(poolval_space *space, const poolobj *str, const poolobj *part);
int poolval_str_ends(poolval_space *space, const poolobj *str, const poolobj *part);
/* A list of what lies between separators, cut `most` times at most, if that is not below 0. NULL as
   the separator: any white space, and nothing empty in the list. POOLVAL_ERR_VALUE for an empty
   one. */
poolobj *poolval_str_split(poolval_space *space, poolobj *str, poolobj *separator, ptrdiff_t most);
/* The string with `by` in the place of `part`, `most` times at most, if that is not below 0. An
   empty part stands before each character and at the end. */
poolobj *poolval_str_replace(poolval_space *space, poolobj *str, poolobj *part, poolobj *by,
                             ptrdiff_t most);
enum { POOLVAL_LEFT = 1, POOLVAL_RIGHT = 2, POOLVAL_BOTH = 3 };
/* The string without characters that `chars` has (NULL: white space) at these sides. */
poolobj *poolval_str_strip(poolval_space *space, poolobj *str, poolobj *chars, int sides);
/* By Unicode 14.0, also where one character becomes several; no rule looks at the characters around
   (a capital sigma at the end of a word becomes U+03C3). */
poolobj *poolval_str_upper(poolval_space *space, const poolobj *str);
poolobj *poolval_str_lower(poolval_space *space, const poolobj *str);
/* A string itself; for other values what poolval_repr returns. */
poolobj *poolval_text(poolval_space *space, poolobj *value);
/* The text with values in the place of its fields:
       {}          the next of `values`, a list or tuple, or NULL
       {0}         the one of this index; not together with {}
       {name}      that of a key of `names`, a dictionary, or NULL
       {name!r}    poolval_repr of it, {name!s} poolval_text
       {name:spec} as poolval_format_value has it
       {{ }}       braces
   POOLVAL_ERR_VALUE for a text or specification that is none or does not go with its value,
   POOLVAL_ERR_INDEX and _KEY for values that are not there. */
poolobj *poolval_format(poolval_space *space, poolobj *text, poolobj *values, poolobj *names);
/* A value as a string, by a specification
   [[fill]align][sign][#][0][width][grouping][.precision][type]:
       align      < > ^, or = between sign and digits; by default > for numbers, < for others
       sign       + or a space in front of what is not negative; -: nothing
       #          0b, 0o, 0x in front; a point also where nothing follows
       0          fills with zeros behind the sign, as 0=
       grouping   , or _ between thousands, _ also between four digits of b, o, x
       precision  digits behind the point, for g all digits; for other values characters at most
       type       b c d o x X for ints; e E f F g G % for ints and floats; s for all others
   as Python's format(value, spec) has it. Width and precision up to 2^24. */
poolobj *poolval_format_value(poolval_space *space, poolobj *value, poolobj *spec);
/* A string that is being built. Each function returns 0, or -1; once one failed all do, and so does
   the end. */
typedef struct poolval_writer poolval_writer;
poolval_writer *poolval_writer_new(poolval_space *space);
int poolval_writer_char(poolval_writer *writer, uint32_t character);
int poolval_writer_utf8(poolval_writer *writer, const char *text, size_t size);
int poolval_writer_str(poolval_writer *writer, const poolobj *str);
/* poolval_text and poolval_repr of a value, without the string in between. */
int poolval_writer_text(poolval_writer *writer, poolobj *value);
int poolval_writer_repr(poolval_writer *writer, poolobj *value);
/* The string, or NULL; the writer is freed in either case. */
poolobj *poolval_writer_end(poolval_writer *writer);
/* Frees a writer without a string; NULL is ignored. */
void poolval_writer_free(poolval_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
