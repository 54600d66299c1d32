/* SPDX-License-Identifier: MIT */
/*
 * operators.h - the forms of operators new and delete that stand for others: what cxx_forms.c calls
 * may be ours, or the program's, and is known by its name alone. Weak, so that a program which
 * defines some of them can be linked with the static archive.
 */
#ifndef POOLALLOC_OPERATORS_H
#define POOLALLOC_OPERATORS_H

#include "base/base.h"
#include "malloc/export.h"

#define OPERATOR EXPORT __attribute__((weak))

#ifdef __cplusplus
extern "C" {
#endif

EXPORT void *_Znwm(size_t size);
EXPORT void *_ZnwmSt11align_val_t(size_t size, size_t alignment);
EXPORT void _ZdlPv(void *block);
EXPORT void _ZdlPvSt11align_val_t(void *block, size_t alignment);
EXPORT void _ZdaPv(void *block);
EXPORT void _ZdaPvSt11align_val_t(void *block, size_t alignment);

#ifdef __cplusplus
}
#endif

#endif
