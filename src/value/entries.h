/* SPDX-License-Identifier: MIT */
/*
 * entries.h - what walks over dictionaries give.
 */
#ifndef POOLALLOC_VALUE_ENTRIES_H
#define POOLALLOC_VALUE_ENTRIES_H

#include "value/value.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An entry's key, its value, or a tuple of both, by POOLVAL_KEYS, _VALUES or _ITEMS: a new
   reference. NULL: the failure is noted. */
poolobj *entries_part(poolval_space *space, poolobj *const *entry, int part);

#ifdef __cplusplus
}
#endif

#endif
