/* SPDX-License-Identifier: MIT */
#include "value/integer.h"

#include "base/check.h"

/* ---- From and to values ---- */

struct value_large *integer_begin(poolval_space *space, size_t length) {
    if (unlikely(length > INTEGER_LENGTH_MAX))
        return (struct value_large *)value_fail(space, POOLVAL_ERR_OVERFLOW,
                                                "no int has %u words of 64 bits", length, 0);
    return (struct value_large *)value_new_items(space, POOLVAL_LARGE_INT, length);
}

static bool fits_word(const uint64_t *limb, size_t length, bool negative) {
    return length == 0 || (length == 1 && limb[0] <= (uint64_t)INT64_MAX + negative);
}

poolobj *integer_end(poolval_space *space, struct value_large *large, size_t length,
                     bool negative) {
    length = limbs_trim(large->limb, length);
    if (!fits_word(large->limb, length, negative)) {
        large->size = negative ? -(int64_t)length : (int64_t)length;
        return &large->base;
    }
    uint64_t word = length == 0 ? 0 : large->limb[0];
    value_unref(&large->base);
    return number_new_int(space, (int64_t)(negative ? 0 - word : word));
}

void integer_check(const struct value_large *large) {
    size_t length = (size_t)(large->size < 0 ? -large->size : large->size);
    CHECK(length > 0 && large->limb[length - 1] != 0);       /* N1, N2 */
    CHECK(!fits_word(large->limb, length, large->size < 0)); /* N2 */
}

/* ---- Sums ---- */

static int compare_magnitudes(const struct integer *a, const struct integer *b) {
    return limbs_compare(a->limb, a->length, b->limb, b->length);
}

int integer_compare(const struct integer *a, const struct integer *b) {
    if (a->negative != b->negative) return a->negative ? -1 : 1;
    return a->negative ? -compare_magnitudes(a, b) : compare_magnitudes(a, b);
}

poolobj *integer_add(poolval_space *space, const struct integer *a, const struct integer *b,
                     bool subtract) {
    bool b_negative = b->negative != subtract, same = a->negative == b_negative;
    bool swap = same ? a->length < b->length : compare_magnitudes(a, b) < 0;
    const struct integer *more = swap ? b : a, *less = swap ? a : b;
    struct value_large *sum = integer_begin(space, more->length + same);
    if (sum == NULL) return NULL;
    if (same)
        sum->limb[more->length] =
            limbs_add(sum->limb, more->limb, more->length, less->limb, less->length);
    else
        limbs_subtract(sum->limb, more->limb, more->length, less->limb, less->length);
    return integer_end(space, sum, more->length + same, swap ? b_negative : a->negative);
}

/* ---- Products ---- */

poolobj *integer_multiply(poolval_space *space, const struct integer *a, const struct integer *b) {
    if (a->length == 0 || b->length == 0) return number_new_int(space, 0);
    size_t length = a->length + b->length;
    size_t room_length = limbs_multiply_room(a->length, b->length);
    uint64_t *room = NULL;
    struct value_large *product = integer_begin(space, length);
    if (product == NULL) return NULL;
    if (room_length > 0) {
        room = (uint64_t *)value_allocate(space, room_length * sizeof room[0]);
        if (room == NULL) {
            value_unref(&product->base);
            return NULL;
        }
    }
    limbs_multiply(product->limb, a->limb, a->length, b->limb, b->length, room);
    value_free(room);
    return integer_end(space, product, length, a->negative != b->negative);
}

/* ---- Quotients ---- */

/* Divides magnitudes; `quotient` has a word more than it needs. False: no memory, noted. */
static bool divide_magnitudes(poolval_space *space, const struct integer *a,
                              const struct integer *b, uint64_t *quotient, uint64_t *rest) {
    if (b->length == 1) {
        rest[0] = limbs_divide_word(quotient, a->limb, a->length, b->limb[0]);
        return true;
    }
    size_t words = a->length + 1 + b->length;
    uint64_t *room = (uint64_t *)value_allocate(space, words * sizeof room[0]);
    if (room == NULL) return false;
    limbs_divide(quotient, room, a->limb, a->length, b->limb, b->length, room + a->length + 1);
    memcpy(rest, room, b->length * sizeof rest[0]);
    value_free(room);
    return true;
}

/* A quotient of magnitudes is rounded to zero. Where the signs differ and something is left, the
   number is one less, so that its magnitude is one more, and what is left is counted from the other
   side. */
static void floor_quotient(uint64_t *quotient, size_t length, uint64_t *rest,
                           const struct integer *b) {
    static const uint64_t one = 1;
    limbs_add(quotient, quotient, length, &one, 1);
    limbs_subtract(rest, b->limb, b->length, rest, b->length);
}

bool integer_divide(poolval_space *space, const struct integer *a, const struct integer *b,
                    poolobj **quotient, poolobj **rest) {
    size_t length = (a->length < b->length ? 0 : a->length - b->length + 1) + 1;
    struct value_large *q = integer_begin(space, length);
    struct value_large *r = q != NULL ? integer_begin(space, b->length) : NULL;
    bool good = r != NULL;
    if (good && a->length < b->length)
        memcpy(r->limb, a->limb, a->length * sizeof r->limb[0]);
    else if (good)
        good = divide_magnitudes(space, a, b, q->limb, r->limb);
    if (good && a->negative != b->negative && limbs_trim(r->limb, b->length) > 0)
        floor_quotient(q->limb, length, r->limb, b);
    if (good && quotient != NULL) {
        *quotient = integer_end(space, q, length, a->negative != b->negative);
        q = NULL;
        good = *quotient != NULL;
    }
    if (good && rest != NULL) {
        *rest = integer_end(space, r, b->length, b->negative);
        r = NULL;
        good = *rest != NULL;
        if (!good && quotient != NULL) value_unref(*quotient);
    }
    if (q != NULL) value_unref(&q->base);
    if (r != NULL) value_unref(&r->base);
    return good;
}
