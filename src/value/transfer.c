/* SPDX-License-Identifier: MIT */
/* poolval_copy_to: values copied into another space, of the same heap or another. Nothing of the
   space that they come from is changed, and its functions are asked for types and contents alone;
   all that is made belongs to the other. No code of the program runs before the copy is whole. */
#include "value/transfer.h"

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

poolobj *transfer_none(poolval_space *to, const poolval_space *from, const poolobj *value) {
    (void)from, (void)value;
    return to->none;
}

poolobj *transfer_bool(poolval_space *to, const poolval_space *from, const poolobj *value) {
    (void)from;
    return to->boolean[((const struct value_int *)value)->number];
}

poolobj *transfer_int(poolval_space *to, const poolval_space *from, const poolobj *value) {
    (void)from;
    return number_new_int(to, ((const struct value_int *)value)->number);
}

poolobj *transfer_float(poolval_space *to, const poolval_space *from, const poolobj *value) {
    (void)from;
    return poolval_float_new(to, ((const struct value_float *)value)->number);
}

poolobj *transfer_str(poolval_space *to, const poolval_space *from, const poolobj *value) {
    const struct value_str *str = (const struct value_str *)value;
    poolobj *copy = str_new_chars(to, str_data(str), str_width_log(str), str_length(str));
    (void)from;
    if (copy == NULL || !(str->shape & STR_INTERNED)) return copy;
    poolobj *interned = intern_str(to, (struct value_str *)copy);
    value_unref(copy);
    return interned;
}

poolobj *transfer_large(poolval_space *to, const poolval_space *from, const poolobj *value) {
    const struct value_large *original = (const struct value_large *)value;
    bool negative = original->size < 0;
    size_t length = (size_t)(negative ? -original->size : original->size);
    struct value_large *large = integer_begin(to, length);
    (void)from;
    if (large == NULL) return NULL;
    memcpy(large->limb, original->limb, length * sizeof original->limb[0]);
    return integer_end(to, large, length, negative);
}

poolobj *transfer_bytes(poolval_space *to, const poolval_space *from, const poolobj *value) {
    struct bytes bytes = bytes_of(from, value);
    return poolval_bytes_new(to, bytes.data, bytes.length);
}

poolobj *transfer_bytearray(poolval_space *to, const poolval_space *from, const poolobj *value) {
    struct bytes bytes = bytes_of(from, value);
    return poolval_bytearray_new(to, bytes.data, bytes.length);
}

poolobj *transfer_range(poolval_space *to, const poolval_space *from, const poolobj *value) {
    const struct value_range *range = (const struct value_range *)value;
    (void)from;
    return poolval_range_new(to, range->start, range->stop, range->step);
}

poolobj *transfer_slice(poolval_space *to, const poolval_space *from, const poolobj *value) {
    const struct value_slice *slice = (const struct value_slice *)value;
    (void)from;
    return poolval_slice_new(to, slice->start, slice->stop, slice->step);
}

/* ---- Containers: known before their items are copied, as cycles end at them ---- */

static bool add_items(struct transfer *transfer_, const poolobj *value, poolobj **item,
                      size_t *length, size_t depth) {
    size_t count;
    poolobj *const *from = tuple_items_of(transfer_->from, value, &count);
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

poolobj *transfer_list(poolval_space *to, const poolval_space *from, const poolobj *value) {
    (void)from;
    return (poolobj *)list_new(to, ((const struct value_list *)value)->length);
}

poolobj *transfer_tuple(poolval_space *to, const poolval_space *from, const poolobj *value) {
    size_t length = ((const struct value_tuple *)value)->length;
    (void)from;
    return length > 0 ? (poolobj *)tuple_new_empty(to, length) : to->empty_tuple;
}

poolobj *transfer_dict(poolval_space *to, const poolval_space *from, const poolobj *value) {
    return (poolobj *)dict_new_of(to, value_type(from, value));
}

bool transfer_list_parts(struct transfer *transfer_, const poolobj *value, poolobj *copy,
                         size_t depth) {
    struct value_list *list = (struct value_list *)copy;
    return add_items(transfer_, value, list->item, &list->length, depth);
}

bool transfer_tuple_parts(struct transfer *transfer_, const poolobj *value, poolobj *copy,
                          size_t depth) {
    return add_items(transfer_, value, ((struct value_tuple *)copy)->item, NULL, depth);
}

bool transfer_dict_parts(struct transfer *transfer_, const poolobj *value, poolobj *copy,
                         size_t depth) {
    struct value_dict *dict = (struct value_dict *)copy;
    if (!add_entries(transfer_, (const struct value_dict *)value, dict, depth)) return false;
    if (value_is(transfer_->to, copy, POOLVAL_FROZENSET)) set_freeze(transfer_->to, dict);
    return true;
}

static poolobj *transfer_container(struct transfer *transfer_, const poolobj *value,
                                   const struct kind *kind, size_t depth) {
    if (depth == 0) return key_fail_depth(transfer_->to) ? transfer_->to->none : NULL;
    poolobj *copy = kind->transfer(transfer_->to, transfer_->from, value);
    if (copy == NULL) return NULL;
    if (copies_add(transfer_->to, &transfer_->copies, value, copy) &&
        kind->transfer_parts(transfer_, value, copy, depth - 1))
        return copy;
    value_unref(copy);
    return NULL;
}

/* What nobody else refers to is met once, and need not be found again. */
static poolobj *transfer_simple(struct transfer *transfer_, const poolobj *value,
                                const struct kind *kind) {
    poolobj *copy = kind->transfer(transfer_->to, transfer_->from, value);
    if (copy == NULL || value->count <= 1 ||
        copies_add(transfer_->to, &transfer_->copies, value, copy))
        return copy;
    value_unref(copy);
    return NULL;
}

static poolobj *transfer(struct transfer *transfer_, const poolobj *value, size_t depth) {
    const struct kind *kind = value_kind(transfer_->from, value);
    if (kind->transfer == NULL) {
        const char *name = value_type_name(transfer_->from, value);
        return (poolobj *)value_fail(transfer_->to, POOLVAL_ERR_TYPE, "%s stays in its heap",
                                     failure_copy(&transfer_->to->failure, 0, name, strlen(name)),
                                     0);
    }
    poolobj *known = copies_get(&transfer_->copies, value);
    if (known != NULL) return value_ref(known);
    if (kind->transfer_parts != NULL) return transfer_container(transfer_, value, kind, depth);
    return transfer_simple(transfer_, value, kind);
}

poolobj *poolval_copy_to(poolval_space *space, const poolobj *value) {
    if (value == NULL) return (poolobj *)value_fail_type(space, "a value of some space", value);
    struct transfer all = {space_of(value), space, {NULL, 0, 0, false}};
    if (all.from == NULL) return (poolobj *)value_fail_type(space, "a value of some space", NULL);
    poolobj *copy = transfer(&all, value, space->depth_max);
    copies_end(space, &all.copies, copy == NULL);
    return copy != NULL ? value_made(space, copy) : NULL;
}
