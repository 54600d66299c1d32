/* SPDX-License-Identifier: MIT */
/*
 * printable.h - which characters are shown as they are: not controls, format characters, private
 * use, unassigned code points, nor separators but the space. Unicode 14.0, as CPython 3.11.
 */
#ifndef POOLALLOC_VALUE_PRINTABLE_H
#define POOLALLOC_VALUE_PRINTABLE_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

bool printable_is(uint32_t character);

#ifdef __cplusplus
}
#endif

#endif
