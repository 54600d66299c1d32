/* SPDX-License-Identifier: MIT */
#include "value/iterator.h"

#include "value/bytes.h"
#include "value/dict.h"
#include "value/entries.h"
#include "value/own.h"
#include "value/range.h"
#include "value/str.h"

const size_t iterator_refs[] = {offsetof(struct value_iterator, over), POOLOBJ_END};

static bool can_be_iterated(const poolval_space *space, const poolobj *value) {
    const struct kind *kind = value_kind(space, value);
    return kind->at != NULL || kind->entries;
}

static poolobj *make_iterator(poolval_space *space, poolobj *over, int part) {
    struct value_iterator *iterator =
        (struct value_iterator *)value_new(space, POOLVAL_ITERATOR, sizeof(struct value_iterator));
    if (iterator == NULL) return NULL;
    iterator->over = value_ref(over);
    iterator->part = part;
    return &iterator->base;
}

ALWAYS_INLINE poolobj *iterate(poolval_space *space, poolobj *value) {
    if (value_is(space, value, POOLVAL_ITERATOR)) return value_ref(value);
    if (own_of(space, value) != NULL) return own_iterate(own_of(space, value), value);
    if (!can_be_iterated(space, value))
        return (poolobj *)value_fail_type(space, "something with items", value);
    return make_iterator(space, value, POOLVAL_KEYS);
}
static COLD poolobj *iterate_checked(poolval_space *space, poolobj *value) {
    return value_check(space, value, "value") ? iterate(space, value) : NULL;
}
poolobj *poolval_iterate(poolval_space *space, poolobj *value) {
    return likely(!space->checked) ? iterate(space, value) : iterate_checked(space, value);
}

poolobj *poolval_dict_iterate(poolval_space *space, poolobj *dict, int part) {
    if (!value_require(space, dict, POOLVAL_DICT, "a dict")) return NULL;
    if (part < POOLVAL_KEYS || part > POOLVAL_ITEMS)
        return (poolobj *)value_fail(space, POOLVAL_ERR_VALUE, "%d is no part of a dict",
                                     (uint64_t)part, 0);
    return make_iterator(space, dict, part);
}

/* ---- Going on: 1 and a new reference, 0, -1 ---- */

static int next_entry(poolval_space *space, struct value_iterator *iterator, poolobj **item) {
    const struct value_dict *dict = (const struct value_dict *)iterator->over;
    poolval_place *place = &iterator->place;
    uint64_t version = dict_version(dict) + 1;
    if (place->version == 0) place->version = version;
    if (place->version != version)
        return value_fail_int(space, POOLVAL_ERR_CHANGED, "the %s got or lost keys meanwhile",
                              value_fail_name(space, 0, iterator->over), 0);
    size_t index = place->index;
    poolobj **entry = dict_step(dict, &index);
    if (entry == NULL) return 0;
    *item = entries_part(space, entry, iterator->part);
    if (*item == NULL) return -1;
    place->index = index;
    return 1;
}

poolobj *iterator_at_str(poolval_space *space, const poolobj *over, size_t index, size_t *length) {
    const struct value_str *str = (const struct value_str *)over;
    unsigned log = str_width_log(str);
    *length = str_length(str);
    if (index >= *length) return NULL;
    return str_new_chars(space, (const char *)str_data(str) + (index << log), log, 1);
}

poolobj *iterator_at_range(poolval_space *space, const poolobj *over, size_t index,
                           size_t *length) {
    const struct value_range *range = (const struct value_range *)over;
    *length = range->length;
    return index < *length ? number_new_int(space, range_at(range, index)) : NULL;
}

poolobj *iterator_at_bytes(poolval_space *space, const poolobj *over, size_t index,
                           size_t *length) {
    struct bytes bytes = bytes_of(space, over);
    *length = bytes.length;
    return index < *length ? number_new_int(space, bytes.data[index]) : NULL;
}

poolobj *iterator_at_items(poolval_space *space, const poolobj *over, size_t index,
                           size_t *length) {
    poolobj *const *items = tuple_items_of(space, over, length);
    return index < *length ? value_ref(items[index]) : NULL;
}

static int next_at(poolval_space *space, struct value_iterator *iterator, const struct kind *kind,
                   poolobj **item) {
    size_t length, index = iterator->place.index;
    *item = kind->at(space, iterator->over, index, &length);
    if (index >= length) return 0;
    if (*item == NULL) return -1;
    iterator->place.index++;
    return 1;
}

static NOINLINE int next_slow(poolval_space *space, poolobj *value, poolobj **item) {
    struct value_iterator *iterator = (struct value_iterator *)value;
    *item = NULL;
    if (!value_require_own(space, value)) return -1;
    if (own_any(space) && own_find(space, value) != NULL)
        return own_next(own_find(space, value), value, item);
    if (!value_require(space, value, POOLVAL_ITERATOR, "an iterator")) return -1;
    if (iterator->over == NULL) return 0;
    const struct kind *kind = value_kind(space, iterator->over);
    int more =
        kind->entries ? next_entry(space, iterator, item) : next_at(space, iterator, kind, item);
    if (more == 0) poolobj_clear(&iterator->over);
    return more;
}

/* Makes no call for items of lists, and so saves no register. Own types do not extend iterators. */
int poolval_next(poolval_space *space, poolobj *value, poolobj **item) {
    struct value_iterator *iterator = (struct value_iterator *)value;
    if (unlikely(!value_passes(space, value, POOLVAL_ITERATOR) ||
                 !value_is(space, iterator->over, POOLVAL_LIST)))
        return next_slow(space, value, item);
    const struct value_list *list = (const struct value_list *)iterator->over;
    size_t index = iterator->place.index;
    if (unlikely(index >= list->length || !value_try_ref(list->item[index])))
        return next_slow(space, value, item);
    iterator->place.index = index + 1;
    *item = list->item[index];
    return 1;
}
