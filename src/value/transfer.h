/* SPDX-License-Identifier: MIT */
/* transfer.h - how values of each type are copied into another space, as kind.h describes it. */
#ifndef POOLALLOC_VALUE_TRANSFER_H
#define POOLALLOC_VALUE_TRANSFER_H

#include "value/value.h"

#ifdef __cplusplus
extern "C" {
#endif

poolobj *transfer_none(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_bool(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_int(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_float(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_large(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_str(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_bytes(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_bytearray(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_range(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_slice(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_list(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_tuple(poolval_space *to, const poolval_space *from, const poolobj *value);
poolobj *transfer_dict(poolval_space *to, const poolval_space *from, const poolobj *value);
bool transfer_list_parts(struct transfer *transfer, const poolobj *value, poolobj *copy,
                         size_t depth);
bool transfer_tuple_parts(struct transfer *transfer, const poolobj *value, poolobj *copy,
                          size_t depth);
/* By the hook of an own type; of an instance, too, if it has one, and else with its class. */
poolobj *transfer_own(struct transfer *transfer, const poolobj *value, size_t depth);
poolobj *transfer_instance(struct transfer *transfer, const poolobj *value, size_t depth);
poolobj *transfer_class(struct transfer *transfer, const poolobj *value, size_t depth);
/* A set has the parts of its dictionary. */
bool transfer_dict_parts(struct transfer *transfer, const poolobj *value, poolobj *copy,
                         size_t depth);

#ifdef __cplusplus
}
#endif

#endif
