/* SPDX-License-Identifier: MIT */
/* poolval_copy and poolval_deepcopy. No code of the program runs before the copy is whole, but
   hooks of own types, which know nothing of the copies. */
#include "value/copy.h"

#include "value/bytes.h"
#include "value/copies.h"
#include "value/dict.h"
#include "value/instance.h"
#include "value/key.h"
#include "value/own.h"
#include "value/parts.h"

/* ---- Copies ---- */

struct copying {
    poolval_space *space;
    struct copies memo;
};

static poolobj *deep(struct copying *copying, poolobj *value, size_t depth);

/* Replaces a reference by one to a copy; the original has another owner and lives on. */
static bool deepen(struct copying *copying, poolobj **slot, size_t depth) {
    poolobj *copy = deep(copying, *slot, depth);
    if (copy == NULL) return false;
    value_unref(*slot);
    *slot = copy;
    return true;
}

static struct value_list *list_copy(poolval_space *space, const struct value_list *from) {
    struct value_list *list = list_new(space, from->length);
    if (list != NULL) list_add(list, from->item, from->length);
    return list;
}

poolobj *copy_bytearray(poolval_space *space, poolobj *from) {
    struct bytes bytes = bytes_of(space, from);
    return poolval_bytearray_new(space, bytes.data, bytes.length);
}

poolobj *copy_list(poolval_space *space, poolobj *from) {
    return (poolobj *)list_copy(space, (struct value_list *)from);
}
poolobj *copy_dict(poolval_space *space, poolobj *from) {
    return (poolobj *)dict_copy(space, (struct value_dict *)from);
}

poolobj *copy_deep_bytearray(struct copying *copying, poolobj *value, size_t depth) {
    poolobj *copy = copy_bytearray(copying->space, value);
    (void)depth;
    if (copy == NULL || copies_add(copying->space, &copying->memo, value, copy)) return copy;
    value_unref(copy);
    return NULL;
}

/* Copies are known before their items are copied: cycles end at them. */
poolobj *copy_deep_list(struct copying *copying, poolobj *value, size_t depth) {
    struct value_list *list = list_copy(copying->space, (struct value_list *)value);
    if (list == NULL) return NULL;
    bool good = copies_add(copying->space, &copying->memo, value, &list->base);
    for (size_t i = 0; good && i < list->length; i++)
        good = deepen(copying, &list->item[i], depth - 1);
    if (good) return &list->base;
    value_unref(&list->base);
    return NULL;
}

/* Keys hold nothing to be copied. */
poolobj *copy_deep_dict(struct copying *copying, poolobj *value, size_t depth) {
    struct value_dict *dict = dict_copy(copying->space, (struct value_dict *)value);
    if (dict == NULL) return NULL;
    size_t index = 0;
    bool good = copies_add(copying->space, &copying->memo, value, &dict->base);
    for (poolobj **entry; good && (entry = dict_step(dict, &index)) != NULL;)
        good = entry[1] == NULL || deepen(copying, &entry[1], depth - 1);
    if (good) return &dict->base;
    value_unref(&dict->base);
    return NULL;
}

/* What a tuple is copied to: by now it may be known, being part of a cycle; it may stay itself. */
static poolobj *settle_tuple(struct copying *copying, poolobj *value, struct value_tuple *tuple) {
    const struct value_tuple *from = (struct value_tuple *)value;
    poolobj *known = copies_get(&copying->memo, value);
    bool same = memcmp(tuple->item, from->item, from->length * sizeof from->item[0]) == 0;
    poolobj *result = value_ref(known != NULL ? known : same ? value : &tuple->base);
    if (known == NULL && !copies_add(copying->space, &copying->memo, value, result)) {
        value_unref(result);
        return NULL;
    }
    return result;
}

poolobj *copy_deep_tuple(struct copying *copying, poolobj *value, size_t depth) {
    const struct value_tuple *from = (struct value_tuple *)value;
    if (from->length == 0) return value;
    struct value_tuple *tuple = tuple_new_empty(copying->space, from->length);
    bool good = tuple != NULL;
    for (size_t i = 0; good && i < from->length; i++)
        good = (tuple->item[i] = deep(copying, from->item[i], depth - 1)) != NULL;
    poolobj *result = good ? settle_tuple(copying, value, tuple) : NULL;
    if (tuple != NULL) value_unref(&tuple->base);
    return result;
}

/* ---- Objects of own types ---- */

static poolobj *deep_part(void *arg, poolobj *part, size_t depth) {
    return deep((struct copying *)arg, part, depth);
}

static poolobj *copy_own(poolval_space *space, poolobj *value, size_t depth) {
    const struct own *own = own_of(space, value);
    if (own != NULL && own->hooks.copy != NULL) return own_copy(own, value, depth);
    if (!value_is(space, value, POOLVAL_INSTANCE)) return value_ref(value);
    return instance_copy(space, (const struct value_instance *)value);
}

poolobj *copy_other(poolval_space *space, poolobj *value) {
    return copy_own(space, value, space->depth_max);
}

int copy_clear_other(poolval_space *space, poolobj *value) {
    (void)space;
    parts_clear(value);
    return 0;
}

poolobj *copy_deep_other(struct copying *copying, poolobj *value, size_t depth) {
    poolobj *copy = copy_own(copying->space, value, depth);
    if (copy == NULL || !own_is_new(copying->space, copy)) return copy;
    bool good = copies_add(copying->space, &copying->memo, value, copy) &&
                parts_replace(copying->space, copy, deep_part, copying, depth - 1);
    if (good) return own_whole(copying->space, copy);
    value_unref(copy);
    return NULL;
}

static poolobj *deep(struct copying *copying, poolobj *value, size_t depth) {
    const struct kind *kind = value_kind(copying->space, value);
    if (kind->deepcopy == NULL) return value_ref(value);
    poolobj *known = copies_get(&copying->memo, value);
    if (known != NULL) return value_ref(known);
    if (depth == 0) return key_fail_depth(copying->space) ? value : NULL;
    return kind->deepcopy(copying, value, depth);
}

poolobj *poolval_deepcopy(poolval_space *space, poolobj *value) {
    struct copying copying = {space, {NULL, 0, 0, space->owned > 0}};
    if (!value_require_item(space, value, "value")) return NULL;
    poolobj *copy = deep(&copying, value, space->depth_max);
    copies_end(space, &copying.memo, copy == NULL);
    return copy != NULL ? value_made(space, copy) : NULL;
}

poolobj *poolval_copy(poolval_space *space, poolobj *value) {
    if (!value_require_item(space, value, "value")) return NULL;
    const struct kind *kind = value_kind(space, value);
    poolobj *copy = kind->copy != NULL ? kind->copy(space, value) : value_ref(value);
    return copy != NULL && copy != value ? value_made(space, copy) : copy;
}
