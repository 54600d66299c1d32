/* SPDX-License-Identifier: MIT */
#include "value/bytes.h"

#include "base/check.h"
#include "value/str.h"

struct bytes bytes_of(const poolval_space *space, const poolobj *value) {
    const struct value_bytes *fixed = (const struct value_bytes *)value;
    const struct value_bytearray *array = (const struct value_bytearray *)value;
    if (value_is(space, value, POOLVAL_BYTES)) return (struct bytes){fixed->data, fixed->length};
    return (struct bytes){array->data, array->length};
}

int bytes_compare(struct bytes a, struct bytes b) {
    size_t both = size_min(a.length, b.length);
    int order = both > 0 ? memcmp(a.data, b.data, both) : 0;
    if (order != 0) return order < 0 ? -1 : 1;
    return (a.length > b.length) - (a.length < b.length);
}

void bytes_drop(poolobj *value) {
    const struct value_bytearray *array = (const struct value_bytearray *)value;
    value_press(value, array->room, 0);
    value_free(array->data);
}

void bytes_check(const struct value_bytearray *array) {
    CHECK(array->length <= array->room && (array->data == NULL) == (array->room == 0)); /* A1 */
}

/* False: neither, with the failure noted. */
static COLD bool require_bytes_slow(poolval_space *space, const poolobj *value) {
    if (!value_require_own(space, value)) return false;
    return bytes_is(space, value) || value_fail_type(space, "bytes or a bytearray", value) != NULL;
}
static bool read_value(poolval_space *space, const poolobj *value, struct bytes *bytes) {
    if (!value_passes(space, value, POOLVAL_BYTES) &&
        !value_passes(space, value, POOLVAL_BYTEARRAY) && !require_bytes_slow(space, value))
        return false;
    *bytes = bytes_of(space, value);
    return true;
}

/* ---- Making ---- */

static struct value_bytes *new_bytes(poolval_space *space, size_t length) {
    if (length > STR_LENGTH_MAX)
        return (struct value_bytes *)value_fail(space, POOLVAL_ERR_OVERFLOW,
                                                "no bytes are %u in number", length, 0);
    struct value_bytes *made =
        (struct value_bytes *)value_new_items(space, POOLVAL_BYTES, length + 1);
    if (made != NULL) made->length = length;
    return made;
}

/* False: no memory, noted, and nothing happened. */
static bool set_bytes_room(poolval_space *space, struct value_bytearray *array, size_t room) {
    uint8_t *data = (uint8_t *)value_try_reallocate(array->data, array->room, room);
    if (data == NULL) return value_fail_memory(space) != NULL;
    array->data = data;
    value_press(&array->base, array->room, room);
    array->room = room;
    return true;
}

static bool ensure_bytes_room(poolval_space *space, struct value_bytearray *array, size_t length) {
    if (likely(length <= array->room)) return true;
    if (length > STR_LENGTH_MAX)
        return value_fail(space, POOLVAL_ERR_OVERFLOW, "no bytearray has %u bytes", length, 0) !=
               NULL;
    return set_bytes_room(space, array, align_up(size_max(length, length + length / 8), 16));
}

static struct value_bytearray *new_array(poolval_space *space, size_t length) {
    struct value_bytearray *array = (struct value_bytearray *)value_new(
        space, POOLVAL_BYTEARRAY, sizeof(struct value_bytearray));
    if (array == NULL || length == 0) return array;
    if (length > STR_LENGTH_MAX || !set_bytes_room(space, array, length)) {
        if (length > STR_LENGTH_MAX) ensure_bytes_room(space, array, length);
        value_unref(&array->base);
        return NULL;
    }
    array->length = length;
    return array;
}

/* One of the type of `like`, to be filled in; *data is where. */
static poolobj *new_like(poolval_space *space, const poolobj *like, size_t length, uint8_t **data) {
    if (value_is(space, like, POOLVAL_BYTES)) {
        struct value_bytes *fixed = new_bytes(space, length);
        if (fixed != NULL) *data = fixed->data;
        return fixed != NULL ? &fixed->base : NULL;
    }
    struct value_bytearray *array = new_array(space, length);
    if (array != NULL) *data = array->data;
    return array != NULL ? &array->base : NULL;
}

static void copy_bytes(uint8_t *to, struct bytes from) {
    if (from.length > 0) memcpy(to, from.data, from.length);
}

poolobj *poolval_bytes_new(poolval_space *space, const void *data, size_t size) {
    if (size > 0 && data == NULL) return (poolobj *)value_fail_type(space, "an array", NULL);
    struct value_bytes *made = new_bytes(space, size);
    if (made == NULL) return NULL;
    copy_bytes(made->data, (struct bytes){(const uint8_t *)data, size});
    return &made->base;
}

poolobj *poolval_bytearray_new(poolval_space *space, const void *data, size_t size) {
    if (size > 0 && data == NULL) return (poolobj *)value_fail_type(space, "an array", NULL);
    struct value_bytearray *made = new_array(space, size);
    if (made == NULL) return NULL;
    copy_bytes(made->data, (struct bytes){(const uint8_t *)data, size});
    return &made->base;
}

/* ---- Looking ---- */

const void *poolval_bytes_data(poolval_space *space, const poolobj *value, size_t *size) {
    struct bytes bytes;
    if (!read_value(space, value, &bytes)) return NULL;
    if (size != NULL) *size = bytes.length;
    return bytes.data != NULL ? bytes.data : (const void *)"";
}

ptrdiff_t poolval_bytes_length(poolval_space *space, const poolobj *value) {
    struct bytes bytes;
    return read_value(space, value, &bytes) ? (ptrdiff_t)bytes.length : -1;
}

int poolval_bytes_at(poolval_space *space, const poolobj *value, ptrdiff_t index) {
    struct bytes bytes;
    if (!read_value(space, value, &bytes) || !value_index(space, "bytes", bytes.length, &index))
        return -1;
    return bytes.data[index];
}

ptrdiff_t poolval_bytes_find(poolval_space *space, const poolobj *value, const poolobj *part,
                             ptrdiff_t start, ptrdiff_t stop) {
    struct bytes bytes, what;
    if (!read_value(space, value, &bytes) || !read_value(space, part, &what)) return -2;
    bool there = value_slice(bytes.length, &start, &stop);
    if (!there || (size_t)(stop - start) < what.length) return -1;
    if (what.length == 0) return start;
    const uint8_t *at =
        (const uint8_t *)memmem(bytes.data + start, (size_t)(stop - start), what.data, what.length);
    return at != NULL ? at - bytes.data : -1;
}

/* ---- Combinations ---- */

poolobj *poolval_bytes_concat(poolval_space *space, poolobj *a, poolobj *b) {
    struct bytes x, y;
    uint8_t *data = NULL;
    if (!read_value(space, a, &x) || !read_value(space, b, &y)) return NULL;
    poolobj *made = new_like(space, a, x.length + y.length, &data);
    if (made == NULL) return NULL;
    copy_bytes(data, x);
    if (y.length > 0) copy_bytes(data + x.length, y);
    return made;
}

poolobj *poolval_bytes_repeat(poolval_space *space, poolobj *value, ptrdiff_t count) {
    struct bytes bytes;
    uint8_t *data = NULL;
    size_t all;
    if (!read_value(space, value, &bytes)) return NULL;
    if (__builtin_mul_overflow(bytes.length, (size_t)(count > 0 ? count : 0), &all)) all = SIZE_MAX;
    poolobj *made = new_like(space, value, all, &data);
    for (size_t at = 0; made != NULL && at < all; at += bytes.length) copy_bytes(data + at, bytes);
    return made;
}

poolobj *poolval_bytes_slice(poolval_space *space, poolobj *value, ptrdiff_t start,
                             ptrdiff_t stop) {
    struct bytes bytes;
    uint8_t *data = NULL;
    if (!read_value(space, value, &bytes)) return NULL;
    value_slice(bytes.length, &start, &stop);
    size_t count = (size_t)(stop - start);
    if (count == bytes.length && value_is(space, value, POOLVAL_BYTES)) return value_ref(value);
    poolobj *made = new_like(space, value, count, &data);
    if (made != NULL && count > 0) memcpy(data, bytes.data + start, count);
    return made;
}

poolobj *poolval_str_encode(poolval_space *space, poolobj *str) {
    size_t size;
    const char *text = poolval_str_utf8(space, str, &size);
    return text != NULL ? poolval_bytes_new(space, text, size) : NULL;
}

poolobj *poolval_bytes_decode(poolval_space *space, const poolobj *value) {
    struct bytes bytes;
    if (!read_value(space, value, &bytes)) return NULL;
    return poolval_str_new_size(space, bytes.length > 0 ? (const char *)bytes.data : "",
                                bytes.length);
}

/* ---- Changing ---- */

static struct value_bytearray *require_array(poolval_space *space, poolobj *value) {
    bool good = value_require(space, value, POOLVAL_BYTEARRAY, "a bytearray");
    return good ? (struct value_bytearray *)value : NULL;
}

static bool is_byte(poolval_space *space, int byte) {
    if (byte >= 0 && byte <= UINT8_MAX) return true;
    return value_fail(space, POOLVAL_ERR_VALUE, "%d is no byte", (uint64_t)byte, 0) != NULL;
}

void *poolval_bytearray_data(poolval_space *space, poolobj *value) {
    static uint8_t nothing[1];
    struct value_bytearray *array = require_array(space, value);
    if (array == NULL) return NULL;
    return array->data != NULL ? array->data : nothing;
}

int poolval_bytearray_set(poolval_space *space, poolobj *value, ptrdiff_t index, int byte) {
    struct value_bytearray *array = require_array(space, value);
    if (array == NULL || !value_index(space, "bytearray", array->length, &index)) return -1;
    if (!is_byte(space, byte)) return -1;
    array->data[index] = (uint8_t)byte;
    return 0;
}

int poolval_bytearray_append(poolval_space *space, poolobj *value, int byte) {
    struct value_bytearray *array = require_array(space, value);
    if (array == NULL || !is_byte(space, byte)) return -1;
    if (!ensure_bytes_room(space, array, array->length + 1)) return -1;
    array->data[array->length++] = (uint8_t)byte;
    return 0;
}

/* Room that is less than half used goes back, if there is memory to move to. */
static void give_room_back(struct value_bytearray *array) {
    if (array->length >= array->room / 2) return;
    size_t room = align_up(array->length + array->length / 8, 16);
    if (array->length == 0) {
        value_free(array->data);
        array->data = NULL;
        value_press(&array->base, array->room, 0);
        array->room = 0;
        return;
    }
    uint8_t *data = (uint8_t *)value_try_reallocate(array->data, array->length, room);
    if (data == NULL) return;
    array->data = data;
    value_press(&array->base, array->room, room);
    array->room = room;
}

int poolval_bytearray_set_slice(poolval_space *space, poolobj *value, ptrdiff_t start,
                                ptrdiff_t stop, poolobj *by) {
    struct value_bytearray *array = require_array(space, value);
    struct bytes what = {NULL, 0};
    poolobj *copied = NULL;
    if (array == NULL || (by != NULL && !read_value(space, by, &what))) return -1;
    if (by == value) { /* which moves while it is read */
        copied = poolval_bytes_new(space, what.data, what.length);
        if (copied == NULL) return -1;
        what = bytes_of(space, copied);
    }
    value_slice(array->length, &start, &stop);
    size_t behind = array->length - (size_t)stop, length = (size_t)start + what.length + behind;
    bool good = ensure_bytes_room(space, array, length);
    if (good && length > 0) {
        if (behind > 0)
            memmove(array->data + (size_t)start + what.length, array->data + stop, behind);
        copy_bytes(array->data + start, what);
    }
    if (good) array->length = length;
    if (good) give_room_back(array);
    if (copied != NULL) value_unref(copied);
    return good ? 0 : -1;
}

int poolval_bytearray_extend(poolval_space *space, poolobj *value, poolobj *by) {
    if (!value_require_any(space, by, "value")) return -1;
    return poolval_bytearray_set_slice(space, value, PTRDIFF_MAX, PTRDIFF_MAX, by);
}
