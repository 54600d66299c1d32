/* SPDX-License-Identifier: MIT */
/* The functions of poolval.h that put strings together, cut them, and look for one in another. */
#include "value/intern.h"
#include "value/tuple.h"

/* ---- Together ---- */

/* A string to be filled from left to right. */
struct splice {
    unsigned char *at;
    unsigned width_log;
};

static void splice_add(struct splice *splice, const struct value_str *str) {
    size_t length = str_length(str);
    str_widen(splice->at, splice->width_log, str_data(str), str_width_log(str), length);
    splice->at += length << splice->width_log;
}

static struct splice splice_into(struct value_str *str) {
    struct splice splice = {(unsigned char *)str_data(str), str_width_log(str)};
    return splice;
}

/* A character as wide as the string's widest, which is what str_new_empty wants to know. */
static uint32_t seen_of(const struct value_str *str) {
    static const uint32_t widest[] = {CHAR_MAX_LATIN1, CHAR_MAX_UCS2, CHAR_MAX_UNICODE};
    return str_is_ascii(str) ? 0 : widest[str_width_log(str)];
}

poolobj *poolval_str_concat(poolval_space *space, poolobj *a, poolobj *b) {
    if (!value_require(space, a, POOLVAL_STR, "a str") ||
        !value_require(space, b, POOLVAL_STR, "a str"))
        return NULL;
    const struct value_str *x = (struct value_str *)a, *y = (struct value_str *)b;
    if (str_length(x) == 0) return value_ref(b);
    if (str_length(y) == 0) return value_ref(a);
    struct value_str *str =
        str_new_empty(space, str_length(x) + str_length(y), seen_of(x) | seen_of(y));
    if (unlikely(str == NULL)) return NULL;
    struct splice splice = splice_into(str);
    splice_add(&splice, x);
    splice_add(&splice, y);
    return &str->base;
}

/* The first copy is there: the rest is copied from what is already there, twice as much each time.
 */
static void fill_up_bytes(unsigned char *data, size_t part, size_t all) {
    for (size_t done = part; done < all; done *= 2)
        memcpy(data + done, data, size_min(done, all - done));
}

poolobj *poolval_str_repeat(poolval_space *space, poolobj *value, ptrdiff_t count) {
    if (!value_require(space, value, POOLVAL_STR, "a str")) return NULL;
    struct value_str *from = (struct value_str *)value;
    size_t length;
    if (count <= 0 || str_length(from) == 0) return space->empty_str;
    if (count == 1) return intern_by_rule(space, value_ref(value));
    if (__builtin_mul_overflow(str_length(from), (size_t)count, &length)) length = SIZE_MAX;
    struct value_str *str = str_new_empty(space, length, seen_of(from));
    if (str == NULL) return NULL;
    memcpy(str_data(str), str_data(from), str_bytes(from));
    fill_up_bytes((unsigned char *)str_data(str), str_bytes(from), str_bytes(str));
    return intern_by_rule(space, &str->base);
}

/* What a join will be: length in characters, and what was seen in them. */
struct measure {
    size_t length;
    uint32_t seen;
};

static bool measure_add(poolval_space *space, struct measure *measure, const poolobj *item) {
    if (!value_require(space, item, POOLVAL_STR, "a str")) return false;
    const struct value_str *str = (const struct value_str *)item;
    measure->seen |= seen_of(str);
    if (!__builtin_add_overflow(measure->length, str_length(str), &measure->length)) return true;
    value_fail(space, POOLVAL_ERR_OVERFLOW, "the joined str is too long", 0, 0);
    return false;
}

poolobj *poolval_str_join(poolval_space *space, poolobj *separator, poolobj *strings) {
    size_t count;
    struct measure measure = {0, 0};
    poolobj *const *item = poolval_items(space, strings, &count);
    if (item == NULL || !value_require(space, separator, POOLVAL_STR, "a str")) return NULL;
    for (size_t i = 0; i < count; i++)
        if ((i > 0 && !measure_add(space, &measure, separator)) ||
            !measure_add(space, &measure, item[i]))
            return NULL;
    if (measure.length == 0) return space->empty_str;
    if (count == 1) return value_ref(item[0]);
    struct value_str *str = str_new_empty(space, measure.length, measure.seen);
    if (str == NULL) return NULL;
    struct splice splice = splice_into(str);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) splice_add(&splice, (const struct value_str *)separator);
        splice_add(&splice, (const struct value_str *)item[i]);
    }
    if (measure.length > 1) return &str->base;
    poolobj *shared =
        str_new_chars(space, str_data(str), str_width_log(str), measure.length); /* S4 */
    value_unref(&str->base);
    return shared;
}

/* ---- Parts ---- */

poolobj *poolval_str_slice(poolval_space *space, poolobj *value, ptrdiff_t start, ptrdiff_t stop) {
    if (!value_require(space, value, POOLVAL_STR, "a str")) return NULL;
    const struct value_str *str = (const struct value_str *)value;
    value_slice(str_length(str), &start, &stop);
    if ((size_t)(stop - start) == str_length(str)) return value_ref(value);
    unsigned width_log = str_width_log(str);
    const char *data = (const char *)str_data(str) + ((size_t)start << width_log);
    size_t length = (size_t)(stop - start);
    if (!str_is_ascii(str) || length < 2) return str_new_chars(space, data, width_log, length);
    return (poolobj *)str_new_ascii(space, data, length);
}

/* ---- Search ---- */

/* Characters of the same width, and where to look on. */
struct search {
    const char *data, *part;
    size_t count, length; /* characters of each; length > 0 */
    unsigned width_log;
    size_t from;
};

enum { FOUND_NONE = -1, FOUND_FAILED = -2, ASTRIDE_MOST = 8 };

/* Knuth, Morris and Pratt: time in proportion to the lengths whatever the characters are. border[i]
   is the length of the longest beginning of the part that also ends at its character i, and is
   shorter. */
static ptrdiff_t find_by_borders(const struct search *search, size_t *border) {
    unsigned log = search->width_log;
    size_t matched = 0;
    border[0] = 0;
    for (size_t i = 1; i < search->length; i++) {
        uint32_t character = str_char(search->part, log, i);
        while (matched > 0 && str_char(search->part, log, matched) != character)
            matched = border[matched - 1];
        border[i] = matched += str_char(search->part, log, matched) == character;
    }
    matched = 0;
    for (size_t i = search->from; i < search->count; i++) {
        uint32_t character = str_char(search->data, log, i);
        while (matched > 0 && str_char(search->part, log, matched) != character)
            matched = border[matched - 1];
        matched += str_char(search->part, log, matched) == character;
        if (matched == search->length) return (ptrdiff_t)(i + 1 - matched);
    }
    return FOUND_NONE;
}

static ptrdiff_t find_slowly(poolval_space *space, const struct search *search) {
    size_t *border = (size_t *)value_allocate(space, search->length * sizeof border[0]);
    if (border == NULL) return FOUND_FAILED;
    ptrdiff_t found = find_by_borders(search, border);
    value_free(border);
    return found;
}

/* Searches for the bytes, which is quickest. A place astride of characters is none; after some of
   those, which only texts made for it have many of, goes on character by character. */
static ptrdiff_t find_chars(poolval_space *space, struct search *search) {
    unsigned log = search->width_log;
    const char *end = search->data + (search->count << log);
    size_t width = (size_t)1 << log;
    for (int astride = 0; search->from + search->length <= search->count; astride++) {
        if (astride == ASTRIDE_MOST) return find_slowly(space, search);
        const char *from = search->data + (search->from << log);
        const char *at =
            (const char *)memmem(from, (size_t)(end - from), search->part, search->length << log);
        if (at == NULL) return FOUND_NONE;
        size_t offset = (size_t)(at - search->data);
        search->from = align_up(offset, width) >> log;
        if (offset % width == 0) return (ptrdiff_t)search->from;
    }
    return FOUND_NONE;
}

/* Looks for `part` with its characters made as wide as those of `str`. */
static ptrdiff_t find_part(poolval_space *space, const struct value_str *str, size_t start,
                           size_t count, const struct value_str *part) {
    char few[128];
    unsigned log = str_width_log(str);
    size_t size = str_length(part) << log;
    struct search search = {(const char *)str_data(str) + (start << log),
                            (const char *)str_data(part),
                            count,
                            str_length(part),
                            log,
                            0};
    if (str_width_log(part) == log) return find_chars(space, &search);
    char *wide = size <= sizeof few ? few : (char *)value_allocate(space, size);
    if (wide == NULL) return FOUND_FAILED;
    str_widen(wide, log, str_data(part), str_width_log(part), str_length(part));
    search.part = wide;
    ptrdiff_t found = find_chars(space, &search);
    if (wide != few) value_free(wide);
    return found;
}

ptrdiff_t poolval_str_find(poolval_space *space, const poolobj *value, const poolobj *part,
                           ptrdiff_t start, ptrdiff_t stop) {
    if (!value_require(space, value, POOLVAL_STR, "a str") ||
        !value_require(space, part, POOLVAL_STR, "a str"))
        return FOUND_FAILED;
    const struct value_str *str = (const struct value_str *)value,
                           *what = (const struct value_str *)part;
    bool there = value_slice(str_length(str), &start, &stop);
    size_t count = (size_t)(stop - start);
    if (!there || str_length(what) > count) return FOUND_NONE;
    if (str_length(what) == 0) return start;
    if (str_width_log(what) > str_width_log(str)) return FOUND_NONE;
    ptrdiff_t found = find_part(space, str, (size_t)start, count, what);
    return found < 0 ? found : start + found;
}
