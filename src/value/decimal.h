/* SPDX-License-Identifier: MIT */
/*
 * decimal.h - floats as text and back: the shortest text that is read back as the same float, a
 * fixed number of digits, and reading what Python's float() reads. Whatever the locale is.
 */
#ifndef POOLALLOC_VALUE_DECIMAL_H
#define POOLALLOC_VALUE_DECIMAL_H

#include "base/base.h"

enum { FLOAT_TEXT_SIZE = 32 };

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the float as Python's repr does, with a zero byte behind. */
void decimal_write(double number, char text[FLOAT_TEXT_SIZE]);

enum decimal_fault { DECIMAL_GOOD, DECIMAL_NONE, DECIMAL_NO_MEMORY };
/* Reads a number with nothing around it. */
enum decimal_fault decimal_read(const char *text, size_t size, double *number);

#ifdef __cplusplus
}
#endif

#endif
