/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

/* ---- Reading ---- */

static bool is_tail(unsigned char byte) { return (byte & 0xc0) == 0x80; }

/* The bytes that a character takes by its first byte; 0: none starts so. C0, C1 would be overlong,
   F5 and above out of range. */
static unsigned size_by_first(unsigned char first) {
    if (first < 0x80) return 1;
    if (first < 0xc2) return 0;
    if (first < 0xe0) return 2;
    if (first < 0xf0) return 3;
    return first < 0xf5 ? 4 : 0;
}

/* The smallest character of so many bytes. */
static const uint32_t least_of_size[5] = {0, 0, 0x80, 0x800, 0x10000};

static uint32_t assemble(const unsigned char *bytes, unsigned size) {
    if (size == 1) return bytes[0];
    uint32_t character = bytes[0] & (0x7fu >> size);
    for (unsigned i = 1; i < size; i++) character = character << 6 | (bytes[i] & 0x3f);
    return character;
}

unsigned utf8_read(const unsigned char *bytes, size_t left, uint32_t *character) {
    unsigned size = size_by_first(bytes[0]);
    if (size == 0 || size > left) return 0;
    for (unsigned i = 1; i < size; i++)
        if (!is_tail(bytes[i])) return 0;
    *character = assemble(bytes, size);
    return *character >= least_of_size[size] && utf8_is_scalar(*character) ? size : 0;
}

struct utf8_census utf8_count(const char *text, size_t size) {
    const unsigned char *bytes = (const unsigned char *)text;
    struct utf8_census census = {0, 0, 0};
    while (census.valid < size) {
        uint32_t character;
        unsigned taken = utf8_read(bytes + census.valid, size - census.valid, &character);
        if (taken == 0) break;
        census.valid += taken;
        census.length++;
        census.seen |= character;
    }
    return census;
}

void utf8_decode(const char *text, size_t size, void *to, unsigned width) {
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    for (size_t i = 0; at < end; i++) {
        unsigned taken = size_by_first(*at);
        uint32_t character = assemble(at, taken);
        at += taken;
        if (width == 1)
            ((uint8_t *)to)[i] = (uint8_t)character;
        else if (width == 2)
            ((uint16_t *)to)[i] = (uint16_t)character;
        else
            ((uint32_t *)to)[i] = character;
    }
}

/* ---- Writing ---- */

unsigned utf8_size(uint32_t character) {
    unsigned size = 1;
    while (size < 4 && character >= least_of_size[size + 1]) size++;
    return size;
}

char *utf8_put(char *to, uint32_t character) {
    unsigned size = utf8_size(character);
    if (size == 1) {
        *to = (char)character;
        return to + 1;
    }
    for (unsigned i = size; --i > 0; character >>= 6) to[i] = (char)(0x80 | (character & 0x3f));
    to[0] = (char)(0xf00u >> size | character);
    return to + size;
}
