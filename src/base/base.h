/* SPDX-License-Identifier: MIT */
/*
 * base.h - words that every layer uses: hints to the compiler, arithmetic on powers of two, bits.
 * No state, no system, no allocation.
 */
#ifndef POOLALLOC_BASE_H
#define POOLALLOC_BASE_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef POOLALLOC_DEBUG
#define DEBUG_BUILD 1
#else
#define DEBUG_BUILD 0
#endif

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
/* An array of characters that has no NUL at its end, which not every compiler can be told. */
#if __has_attribute(nonstring)
#define NONSTRING __attribute__((nonstring))
#else
#define NONSTRING
#endif
#define COLD __attribute__((noinline, cold))
#define CACHE_LINE 64
#define CACHE_ALIGNED __attribute__((aligned(CACHE_LINE)))

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static inline bool is_power_of_two(size_t n) { return n != 0 && (n & (n - 1)) == 0; }
/* `unit` is a power of two; align_up wraps for values within `unit` of the end of the range. */
static inline uintptr_t align_down(uintptr_t n, size_t unit) { return n & ~(uintptr_t)(unit - 1); }
static inline uintptr_t align_up(uintptr_t n, size_t unit) {
    return align_down(n + unit - 1, unit);
}
static inline size_t size_min(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t size_max(size_t a, size_t b) { return a > b ? a : b; }

/* Bit positions of a word that is not 0. */
static inline unsigned bit_lowest(uint64_t word) { return (unsigned)__builtin_ctzll(word); }
static inline unsigned bit_highest(uint64_t word) { return 63u ^ (unsigned)__builtin_clzll(word); }
/* Byte i has how many bits are set in bytes 0 to i. Counts by sums of pairs, fours and bytes: the
   compiler's own way is a call into its library where the processor is not known to count bits; and
   one instruction where it is, for bit_count too. */
static inline uint64_t bit_sums(uint64_t word) {
    word -= word >> 1 & 0x5555555555555555;
    word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return word * 0x0101010101010101;
}
static inline unsigned bit_count(uint64_t word) { return (unsigned)(bit_sums(word) >> 56); }
/* The bit before which so many others are set; there is one. Finds its byte by the sums: in one
   with a larger sum the highest bit is left. */
static inline uint64_t bit_select(uint64_t word, unsigned before) {
    const uint64_t tops = 0x8080808080808080, ones = 0x0101010101010101;
    uint64_t sums = bit_sums(word), larger = ((sums | tops) - (before + 1) * ones) & tops;
    unsigned shift = bit_lowest(larger) & ~7u;
    uint64_t rest = word >> shift;
    for (unsigned left = before - (sums << 8 >> shift & 0xff); left > 0; left--) rest &= rest - 1;
    return (rest & -rest) << shift;
}
/* Clears the bit `number` modulo 64 of a word; true if it was set. It is one instruction where the
   compiler would make four. */
ALWAYS_INLINE bool bit_clear(uint64_t *word, uint64_t number) {
    bool was_set;
#ifdef __x86_64__
    __asm__("btrq %2, %0" : "+r"(*word), "=@ccc"(was_set) : "r"(number));
#else
    uint64_t bit = (uint64_t)1 << number % 64;
    was_set = (*word & bit) != 0;
    *word &= ~bit;
#endif
    return was_set;
}
/* Counts down, in one instruction where there is one for it; true at 0. What another thread stores
   in between is lost, or is counted down from then on. */
ALWAYS_INLINE bool count_down(uint32_t *counter) {
#ifdef __x86_64__
    bool is_zero;
    __asm__ volatile("subl $1, %0" : "+m"(*counter), "=@ccz"(is_zero));
    return is_zero;
#else
    uint32_t left = __atomic_load_n(counter, __ATOMIC_RELAXED) - 1;
    __atomic_store_n(counter, left, __ATOMIC_RELAXED);
    return left == 0;
#endif
}
/* A word with bits [first, first + count) set; count is 1 to 64 and first + count at most 64. */
static inline uint64_t bit_range(unsigned first, unsigned count) {
    return (~(uint64_t)0 >> (64 - count)) << first;
}
/* Number of bits from `first` on that are set side by side; bit `first` is set. */
static inline unsigned bit_run(uint64_t word, unsigned first) {
    uint64_t beyond = ~(word >> first);
    unsigned count = beyond == 0 ? 64 : (unsigned)__builtin_ctzll(beyond);
    return count < 64 - first ? count : 64 - first;
}
static inline uint64_t rotate_left(uint64_t word, unsigned bits) {
    return word << bits | word >> (64 - bits);
}
static inline uintptr_t rotate_right(uintptr_t n, unsigned bits) {
    return (n >> bits) | (n << (64 - bits));
}

#endif
