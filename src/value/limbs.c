/* SPDX-License-Identifier: MIT */
#include "value/limbs.h"

#include "base/check.h"

__extension__ typedef unsigned __int128 two_words;

int limbs_compare(const uint64_t *a, size_t a_length, const uint64_t *b, size_t b_length) {
    if (a_length != b_length) return a_length < b_length ? -1 : 1;
    for (size_t i = a_length; i-- > 0;)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}

size_t limbs_bits(const uint64_t *a, size_t length) {
    if (length == 0) return 0;
    return length * LIMB_BITS - (size_t)__builtin_clzll(a[length - 1]);
}

/* ---- Sums ---- */

uint64_t limbs_add(uint64_t *r, const uint64_t *a, size_t a_length, const uint64_t *b,
                   size_t b_length) {
    ASSERT(a_length >= b_length);
    uint64_t carry = 0;
    for (size_t i = 0; i < b_length; i++) {
        uint64_t part = a[i] + carry, sum = part + b[i];
        carry = (uint64_t)(part < carry) + (sum < part); /* at most one of them */
        r[i] = sum;
    }
    for (size_t i = b_length; i < a_length; i++) {
        r[i] = a[i] + carry;
        carry = r[i] < carry;
    }
    return carry;
}

uint64_t limbs_subtract(uint64_t *r, const uint64_t *a, size_t a_length, const uint64_t *b,
                        size_t b_length) {
    ASSERT(a_length >= b_length);
    uint64_t borrow = 0;
    for (size_t i = 0; i < b_length; i++) {
        uint64_t word = a[i], part = word - b[i];
        uint64_t less = part < borrow; /* then part is 0, and word was not less than b[i] */
        r[i] = part - borrow;
        borrow = (word < part) + less;
    }
    for (size_t i = b_length; i < a_length; i++) {
        uint64_t word = a[i];
        r[i] = word - borrow;
        borrow = word < borrow;
    }
    return borrow;
}

/* ---- Shifts ---- */

uint64_t limbs_shift_left(uint64_t *r, const uint64_t *a, size_t length, unsigned bits) {
    uint64_t out = 0;
    if (bits == 0) {
        memmove(r, a, length * sizeof *r);
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        uint64_t word = a[i];
        r[i] = word << bits | out;
        out = word >> (LIMB_BITS - bits);
    }
    return out;
}

void limbs_shift_right(uint64_t *r, const uint64_t *a, size_t length, unsigned bits) {
    if (bits == 0) memmove(r, a, length * sizeof *r);
    for (size_t i = 0; bits > 0 && i < length; i++)
        r[i] = a[i] >> bits | (i + 1 < length ? a[i + 1] << (LIMB_BITS - bits) : 0);
}

/* ---- Products ---- */

uint64_t limbs_multiply_word(uint64_t *r, const uint64_t *a, size_t length, uint64_t factor,
                             uint64_t plus) {
    for (size_t i = 0; i < length; i++) {
        two_words product = (two_words)a[i] * factor + plus;
        r[i] = (uint64_t)product;
        plus = (uint64_t)(product >> LIMB_BITS);
    }
    return plus;
}

/* r += a * factor; returns the carry. */
static uint64_t add_product(uint64_t *r, const uint64_t *a, size_t length, uint64_t factor) {
    uint64_t carry = 0;
    for (size_t i = 0; i < length; i++) {
        two_words sum = (two_words)a[i] * factor + r[i] + carry;
        r[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> LIMB_BITS);
    }
    return carry;
}

static void multiply_by_rows(uint64_t *r, const uint64_t *a, size_t a_length, const uint64_t *b,
                             size_t b_length) {
    r[a_length] = limbs_multiply_word(r, a, a_length, b[0], 0);
    for (size_t i = 1; i < b_length; i++) r[a_length + i] = add_product(r + i, a, a_length, b[i]);
}

/* From how many words on three products of halves take less time than one of all. */
enum { KARATSUBA_LEAST = 32 };

static size_t room_of_halves(size_t length) {
    size_t all = 0;
    for (; length >= KARATSUBA_LEAST; length -= length / 2) all += 4 * (length - length / 2) + 2;
    return all;
}

/* a = a1 B + a0, b = b1 B + b0, where a1 and b1 have `high` words and are not the shorter ones:
   a b = a1 b1 B^2 + ((a0 + a1) (b0 + b1) - a0 b0 - a1 b1) B + a0 b0. */
static void multiply_by_halves(uint64_t *r, const uint64_t *a, const uint64_t *b, size_t length,
                               uint64_t *room) {
    if (length < KARATSUBA_LEAST) {
        multiply_by_rows(r, a, length, b, length);
        return;
    }
    size_t low = length / 2, high = length - low;
    uint64_t *x = room, *y = x + high, *mid = y + high, *rest = mid + 2 * high + 2;
    uint64_t x_carry = limbs_add(x, a + low, high, a, low);
    uint64_t y_carry = limbs_add(y, b + low, high, b, low);
    multiply_by_halves(mid, x, y, high, rest);
    mid[2 * high] = x_carry & y_carry;
    if (x_carry) mid[2 * high] += limbs_add(mid + high, mid + high, high, y, high);
    if (y_carry) mid[2 * high] += limbs_add(mid + high, mid + high, high, x, high);
    multiply_by_halves(r, a, b, low, rest);
    multiply_by_halves(r + 2 * low, a + low, b + low, high, rest);
    limbs_subtract(mid, mid, 2 * high + 1, r, 2 * low);
    limbs_subtract(mid, mid, 2 * high + 1, r + 2 * low, 2 * high);
    size_t mid_length = size_min(limbs_trim(mid, 2 * high + 1), 2 * length - low);
    limbs_add(r + low, r + low, 2 * length - low, mid, mid_length);
}

size_t limbs_multiply_room(size_t a_length, size_t b_length) {
    size_t least = size_min(a_length, b_length);
    if (least < KARATSUBA_LEAST) return 0;
    return room_of_halves(least) + 2 * least;
}

/* The longer number is cut into pieces as long as the shorter one. */
void limbs_multiply(uint64_t *r, const uint64_t *a, size_t a_length, const uint64_t *b,
                    size_t b_length, uint64_t *room) {
    if (a_length < b_length) {
        limbs_multiply(r, b, b_length, a, a_length, room);
    } else if (b_length < KARATSUBA_LEAST) {
        multiply_by_rows(r, a, a_length, b, b_length);
    } else if (a_length == b_length) {
        multiply_by_halves(r, a, b, a_length, room);
    } else {
        uint64_t *product = room, *rest = room + 2 * b_length;
        memset(r, 0, (a_length + b_length) * sizeof *r);
        for (size_t i = 0; i < a_length; i += b_length) {
            size_t count = size_min(b_length, a_length - i);
            if (count == b_length)
                multiply_by_halves(product, a + i, b, count, rest);
            else
                multiply_by_rows(product, b, b_length, a + i, count);
            limbs_add(r + i, r + i, a_length + b_length - i, product, count + b_length);
        }
    }
}

/* ---- Quotients ---- */

uint64_t limbs_divide_word(uint64_t *q, const uint64_t *a, size_t length, uint64_t divisor) {
    uint64_t rest = 0;
    for (size_t i = length; i-- > 0;) {
        two_words all = (two_words)rest << LIMB_BITS | a[i];
        q[i] = (uint64_t)(all / divisor);
        rest = (uint64_t)(all % divisor);
    }
    return rest;
}

/* A word of the quotient, or one too much: by the two highest words of the divisor, whose top bit
   is set, and the three of what is left. */
static uint64_t estimate(const uint64_t *rest, uint64_t first, uint64_t second) {
    two_words top = (two_words)rest[0] << LIMB_BITS | rest[-1];
    two_words guess = rest[0] >= first ? UINT64_MAX : top / first;
    two_words left = top - guess * first;
    while (left >> LIMB_BITS == 0 && guess * second > (left << LIMB_BITS | rest[-2])) {
        guess--;
        left += first;
    }
    return (uint64_t)guess;
}

/* rest -= b * factor; returns the borrow. */
static uint64_t subtract_product(uint64_t *rest, const uint64_t *b, size_t length,
                                 uint64_t factor) {
    uint64_t carry = 0;
    for (size_t i = 0; i < length; i++) {
        two_words product = (two_words)b[i] * factor + carry;
        carry = (uint64_t)(product >> LIMB_BITS) + (rest[i] < (uint64_t)product);
        rest[i] -= (uint64_t)product;
    }
    return carry;
}

/* Knuth's algorithm D: both are shifted until the top bit of the divisor is set. */
void limbs_divide(uint64_t *q, uint64_t *rest, const uint64_t *a, size_t a_length,
                  const uint64_t *b, size_t b_length, uint64_t *room) {
    unsigned shift = (unsigned)__builtin_clzll(b[b_length - 1]);
    limbs_shift_left(room, b, b_length, shift);
    rest[a_length] = limbs_shift_left(rest, a, a_length, shift);
    for (size_t i = a_length - b_length + 1; i-- > 0;) {
        uint64_t *top = rest + i + b_length;
        uint64_t word = estimate(top, room[b_length - 1], room[b_length - 2]);
        uint64_t borrow = subtract_product(rest + i, room, b_length, word);
        bool too_much = *top < borrow;
        *top -= borrow;
        if (too_much) {
            *top += limbs_add(rest + i, rest + i, b_length, room, b_length);
            word--;
        }
        q[i] = word;
    }
    limbs_shift_right(rest, rest, b_length, shift);
}
