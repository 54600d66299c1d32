/* SPDX-License-Identifier: MIT */
#include "value/str.h"

#include "base/check.h"

/* ---- Making ---- */

void *str_fail_length(poolval_space *space, size_t length) {
    return value_fail(space, POOLVAL_ERR_OVERFLOW, "no string has %u characters", length, 0);
}

ALWAYS_INLINE struct value_str *make_empty(poolval_space *space, size_t length, uint32_t seen,
                                           bool zeroed) {
    unsigned width_log = str_width_log_for(seen);
    bool ascii = seen <= CHAR_MAX_ASCII;
    if (length > STR_LENGTH_MAX) return (struct value_str *)str_fail_length(space, length);
    size_t bytes = (length + 1) << width_log; /* a zero behind */
    if (!ascii) bytes += sizeof(struct str_utf8 *);
    struct value_str *str =
        (struct value_str *)value_new_items_of(space, POOLVAL_STR, bytes, zeroed);
    if (likely(str != NULL))
        str->shape = (uint64_t)length << STR_LENGTH_SHIFT | (ascii ? STR_ASCII : 0) | width_log;
    return str;
}

struct value_str *str_new_empty(poolval_space *space, size_t length, uint32_t seen) {
    return make_empty(space, length, seen, true);
}

struct value_str *str_new_ascii(poolval_space *space, const char *chars, size_t length) {
    struct value_str *str = make_empty(space, length, 0, false);
    if (unlikely(str == NULL)) return NULL;
    str->hash = 0;
    /* The word with the last characters, for the zero behind them. */
    size_t words = align_up(sizeof *str + length + 1, 8) / 8;
    memset((uint64_t *)(void *)str + words - 1, 0, 8);
    memcpy(str + 1, chars, length);
    return str;
}

bool str_make_shared(poolval_space *space) {
    for (unsigned i = 0; i <= LATIN1_CHARS; i++) {
        size_t length = i < LATIN1_CHARS;
        struct value_str *str = str_new_empty(space, length, length > 0 ? i : 0);
        if (str == NULL) return false;
        if (length > 0) *(uint8_t *)str_data(str) = (uint8_t)i;
        str->shape |= STR_SHARED;
        poolobj_immortal(str);
        *(length > 0 ? &space->latin1[i] : &space->empty_str) = &str->base;
    }
    return true;
}

/* The shared string with these characters, or NULL. */
static poolobj *shared(const poolval_space *space, const void *data, unsigned width_log,
                       size_t length) {
    if (length == 0) return space->empty_str;
    uint32_t first = str_char(data, width_log, 0);
    return length == 1 && first < LATIN1_CHARS ? space->latin1[first] : NULL;
}

void str_widen(void *to, unsigned to_log, const void *from, unsigned from_log, size_t count) {
    if (to_log == from_log) {
        memcpy(to, from, count << from_log);
    } else if (to_log == 1) {
        for (size_t i = 0; i < count; i++) ((uint16_t *)to)[i] = ((const uint8_t *)from)[i];
    } else {
        for (size_t i = 0; i < count; i++) ((uint32_t *)to)[i] = str_char(from, from_log, i);
    }
}

static void narrow(void *to, unsigned to_log, const void *from, unsigned from_log, size_t count) {
    for (size_t i = 0; i < count; i++) str_put(to, to_log, i, str_char(from, from_log, i));
}

uint32_t str_seen(const void *data, unsigned width_log, size_t length) {
    uint32_t seen = 0;
    if (width_log == 0) return utf8_is_ascii((const char *)data, length) ? 0 : CHAR_MAX_LATIN1;
    for (size_t i = 0; i < length; i++) seen |= str_char(data, width_log, i);
    return seen;
}

poolobj *str_new_chars(poolval_space *space, const void *data, unsigned width_log, size_t length) {
    poolobj *known = shared(space, data, width_log, length);
    if (known != NULL) return known;
    struct value_str *str = str_new_empty(space, length, str_seen(data, width_log, length));
    if (unlikely(str == NULL)) return NULL;
    unsigned to_log = str_width_log(str);
    if (to_log < width_log)
        narrow(str_data(str), to_log, data, width_log, length);
    else
        memcpy(str_data(str), data, length << width_log);
    return &str->base;
}

poolobj *poolval_str_new_chars(poolval_space *space, const uint32_t *chars, size_t length) {
    if (length > 0 && chars == NULL) return (poolobj *)value_fail_type(space, "an array", NULL);
    if (length > STR_LENGTH_MAX) return (poolobj *)str_fail_length(space, length);
    for (size_t i = 0; i < length; i++)
        if (!utf8_is_scalar(chars[i]))
            return (poolobj *)value_fail(space, POOLVAL_ERR_ENCODING,
                                         "character %u, %x, is no Unicode scalar value", i,
                                         chars[i]);
    return str_new_chars(space, chars, 2, length);
}

/* ---- UTF-8 ---- */

void str_drop_utf8(struct value_str *str) {
    if (!str_is_ascii(str)) value_free(*str_utf8_of(str));
}

static size_t utf8_size_of(const struct value_str *str) {
    size_t size = 0;
    for (size_t i = 0; i < str_length(str); i++) size += utf8_size(str_at(str, i));
    return size;
}

static struct str_utf8 *make_utf8(poolval_space *space, const struct value_str *str) {
    size_t size = utf8_size_of(str);
    struct str_utf8 *utf8 = (struct str_utf8 *)value_allocate(space, sizeof *utf8 + size + 1);
    if (utf8 == NULL) return NULL;
    char *to = utf8->text;
    for (size_t i = 0; i < str_length(str); i++) to = utf8_put(to, str_at(str, i));
    *to = '\0';
    utf8->size = size;
    return utf8;
}

const char *poolval_str_utf8(poolval_space *space, poolobj *value, size_t *size) {
    if (!value_require(space, value, POOLVAL_STR, "a str")) return NULL;
    struct value_str *str = (struct value_str *)value;
    if (str_is_ascii(str)) {
        if (size != NULL) *size = str_length(str);
        return (const char *)str_data(str);
    }
    struct str_utf8 **utf8 = str_utf8_of(str);
    if (*utf8 == NULL && (*utf8 = make_utf8(space, str)) == NULL) return NULL;
    if (size != NULL) *size = (*utf8)->size;
    return (*utf8)->text;
}

size_t str_utf8_bytes(const struct value_str *str) {
    const struct str_utf8 *utf8 = str_is_ascii(str) ? NULL : *str_utf8_of(str);
    return utf8 != NULL ? sizeof *utf8 + utf8->size + 1 : 0;
}

/* ---- Looking at them ---- */

uint64_t str_make_hash(const poolval_space *space, struct value_str *str) {
    str->hash = hash_bytes(&space->key, str_data(str), str_bytes(str));
    return str->hash;
}

int str_compare(const struct value_str *a, const struct value_str *b) {
    size_t length = size_min(str_length(a), str_length(b)), i = 0;
    if (str_width_log(a) == 0 && str_width_log(b) == 0) {
        int order = memcmp(str_data(a), str_data(b), length);
        if (order != 0) return order < 0 ? -1 : 1;
        i = length;
    }
    for (; i < length; i++) {
        uint32_t x = str_at(a, i), y = str_at(b, i);
        if (x != y) return x < y ? -1 : 1;
    }
    return (str_length(a) > str_length(b)) - (str_length(a) < str_length(b));
}

ptrdiff_t poolval_str_length(poolval_space *space, const poolobj *str) {
    if (!value_require(space, str, POOLVAL_STR, "a str")) return -1;
    return (ptrdiff_t)str_length((const struct value_str *)str);
}

int poolval_str_width(poolval_space *space, const poolobj *str) {
    if (!value_require(space, str, POOLVAL_STR, "a str")) return -1;
    return 1 << str_width_log((const struct value_str *)str);
}

int32_t poolval_str_at(poolval_space *space, const poolobj *value, ptrdiff_t index) {
    if (!value_require(space, value, POOLVAL_STR, "a str")) return -1;
    const struct value_str *str = (const struct value_str *)value;
    if (!value_index(space, "str", str_length(str), &index)) return -1;
    return (int32_t)str_at(str, (size_t)index);
}

const void *poolval_str_data(poolval_space *space, const poolobj *str) {
    if (!value_require(space, str, POOLVAL_STR, "a str")) return NULL;
    return str_data((const struct value_str *)str);
}

void str_check(const poolval_space *space, struct value_str *str) {
    unsigned width_log = str_width_log(str);
    uint32_t seen = str_seen(str_data(str), width_log, str_length(str));
    CHECK(str_width_log_for(seen) == width_log && (seen <= CHAR_MAX_ASCII) == str_is_ascii(str));
    CHECK(str_char(str_data(str), width_log, str_length(str)) == 0);
    uint64_t hash = str->hash;
    CHECK(hash == 0 || hash == str_make_hash(space, str)); /* S3 */
    str->hash = hash;
    const poolobj *known = shared(space, str_data(str), width_log, str_length(str));
    CHECK(known == NULL || known == &str->base); /* S4 */
}
