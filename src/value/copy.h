/* SPDX-License-Identifier: MIT */
/* copy.h - how values of each type are copied, as kind.h describes it. */
#ifndef POOLALLOC_VALUE_COPY_H
#define POOLALLOC_VALUE_COPY_H

#include "value/value.h"

#ifdef __cplusplus
extern "C" {
#endif

poolobj *copy_list(poolval_space *space, poolobj *from);
poolobj *copy_dict(poolval_space *space, poolobj *from);
poolobj *copy_bytearray(poolval_space *space, poolobj *from);
/* By a hook; of an instance, with the same attributes; else the object itself. */
poolobj *copy_other(poolval_space *space, poolobj *value);
int copy_clear_other(poolval_space *space, poolobj *value);

poolobj *copy_deep_list(struct copying *copying, poolobj *value, size_t depth);
poolobj *copy_deep_dict(struct copying *copying, poolobj *value, size_t depth);
poolobj *copy_deep_tuple(struct copying *copying, poolobj *value, size_t depth);
poolobj *copy_deep_bytearray(struct copying *copying, poolobj *value, size_t depth);
poolobj *copy_deep_other(struct copying *copying, poolobj *value, size_t depth);

#ifdef __cplusplus
}
#endif

#endif
