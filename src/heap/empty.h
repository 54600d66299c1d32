/* SPDX-License-Identifier: MIT */
/*
 * empty.h - blocks of no bytes. With guard_pages=on each is an inaccessible address of the guards'
 * pool (guard.h), as a program that reads or writes there does so by mistake.
 */
#ifndef POOLALLOC_EMPTY_H
#define POOLALLOC_EMPTY_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A block of no bytes; NULL: the option is off, or no slot is left, and any block will do. */
void *empty_allocate(void);

#ifdef __cplusplus
}
#endif

#endif
