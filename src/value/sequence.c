/* SPDX-License-Identifier: MIT */
/* The functions of poolval.h that ask any container for its length, for an item, or for a slice. */
#include "value/sequence.h"

#include "value/bytes.h"
#include "value/order.h"
#include "value/own.h"
#include "value/range.h"
#include "value/set.h"
#include "value/str.h"

size_t sequence_length_of_str(const poolval_space *space, const poolobj *value) {
    (void)space;
    return str_length((const struct value_str *)value);
}
size_t sequence_length_of_bytes(const poolval_space *space, const poolobj *value) {
    return bytes_of(space, value).length;
}
size_t sequence_length_of_range(const poolval_space *space, const poolobj *value) {
    (void)space;
    return ((const struct value_range *)value)->length;
}
size_t sequence_length_of_tuple(const poolval_space *space, const poolobj *value) {
    (void)space;
    return ((const struct value_tuple *)value)->length;
}
size_t sequence_length_of_list(const poolval_space *space, const poolobj *value) {
    (void)space;
    return ((const struct value_list *)value)->length;
}
size_t sequence_length_of_dict(const poolval_space *space, const poolobj *value) {
    (void)space;
    return ((const struct value_dict *)value)->length;
}

ALWAYS_INLINE ptrdiff_t length_of(poolval_space *space, const poolobj *value) {
    if (own_of(space, value) != NULL)
        return own_length(own_of(space, value), (poolobj *)(uintptr_t)value);
    const struct kind *kind = value_kind(space, value);
    if (likely(kind->length != NULL)) return (ptrdiff_t)kind->length(space, value);
    value_fail_type(space, "something with a length", value);
    return -1;
}
static COLD ptrdiff_t length_checked(poolval_space *space, const poolobj *value) {
    return value_check(space, value, "value") ? length_of(space, value) : -1;
}
ptrdiff_t poolval_length(poolval_space *space, const poolobj *value) {
    return likely(!space->checked) ? length_of(space, value) : length_checked(space, value);
}

/* ---- Whether an item is there: 1, 0, -1 ---- */

int sequence_items_have(poolval_space *space, poolobj *value, poolobj *item) {
    size_t count;
    poolobj *const *items = tuple_items_of(space, value, &count);
    for (size_t i = 0; i < count; i++) {
        int equal = order_equal_held(space, items[i], item);
        if (equal != 0) return equal;
        if (own_any(space)) items = tuple_items_of(space, value, &count);
    }
    return 0;
}

int sequence_other_has(poolval_space *space, poolobj *value, poolobj *item) {
    if (own_of(space, value) == NULL) {
        value_fail_type(space, "something with items", value);
        return -1;
    }
    poolobj *iterator = poolval_iterate(space, value), *next;
    int equal = 0, more = -1;
    if (iterator == NULL) return -1;
    while (equal == 0 && (more = poolval_next(space, iterator, &next)) == 1) {
        equal = order_equal(space, next, item, space->depth_max);
        value_unref(next);
    }
    value_unref(iterator);
    return more < 0 ? -1 : equal;
}

int sequence_range_has(poolval_space *space, poolobj *range, poolobj *item) {
    int64_t number;
    if (value_is(space, item, POOLVAL_FLOAT)) {
        double real = ((const struct value_float *)item)->number;
        if (!(real >= -0x1p63 && real < 0x1p63) || (double)(int64_t)real != real) return 0;
        number = (int64_t)real;
    } else if (!number_int_of(space, item, &number)) {
        return 0;
    }
    return range_has((const struct value_range *)range, number);
}

int sequence_bytes_have(poolval_space *space, poolobj *value, poolobj *item) {
    int64_t byte;
    struct bytes bytes = bytes_of(space, value);
    if (!number_int_of(space, item, &byte)) {
        ptrdiff_t at = poolval_bytes_find(space, value, item, 0, PTRDIFF_MAX);
        return at == -2 ? -1 : at >= 0;
    }
    return bytes.length > 0 && byte >= 0 && byte <= UINT8_MAX &&
           memchr(bytes.data, (int)byte, bytes.length) != NULL;
}

int sequence_str_has(poolval_space *space, poolobj *value, poolobj *item) {
    ptrdiff_t at = poolval_str_find(space, value, item, 0, PTRDIFF_MAX);
    return at == -2 ? -1 : at >= 0;
}

int sequence_dict_has(poolval_space *space, poolobj *value, poolobj *item) {
    poolobj *found;
    return poolval_dict_find(space, value, item, &found);
}

int sequence_set_has(poolval_space *space, poolobj *value, poolobj *item) {
    return poolval_set_has(space, value, item);
}

ALWAYS_INLINE int has(poolval_space *space, poolobj *value, poolobj *item) {
    if (!value_require_any(space, item, "item")) return -1;
    const struct kind *kind = value_kind(space, value);
    if (likely(kind->contains != NULL)) return kind->contains(space, value, item);
    value_fail_type(space, "something with items", value);
    return -1;
}
static COLD int has_checked(poolval_space *space, poolobj *value, poolobj *item) {
    if (!value_check(space, value, "value") || !value_check(space, item, "item")) return -1;
    return has(space, value, item);
}
int poolval_contains(poolval_space *space, poolobj *value, poolobj *item) {
    return likely(!space->checked) ? has(space, value, item) : has_checked(space, value, item);
}

/* ---- Slices ---- */

static bool read_cut(poolval_space *space, const poolobj *slice, size_t length, struct cut *cut) {
    if (!value_require(space, slice, POOLVAL_SLICE, "a slice")) return false;
    *cut = range_cut_slice((const struct value_slice *)slice, length);
    return true;
}

poolobj *sequence_cut_str(poolval_space *space, poolobj *value, const struct cut *cut) {
    const struct value_str *str = (const struct value_str *)value;
    if (cut->count == 0) return space->empty_str;
    unsigned log = str_width_log(str);
    uint64_t few[16];
    size_t size = cut->count << log;
    void *chars = size <= sizeof few ? (void *)few : value_allocate(space, size);
    if (chars == NULL) return NULL;
    for (size_t i = 0; i < cut->count; i++)
        str_put(chars, log, i, str_at(str, range_cut_at(cut, i)));
    poolobj *made = str_new_chars(space, chars, log, cut->count);
    if (chars != few) value_free(chars);
    return made;
}

poolobj *sequence_cut_bytes(poolval_space *space, poolobj *value, const struct cut *cut) {
    struct bytes from = bytes_of(space, value);
    bool fixed = value_is(space, value, POOLVAL_BYTES);
    poolobj *made = fixed ? poolval_bytes_new(space, from.data, cut->count)
                          : poolval_bytearray_new(space, from.data, cut->count);
    if (made == NULL || cut->count == 0) return made;
    uint8_t *to = (uint8_t *)(uintptr_t)bytes_of(space, made).data;
    for (size_t i = 0; i < cut->count; i++) to[i] = from.data[range_cut_at(cut, i)];
    return made;
}

poolobj *sequence_cut_items(poolval_space *space, poolobj *value, const struct cut *cut) {
    size_t length;
    poolobj *const *from = tuple_items_of(space, value, &length);
    if (value_is(space, value, POOLVAL_LIST)) {
        struct value_list *list = list_new(space, cut->count);
        if (list == NULL) return NULL;
        for (size_t i = 0; i < cut->count; i++)
            list->item[list->length++] = value_ref(from[range_cut_at(cut, i)]);
        return value_made(space, list);
    }
    if (cut->count == 0) return space->empty_tuple;
    struct value_tuple *tuple = tuple_new_unset(space, cut->count);
    if (tuple == NULL) return NULL;
    for (size_t i = 0; i < cut->count; i++) tuple->item[i] = value_ref(from[range_cut_at(cut, i)]);
    return value_made(space, tuple);
}

/* What would be the integer at an index, even where there is none. */
static bool far_at(const struct value_range *range, ptrdiff_t index, int64_t *number) {
    int64_t span;
    return !__builtin_mul_overflow(range->step, index, &span) &&
           !__builtin_add_overflow(range->start, span, number);
}

poolobj *sequence_cut_range(poolval_space *space, poolobj *value, const struct cut *cut) {
    const struct value_range *range = (const struct value_range *)value;
    int64_t start, stop, step;
    if (far_at(range, cut->start, &start) && far_at(range, cut->stop, &stop) &&
        !__builtin_mul_overflow(range->step, cut->step, &step))
        return poolval_range_new(space, start, stop, step);
    return (poolobj *)value_fail(space, POOLVAL_ERR_OVERFLOW, "a range beyond 64 bits", 0, 0);
}

poolobj *poolval_get_slice(poolval_space *space, poolobj *value, const poolobj *slice) {
    struct cut cut;
    if (!value_require_own(space, value)) return NULL;
    const struct kind *kind = value_kind(space, value);
    if (kind->slice == NULL) return (poolobj *)value_fail_type(space, "a sequence", value);
    if (!read_cut(space, slice, kind->length(space, value), &cut)) return NULL;
    return kind->slice(space, value, &cut);
}

/* ---- Slices of lists, changed ---- */

static int swap_items(poolval_space *space, struct value_list *list, const struct cut *cut,
                      poolobj *items) {
    size_t count;
    poolobj *const *from = poolval_items(space, items, &count);
    if (from == NULL || !value_admits(space, from, count)) return -1;
    if (count != cut->count)
        return value_fail_int(space, POOLVAL_ERR_VALUE, "%u items for a slice of %u", count,
                              cut->count);
    struct value_list *coming = list_new(space, count);
    if (coming == NULL) return -1;
    list_add(coming, from, count);
    for (size_t i = 0; i < count; i++) {
        poolobj **at = &list->item[range_cut_at(cut, i)], *old = *at;
        *at = coming->item[i];
        coming->item[i] = old;
    }
    value_unref(&coming->base);
    return 0;
}

int poolval_set_slice(poolval_space *space, poolobj *value, const poolobj *slice, poolobj *items) {
    struct cut cut;
    if (!value_require(space, value, POOLVAL_LIST, "a list")) return -1;
    struct value_list *list = (struct value_list *)value;
    if (!read_cut(space, slice, list->length, &cut)) return -1;
    if (cut.step != 1) return swap_items(space, list, &cut, items);
    return poolval_list_set_slice(space, value, cut.start, cut.start + (ptrdiff_t)cut.count, items);
}

/* The items that go are held until the list is whole. */
int poolval_remove_slice(poolval_space *space, poolobj *value, const poolobj *slice) {
    struct cut cut;
    if (!value_require(space, value, POOLVAL_LIST, "a list")) return -1;
    struct value_list *list = (struct value_list *)value, *going;
    if (!read_cut(space, slice, list->length, &cut)) return -1;
    if (cut.count == 0) return 0;
    if ((going = list_new(space, cut.count)) == NULL) return -1;
    size_t first = range_cut_at(&cut, cut.step > 0 ? 0 : cut.count - 1), to = first;
    size_t width = (size_t)(cut.step > 0 ? cut.step : -cut.step);
    for (size_t from = first; from < list->length; from++) {
        if ((from - first) % width == 0 && going->length < cut.count)
            going->item[going->length++] = list->item[from];
        else
            list->item[to++] = list->item[from];
    }
    list->length = to;
    list_give_room_back(space, list);
    value_unref(&going->base);
    return 0;
}
