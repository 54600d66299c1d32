/* SPDX-License-Identifier: MIT */
/* sequence.h - lengths, items and slices of values of each type, as kind.h describes them. */
#ifndef POOLALLOC_VALUE_SEQUENCE_H
#define POOLALLOC_VALUE_SEQUENCE_H

#include "value/value.h"

#ifdef __cplusplus
extern "C" {
#endif

size_t sequence_length_of_str(const poolval_space *space, const poolobj *value);
size_t sequence_length_of_bytes(const poolval_space *space, const poolobj *value);
size_t sequence_length_of_range(const poolval_space *space, const poolobj *value);
size_t sequence_length_of_tuple(const poolval_space *space, const poolobj *value);
size_t sequence_length_of_list(const poolval_space *space, const poolobj *value);
/* A set has the length of its dictionary. */
size_t sequence_length_of_dict(const poolval_space *space, const poolobj *value);

int sequence_str_has(poolval_space *space, poolobj *value, poolobj *item);
int sequence_bytes_have(poolval_space *space, poolobj *value, poolobj *item);
int sequence_range_has(poolval_space *space, poolobj *range, poolobj *item);
/* Lists and tuples have items. */
int sequence_items_have(poolval_space *space, poolobj *value, poolobj *item);
int sequence_dict_has(poolval_space *space, poolobj *value, poolobj *item);
int sequence_set_has(poolval_space *space, poolobj *value, poolobj *item);
/* By a hook that iterates. */
int sequence_other_has(poolval_space *space, poolobj *value, poolobj *item);

poolobj *sequence_cut_str(poolval_space *space, poolobj *value, const struct cut *cut);
poolobj *sequence_cut_bytes(poolval_space *space, poolobj *value, const struct cut *cut);
poolobj *sequence_cut_range(poolval_space *space, poolobj *value, const struct cut *cut);
/* Lists and tuples are cut by their items. */
poolobj *sequence_cut_items(poolval_space *space, poolobj *value, const struct cut *cut);

#ifdef __cplusplus
}
#endif

#endif
