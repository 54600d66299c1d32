/* SPDX-License-Identifier: MIT */
/* repr.h - values as text that shows what they are. */
#ifndef POOLALLOC_VALUE_REPR_H
#define POOLALLOC_VALUE_REPR_H

#include "value/writer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes what poolval_repr returns. */
void repr_write(struct writer *writer, const poolobj *value);

#ifdef __cplusplus
}
#endif

#endif
