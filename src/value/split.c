/* SPDX-License-Identifier: MIT */
/* The functions of poolval.h that look for parts of strings and cut at them. */
#include "value/letter.h"
#include "value/list.h"
#include "value/str.h"

enum { FOUND_NONE = -1, FOUND_FAILED = -2 };

static const struct value_str *require_str(poolval_space *space, const poolobj *str) {
    return value_require(space, str, POOLVAL_STR, "a str") ? (const struct value_str *)str : NULL;
}

/* ---- Starts and ends ---- */

/* Whether the characters of `part` stand at an index, from where there are as many. */
static bool stands_at(const struct value_str *str, const struct value_str *part, size_t index) {
    unsigned log = str_width_log(str), part_log = str_width_log(part);
    const char *at = (const char *)str_data(str) + (index << log);
    if (log == part_log) return memcmp(at, str_data(part), str_bytes(part)) == 0;
    for (size_t i = 0; i < str_length(part); i++)
        if (str_at(str, index + i) != str_at(part, i)) return false;
    return true;
}

int poolval_str_starts(poolval_space *space, const poolobj *value, const poolobj *with) {
    const struct value_str *str = require_str(space, value), *part = require_str(space, with);
    if (str == NULL || part == NULL) return -1;
    return str_length(part) <= str_length(str) && stands_at(str, part, 0);
}

int poolval_str_ends(poolval_space *space, const poolobj *value, const poolobj *with) {
    const struct value_str *str = require_str(space, value), *part = require_str(space, with);
    if (str == NULL || part == NULL) return -1;
    return str_length(part) <= str_length(str) &&
           stands_at(str, part, str_length(str) - str_length(part));
}

ptrdiff_t poolval_str_find_last(poolval_space *space, const poolobj *value, const poolobj *with,
                                ptrdiff_t start, ptrdiff_t stop) {
    const struct value_str *str = require_str(space, value), *part = require_str(space, with);
    if (str == NULL || part == NULL) return FOUND_FAILED;
    bool there = value_slice(str_length(str), &start, &stop);
    ptrdiff_t length = (ptrdiff_t)str_length(part);
    if (!there || stop - start < length) return FOUND_NONE;
    for (ptrdiff_t i = stop - length; i >= start; i--)
        if (stands_at(str, part, (size_t)i)) return i;
    return FOUND_NONE;
}

ptrdiff_t poolval_str_count(poolval_space *space, const poolobj *value, const poolobj *with,
                            ptrdiff_t start, ptrdiff_t stop) {
    const struct value_str *str = require_str(space, value), *part = require_str(space, with);
    if (str == NULL || part == NULL) return -1;
    bool there = value_slice(str_length(str), &start, &stop);
    ptrdiff_t count = 0, length = (ptrdiff_t)str_length(part), at;
    if (length == 0) return there ? stop - start + 1 : 0;
    for (; there; start = at + length, count++) {
        at = poolval_str_find(space, value, with, start, stop);
        if (at == FOUND_FAILED) return -1;
        if (at < 0) break;
    }
    return count;
}

/* ---- Strip ---- */

static bool strips(const struct value_str *chars, uint32_t character) {
    if (chars == NULL) return letter_is_space(character);
    for (size_t i = 0; i < str_length(chars); i++)
        if (str_at(chars, i) == character) return true;
    return false;
}

poolobj *poolval_str_strip(poolval_space *space, poolobj *value, poolobj *chars, int sides) {
    const struct value_str *str = require_str(space, value), *which = NULL;
    if (str == NULL) return NULL;
    if (chars != NULL && (which = require_str(space, chars)) == NULL) return NULL;
    size_t start = 0, stop = str_length(str);
    if (sides & POOLVAL_LEFT)
        while (start < stop && strips(which, str_at(str, start))) start++;
    if (sides & POOLVAL_RIGHT)
        while (stop > start && strips(which, str_at(str, stop - 1))) stop--;
    return poolval_str_slice(space, value, (ptrdiff_t)start, (ptrdiff_t)stop);
}

/* ---- Split ---- */

/* The list of parts has room for so many from the beginning, as CPython's. */
enum { PARTS_EXPECTED = 12 };

static bool add_part(poolval_space *space, struct value_list *list, poolobj *str, size_t start,
                     size_t stop) {
    const struct value_str *from = (const struct value_str *)str;
    poolobj *part;
    if (str_is_ascii(from) && stop - start > 1 && stop - start < str_length(from))
        part = (poolobj *)str_new_ascii(space, (const char *)str_data(from) + start, stop - start);
    else
        part = poolval_str_slice(space, str, (ptrdiff_t)start, (ptrdiff_t)stop);
    if (unlikely(part == NULL || list->length == list->room))
        return poolval_list_append_steal(space, &list->base, part) == 0;
    list->item[list->length++] = part;
    return true;
}

static bool split_at_spaces(poolval_space *space, struct value_list *list, poolobj *value,
                            size_t most) {
    const struct value_str *str = (const struct value_str *)value;
    size_t length = str_length(str), i = 0;
    for (size_t parts = 0;; parts++) {
        while (i < length && letter_is_space(str_at(str, i))) i++;
        if (i == length) return true;
        size_t start = i;
        if (parts == most) return add_part(space, list, value, start, length);
        while (i < length && !letter_is_space(str_at(str, i))) i++;
        if (!add_part(space, list, value, start, i)) return false;
    }
}

/* A single byte between bytes, which most lines are. */
static bool split_at_byte(poolval_space *space, struct value_list *list, poolobj *value,
                          uint8_t separator, size_t most) {
    const struct value_str *str = (const struct value_str *)value;
    const uint8_t *data = (const uint8_t *)str_data(str);
    size_t start = 0, length = str_length(str);
    for (size_t parts = 0; parts < most; parts++) {
        const uint8_t *at = (const uint8_t *)memchr(data + start, separator, length - start);
        if (at == NULL) break;
        if (!add_part(space, list, value, start, (size_t)(at - data))) return false;
        start = (size_t)(at - data) + 1;
    }
    return add_part(space, list, value, start, length);
}

static bool split_at(poolval_space *space, struct value_list *list, poolobj *value,
                     poolobj *separator, size_t most) {
    const struct value_str *by = (const struct value_str *)separator;
    size_t start = 0, width = str_length(by);
    bool bytes = str_width_log((const struct value_str *)value) == 0 && str_width_log(by) == 0;
    if (bytes && width == 1)
        return split_at_byte(space, list, value, *(const uint8_t *)str_data(by), most);
    for (size_t parts = 0; parts < most; parts++) {
        ptrdiff_t at = poolval_str_find(space, value, separator, (ptrdiff_t)start, PTRDIFF_MAX);
        if (at == FOUND_FAILED) return false;
        if (at < 0) break;
        if (!add_part(space, list, value, start, (size_t)at)) return false;
        start = (size_t)at + width;
    }
    return add_part(space, list, value, start, str_length((const struct value_str *)value));
}

poolobj *poolval_str_split(poolval_space *space, poolobj *value, poolobj *separator,
                           ptrdiff_t most) {
    size_t cuts = most < 0 ? SIZE_MAX : (size_t)most;
    if (require_str(space, value) == NULL) return NULL;
    if (separator != NULL && require_str(space, separator) == NULL) return NULL;
    if (separator != NULL && str_length((const struct value_str *)separator) == 0)
        return (poolobj *)value_fail(space, POOLVAL_ERR_VALUE, "an empty separator", 0, 0);
    struct value_list *list = list_new(space, size_min(cuts, PARTS_EXPECTED - 1) + 1);
    if (list == NULL) return NULL;
    bool good = separator == NULL ? split_at_spaces(space, list, value, cuts)
                                  : split_at(space, list, value, separator, cuts);
    if (good) return value_made(space, list);
    value_unref(&list->base);
    return NULL;
}
