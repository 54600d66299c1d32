/* SPDX-License-Identifier: MIT */
/* Integers as text and back, in any base up to 36: a word of digits at a time. */
#include "value/integer.h"

/* How many digits a word holds, and the base to the power of their number. */
struct chunk {
    unsigned digits;
    uint64_t power;
};

static struct chunk chunk_of(unsigned base) {
    struct chunk chunk = {0, 1};
    while (chunk.power <= UINT64_MAX / base) {
        chunk.power *= base;
        chunk.digits++;
    }
    return chunk;
}

/* Writes digits to the left of `end`: exactly `count`, or as many as there are. */
static char *put_digits(char *end, uint64_t word, unsigned base, unsigned count) {
    for (unsigned i = 0; count > 0 ? i < count : word > 0; i++, word /= base)
        *--end = "0123456789abcdefghijklmnopqrstuvwxyz"[word % base];
    return end;
}

/* Divides `limb` away. */
static char *put_all(char *end, uint64_t *limb, size_t length, unsigned base) {
    struct chunk chunk = chunk_of(base);
    while (length > 0) {
        uint64_t word = limbs_divide_word(limb, limb, length, chunk.power);
        length = limbs_trim(limb, length);
        end = put_digits(end, word, base, length > 0 ? chunk.digits : 0);
    }
    return end;
}

/* Digits of the base are worth at least so many bits, hence the room. */
char *integer_text(poolval_space *space, const struct integer *view, unsigned base) {
    unsigned least = LIMB_BITS - 1 - (unsigned)__builtin_clzll(base);
    size_t room = limbs_bits(view->limb, view->length) / least + 3;
    size_t words = view->length * sizeof(uint64_t);
    char *text = (char *)value_allocate(space, room + words + sizeof(uint64_t));
    if (text == NULL) return NULL;
    uint64_t *limb = (uint64_t *)(void *)(text + align_up(room, sizeof(uint64_t)));
    memcpy(limb, view->limb, words);
    char *end = text + room - 1, *start = view->length > 0 ? put_all(end, limb, view->length, base)
                                                           : put_digits(end, 0, base, 1);
    if (view->negative) *--start = '-';
    memmove(text, start, (size_t)(end - start));
    text[end - start] = '\0';
    return text;
}

static unsigned value_of_digit(char digit) {
    unsigned c = (unsigned char)digit;
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

poolobj *integer_parse(poolval_space *space, const char *digits, size_t count, unsigned base,
                       bool negative) {
    struct chunk chunk = chunk_of(base);
    size_t length = 0;
    struct value_large *large = integer_begin(space, (count + chunk.digits - 1) / chunk.digits);
    if (large == NULL) return NULL;
    for (size_t i = 0; i < count;) {
        uint64_t word = 0, power = 1;
        for (unsigned n = 0; n < chunk.digits && i < count; i++) {
            if (digits[i] == '_') continue;
            word = word * base + value_of_digit(digits[i]);
            power *= base;
            n++;
        }
        uint64_t carry = limbs_multiply_word(large->limb, large->limb, length, power, word);
        if (carry != 0) large->limb[length++] = carry;
    }
    return integer_end(space, large, length, negative);
}
