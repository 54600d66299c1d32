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

/* What kind.h describes: `outer` are the containers around. */
void repr_none(struct writer *writer, const poolobj *value, const struct around *outer);
void repr_bool(struct writer *writer, const poolobj *value, const struct around *outer);
void repr_number(struct writer *writer, const poolobj *value, const struct around *outer);
void repr_str(struct writer *writer, const poolobj *value, const struct around *outer);
void repr_bytes(struct writer *writer, const poolobj *value, const struct around *outer);
void repr_range(struct writer *writer, const poolobj *value, const struct around *outer);
void repr_slice(struct writer *writer, const poolobj *value, const struct around *outer);
void repr_tuple(struct writer *writer, const poolobj *value, const struct around *outer);
void repr_list(struct writer *writer, const poolobj *value, const struct around *outer);
void repr_dict(struct writer *writer, const poolobj *value, const struct around *outer);
void repr_set(struct writer *writer, const poolobj *value, const struct around *outer);
void repr_class(struct writer *writer, const poolobj *value, const struct around *outer);

#ifdef __cplusplus
}
#endif

#endif
