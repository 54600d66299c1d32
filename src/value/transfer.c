/* SPDX-License-Identifier: MIT */
/* poolval_copy_to: values copied into another space, of the same heap or another. Nothing of the
   space that they come from is changed, and its functions are asked for types and contents alone;
   all that is made belongs to the other. No code of the program runs before the copy is whole. */
#include "object/type.h"
#include "value/bytes.h"
#include "value/copies.h"
#include "value/integer.h"
#include "value/intern.h"
#include "value/key.h"
#include "value/range.h"
#include "value/set.h"
#include "value/space.h"

struct transfer {
    const poolval_space *from;
    poolval_space *to;
    struct copies copies;
};

static poolobj *transfer(struct transfer *transfer, const poolobj *value, size_t depth);

/* ---- Without parts ---- */

static poolobj *transfer_str(poolval_space *to, const struct value_str *str) {
    poolobj *copy = str_new_chars(to, str_data(str), str_width_log(str), str_length(str));
    if (copy == NULL || !(str->shape & STR_INTERNED)) return copy;
    poolobj *interned = intern(to, (struct value_str *)copy);
    value_unref(copy);
    return interned;
}

static poolobj *transfer_large(poolval_space *to, const struct value_large *from) {
    size_t length = (size_t)(from->size < 0 ? -from->size : from->size);
    struct value_large *large = integer_begin(to, length);
    if (large == NULL) return NULL;
    memcpy(large->limb, from->limb, length * sizeof from->limb[0]);
    return integer_end(to, large, length, from->size < 0);
}

static poolobj *transfer_simple(struct transfer *transfer, const poolobj *value, unsigned type) {
    poolval_space *to = transfer->to;
    struct bytes bytes;
    const struct value_range *range = (const struct value_range *)value;
    const struct value_slice *slice = (const struct value_slice *)value;
    switch (type) {
    case POOLVAL_NONE:
        return to->none;
    case POOLVAL_BOOL:
        return to->boolean[((const struct value_int *)value)->number];
    case POOLVAL_INT:
        return number_new_int(to, ((const struct value_int *)value)->number);
    case POOLVAL_FLOAT:
        return poolval_float_new(to, ((const struct value_float *)value)->number);
    case POOLVAL_LARGE_INT:
        return transfer_large(to, (const struct value_large *)value);
    case POOLVAL_STR:
        return transfer_str(to, (const struct value_str *)value);
    case POOLVAL_BYTES:
        bytes = bytes_of(transfer->from, value);
        return poolval_bytes_new(to, bytes.data, bytes.length);
    case POOLVAL_BYTEARRAY:
        bytes = bytes_of(transfer->from, value);
        return poolval_bytearray_new(to, bytes.data, bytes.length);
    case POOLVAL_RANGE:
        return poolval_range_new(to, range->start, range->stop, range->step);
    default:
        return poolval_slice_new(to, slice->start, slice->stop, slice->step);
    }
}

/* ---- Containers: known before their items are copied, as cycles end at them ---- */

static bool add_items(struct transfer *transfer_, const poolobj *value, poolobj **item,
                      size_t *length, size_t depth) {
    size_t count;
    poolobj *const *from = sequence_items(transfer_->from, value, &count);
    for (size_t i = 0; i < count; i++) {
        item[i] = transfer(transfer_, from[i], depth);
        if (item[i] == NULL) return false;
        if (length != NULL) *length = i + 1;
    }
    return true;
}

static bool add_entries(struct transfer *transfer_, const struct value_dict *from,
                        struct value_dict *to, size_t depth) {
    size_t index = 0;
    for (poolobj **entry; (entry = dict_step(from, &index)) != NULL;) {
        poolobj *key = transfer(transfer_, entry[0], depth);
        poolobj *item = key != NULL ? transfer(transfer_, entry[1], depth) : NULL;
        bool good = item != NULL && dict_set(transfer_->to, to, key, item);
        if (key != NULL) value_unref(key);
        if (item != NULL) value_unref(item);
        if (!good) return false;
    }
    return true;
}

static void *begin_container(struct transfer *transfer_, const poolobj *value, unsigned type) {
    size_t length;
    if (type == POOLVAL_LIST) {
        sequence_items(transfer_->from, value, &length);
        return list_new(transfer_->to, length);
    }
    if (type != POOLVAL_TUPLE) return dict_new_of(transfer_->to, type);
    length = ((const struct value_tuple *)value)->length;
    return length > 0 ? (void *)tuple_new_empty(transfer_->to, length) : transfer_->to->empty_tuple;
}

static bool fill(struct transfer *transfer_, const poolobj *value, poolobj *copy, unsigned type,
                 size_t depth) {
    struct value_tuple *tuple = (struct value_tuple *)copy;
    struct value_list *list = (struct value_list *)copy;
    if (type == POOLVAL_TUPLE) return add_items(transfer_, value, tuple->item, NULL, depth);
    if (type == POOLVAL_LIST) return add_items(transfer_, value, list->item, &list->length, depth);
    if (!add_entries(transfer_, (const struct value_dict *)value, (struct value_dict *)copy, depth))
        return false;
    if (type == POOLVAL_FROZENSET) set_freeze(transfer_->to, (struct value_dict *)copy);
    return true;
}

static poolobj *transfer_container(struct transfer *transfer_, const poolobj *value, unsigned type,
                                   size_t depth) {
    if (depth == 0) return key_fail_depth(transfer_->to) ? transfer_->to->none : NULL;
    poolobj *copy = (poolobj *)begin_container(transfer_, value, type);
    if (copy == NULL) return NULL;
    if (copies_add(transfer_->to, &transfer_->copies, value, copy) &&
        fill(transfer_, value, copy, type, depth - 1))
        return copy;
    value_unref(copy);
    return NULL;
}

static poolobj *transfer(struct transfer *transfer_, const poolobj *value, size_t depth) {
    unsigned type = value_type(transfer_->from, value);
    const char *name = value_type_name(transfer_->from, value);
    if (type == POOLVAL_OTHER || type >= POOLVAL_ITERATOR)
        return (poolobj *)value_fail(transfer_->to, POOLVAL_ERR_TYPE, "%s stays in its heap",
                                     failure_copy(&transfer_->to->failure, 0, name, strlen(name)),
                                     0);
    poolobj *known = copies_get(&transfer_->copies, value);
    if (known != NULL) return value_ref(known);
    if (type >= POOLVAL_TUPLE) return transfer_container(transfer_, value, type, depth);
    poolobj *copy = transfer_simple(transfer_, value, type);
    bool shared = value->count > 1;
    if (copy == NULL || !shared || copies_add(transfer_->to, &transfer_->copies, value, copy))
        return copy;
    value_unref(copy);
    return NULL;
}

poolobj *poolval_copy_to(poolval_space *space, const poolobj *value) {
    if (value == NULL) return (poolobj *)value_fail_type(space, "a value of some space", value);
    struct transfer all = {space_of(value), space, {NULL, 0, 0, false}};
    if (all.from == NULL) return (poolobj *)value_fail_type(space, "a value of some space", NULL);
    poolobj *copy = transfer(&all, value, space->depth_max);
    copies_end(space, &all.copies, copy == NULL);
    return copy != NULL ? value_made(space, copy) : NULL;
}
