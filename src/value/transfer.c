/* SPDX-License-Identifier: MIT */
/* poolval_copy_to: values copied into another space, of the same heap or another. Nothing of the
   space that they come from is changed, and its functions are asked for types and contents alone;
   all that is made belongs to the other. No code of the program runs before the copy is whole. */
#include "value/transfer.h"

#include "object/type.h"
#include "value/bytes.h"
#include "value/copies.h"
#include "value/instance.h"
#include "value/integer.h"
#include "value/intern.h"
#include "value/key.h"
#include "value/own.h"
#include "value/parts.h"
#include "value/range.h"
#include "value/set.h"
#include "value/space.h"

/* A copy of an own object whose parts are being copied. */
struct open {
    const poolobj *copy;
    const struct open *outer;
};

struct transfer {
    const poolval_space *from;
    poolval_space *to;
    struct copies copies;
    const struct open *open;    /* the innermost */
    const struct open *not_key; /* none from here outwards is part of the key that is copied */
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

/* A list may get shorter meanwhile; what is added to it has no room. */
static bool add_items(struct transfer *transfer_, const poolobj *value, poolobj **item,
                      size_t *length, size_t room, size_t depth) {
    size_t count;
    for (size_t i = 0; i < room; i++) {
        poolobj *const *from = tuple_items_of(transfer_->from, value, &count);
        if (i >= count) break;
        item[i] = transfer(transfer_, from[i], depth);
        if (item[i] == NULL) return false;
        if (length != NULL) *length = i + 1;
    }
    return true;
}

/* The objects whose parts are being copied have no hash before these are there. */
static poolobj *transfer_key(struct transfer *transfer_, poolobj *key, size_t depth) {
    const struct open *outer = transfer_->not_key;
    transfer_->not_key = transfer_->open;
    poolobj *copy = transfer(transfer_, key, depth);
    transfer_->not_key = outer;
    return copy;
}

static bool add_entry(struct transfer *transfer_, struct value_dict *to, poolobj *const *entry,
                      size_t depth) {
    poolobj *old = entry[1], *item = NULL; /* NULL in sets */
    if (old != NULL) value_ref(old);
    poolobj *key = transfer_key(transfer_, entry[0], depth);
    if (key != NULL && old != NULL) item = transfer(transfer_, old, depth);
    bool good = key != NULL && (item == NULL) == (old == NULL);
    if (good) good = dict_set(transfer_->to, to, key, item);
    if (key != NULL) value_unref(key);
    if (item != NULL) value_unref(item);
    if (old != NULL) value_unref(old);
    return good;
}

static bool add_entries(struct transfer *transfer_, const struct value_dict *from,
                        struct value_dict *to, size_t depth) {
    size_t index = 0;
    for (poolobj **entry; (entry = dict_step(from, &index)) != NULL;)
        if (!add_entry(transfer_, to, entry, depth)) return false;
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
    size_t room = ((const struct value_list *)value)->length;
    return add_items(transfer_, value, list->item, &list->length, room, depth);
}

bool transfer_tuple_parts(struct transfer *transfer_, const poolobj *value, poolobj *copy,
                          size_t depth) {
    struct value_tuple *tuple = (struct value_tuple *)copy;
    return add_items(transfer_, value, tuple->item, NULL, tuple->length, depth);
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

/* ---- Objects of the program's types, instances and classes ---- */

static poolobj *fail_stays(const struct transfer *transfer_, const poolobj *value) {
    const char *name = value_type_name(transfer_->from, value);
    return (poolobj *)value_fail(transfer_->to, POOLVAL_ERR_TYPE, "%s stays in its heap",
                                 failure_copy(&transfer_->to->failure, 0, name, strlen(name)), 0);
}

/* What a hook took of the other heap is there already. */
static poolobj *transfer_part(void *arg, poolobj *part, size_t depth) {
    struct transfer *transfer_ = (struct transfer *)arg;
    const poolobj_heap *heap = object_heap(part);
    if (heap == transfer_->to->heap && heap != transfer_->from->heap) return value_ref(part);
    return transfer(transfer_, part, depth);
}

poolobj *transfer_own(struct transfer *transfer_, const poolobj *value, size_t depth) {
    const struct own *own = own_of(transfer_->from, value);
    if (own == NULL || own->hooks.copy == NULL) return fail_stays(transfer_, value);
    poolobj *copy = own_copy_to(own, transfer_->to, (poolobj *)(uintptr_t)value, depth);
    if (copy == NULL || !own_is_new(transfer_->to, copy)) return copy;
    struct open open = {copy, transfer_->open};
    transfer_->open = &open;
    bool good = copies_add(transfer_->to, &transfer_->copies, value, copy) &&
                parts_replace(transfer_->to, copy, transfer_part, transfer_, depth - 1);
    transfer_->open = open.outer;
    if (good) return own_whole(transfer_->to, copy);
    value_unref(copy);
    return NULL;
}

/* The base comes last: what leads from it to its instances finds the class. */
static bool fill_class_copy(struct transfer *transfer_, const struct value_class *from,
                            struct value_class *class_, size_t depth) {
    class_->finalized = from->finalized, class_->made = from->made;
    if (!copies_add(transfer_->to, &transfer_->copies, &from->base, &class_->base) ||
        !add_entries(transfer_, (const struct value_dict *)from->names,
                     (struct value_dict *)class_->names, depth) ||
        !add_entries(transfer_, (const struct value_dict *)from->attributes,
                     (struct value_dict *)class_->attributes, depth))
        return false;
    if (from->parent == NULL) return true;
    class_->parent = transfer(transfer_, from->parent, depth);
    return class_->parent != NULL;
}

poolobj *transfer_class(struct transfer *transfer_, const poolobj *value, size_t depth) {
    const struct value_class *from = (const struct value_class *)value;
    if (transfer_->from == transfer_->to) return value_ref((poolobj *)(uintptr_t)value);
    if (depth == 0) return key_fail_depth(transfer_->to) ? transfer_->to->none : NULL;
    poolobj *name = transfer(transfer_, from->name, depth - 1);
    if (name == NULL) return NULL;
    struct value_class *class_ = instance_new_class(transfer_->to, name);
    value_unref(name);
    if (class_ == NULL) return NULL;
    if (fill_class_copy(transfer_, from, class_, depth - 1)) return &class_->base;
    value_unref(&class_->base);
    return NULL;
}

static bool add_part_copy(struct transfer *transfer_, poolobj *part, poolobj **place,
                          size_t depth) {
    poolobj *copy = transfer(transfer_, part, depth);
    if (copy == NULL) return false;
    poolobj_set(place, copy);
    value_unref(copy);
    return true;
}

static bool fill_instance(struct transfer *transfer_, const struct value_instance *from,
                          struct value_instance *instance, size_t depth) {
    if (!copies_add(transfer_->to, &transfer_->copies, &from->base, &instance->base)) return false;
    const struct value_class *class_ = (const struct value_class *)instance->type;
    size_t count = ((const struct value_dict *)class_->names)->length;
    for (size_t i = 0; i < size_min(count, instance_room(instance)); i++)
        if (from->item[i] != NULL &&
            !add_part_copy(transfer_, from->item[i], &instance->item[i], depth))
            return false;
    return from->more == NULL || add_part_copy(transfer_, from->more, &instance->more, depth);
}

static poolobj *instance_in(struct transfer *transfer_, const poolobj *value,
                            struct value_class *class_, size_t depth) {
    const struct value_instance *from = (const struct value_instance *)value;
    poolobj *known = copies_get(&transfer_->copies, value); /* an attribute of its class */
    if (known != NULL) return value_ref(known);
    struct value_instance *instance = instance_new(transfer_->to, class_, instance_room(from));
    if (instance == NULL) return NULL;
    struct open open = {&instance->base, transfer_->open};
    transfer_->open = &open;
    bool good = fill_instance(transfer_, from, instance, depth);
    transfer_->open = open.outer;
    if (good) return own_whole(transfer_->to, &instance->base);
    value_unref(&instance->base);
    return NULL;
}

poolobj *transfer_instance(struct transfer *transfer_, const poolobj *value, size_t depth) {
    const struct own *own = own_of(transfer_->from, value);
    if (own != NULL && own->hooks.copy != NULL) return transfer_own(transfer_, value, depth);
    if (depth == 0) return key_fail_depth(transfer_->to) ? transfer_->to->none : NULL;
    poolobj *class_ = transfer(transfer_, ((const struct value_instance *)value)->type, depth - 1);
    if (class_ == NULL) return NULL;
    poolobj *copy = instance_in(transfer_, value, (struct value_class *)class_, depth - 1);
    value_unref(class_);
    return copy;
}

/* ---- Any value ---- */

/* What is hashed by a hook is no key before it is whole. */
static poolobj *refer_to_known(struct transfer *transfer_, poolobj *known) {
    const struct own *own = own_of(transfer_->to, known);
    bool hashed = own != NULL && own->hooks.hash != NULL;
    for (const struct open *open = transfer_->not_key; hashed && open; open = open->outer)
        if (open->copy == known)
            return (poolobj *)value_fail(transfer_->to, POOLVAL_ERR_TYPE,
                                         "%s is a key in what it refers to",
                                         value_fail_name(transfer_->to, 0, known), 0);
    return value_ref(known);
}

static poolobj *transfer_any(struct transfer *transfer_, const poolobj *value, size_t depth) {
    const struct kind *kind = value_kind(transfer_->from, value);
    if (kind->transfer == NULL && kind->transfer_whole == NULL) return fail_stays(transfer_, value);
    poolobj *known = copies_get(&transfer_->copies, value);
    if (known != NULL) return refer_to_known(transfer_, known);
    if (kind->transfer_whole != NULL) return kind->transfer_whole(transfer_, value, depth);
    if (kind->transfer_parts != NULL) return transfer_container(transfer_, value, kind, depth);
    return transfer_simple(transfer_, value, kind);
}

/* Hooks may drop what is copied, the last reference of a container too. */
static poolobj *transfer(struct transfer *transfer_, const poolobj *value, size_t depth) {
    if (likely(!transfer_->copies.holds)) return transfer_any(transfer_, value, depth);
    poolobj *held = value_ref((poolobj *)(uintptr_t)value);
    poolobj *copy = transfer_any(transfer_, value, depth);
    value_unref(held);
    return copy;
}

poolobj *poolval_copy_to(poolval_space *space, const poolobj *value) {
    value_require_thread(space);
    if (value == NULL) return (poolobj *)value_fail_type(space, "a value of some space", value);
    struct transfer all = {space_of(value), space, {NULL, 0, 0, false}, NULL, NULL};
    if (all.from == NULL) return (poolobj *)value_fail_type(space, "a value of some space", NULL);
    value_require_thread(all.from);
    all.copies.holds = own_any(all.from) || own_any(space);
    poolobj *copy = transfer(&all, value, space->depth_max);
    copies_end(space, &all.copies, copy == NULL);
    return copy != NULL ? value_made(space, copy) : NULL;
}
