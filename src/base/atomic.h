/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - atomics as structs around their value, so that plain access does not compile by
 * accident, in C and C++ alike. Each operation names its order; each use names its partner.
 */
#ifndef POOLALLOC_ATOMIC_H
#define POOLALLOC_ATOMIC_H

#include "base/base.h"

struct atomic_u8 {
    uint8_t value;
};
struct atomic_u64 {
    uint64_t value;
};
struct atomic_u32 {
    uint32_t value;
};

/* The operations whose names end with _ordered are in one order for all threads: of two threads
   that each store to one word and then load the other's, at least one sees what the other
   stored. */
#define ATOMIC_FUNCTIONS(name, type)                                                               \
    static inline type name##_load(const struct name *a) {                                         \
        return __atomic_load_n(&a->value, __ATOMIC_RELAXED);                                       \
    }                                                                                              \
    static inline type name##_load_acquire(const struct name *a) {                                 \
        return __atomic_load_n(&a->value, __ATOMIC_ACQUIRE);                                       \
    }                                                                                              \
    static inline void name##_store(struct name *a, type value) {                                  \
        __atomic_store_n(&a->value, value, __ATOMIC_RELAXED);                                      \
    }                                                                                              \
    static inline void name##_store_release(struct name *a, type value) {                          \
        __atomic_store_n(&a->value, value, __ATOMIC_RELEASE);                                      \
    }                                                                                              \
    static inline type name##_exchange(struct name *a, type value) {                               \
        return __atomic_exchange_n(&a->value, value, __ATOMIC_ACQ_REL);                            \
    }                                                                                              \
    static inline type name##_add(struct name *a, type value) {                                    \
        return __atomic_fetch_add(&a->value, value, __ATOMIC_RELAXED);                             \
    }                                                                                              \
    static inline type name##_or(struct name *a, type bits) {                                      \
        return __atomic_fetch_or(&a->value, bits, __ATOMIC_ACQ_REL);                               \
    }                                                                                              \
    static inline type name##_and(struct name *a, type bits) {                                     \
        return __atomic_fetch_and(&a->value, bits, __ATOMIC_ACQ_REL);                              \
    }                                                                                              \
    /* In one order for all threads. */                                                            \
    static inline type name##_load_ordered(const struct name *a) {                                 \
        return __atomic_load_n(&a->value, __ATOMIC_SEQ_CST);                                       \
    }                                                                                              \
    static inline type name##_or_ordered(struct name *a, type bits) {                              \
        return __atomic_fetch_or(&a->value, bits, __ATOMIC_SEQ_CST);                               \
    }                                                                                              \
    static inline type name##_exchange_ordered(struct name *a, type value) {                       \
        return __atomic_exchange_n(&a->value, value, __ATOMIC_SEQ_CST);                            \
    }                                                                                              \
    static inline void name##_store_ordered(struct name *a, type value) {                          \
        __atomic_store_n(&a->value, value, __ATOMIC_SEQ_CST);                                      \
    }                                                                                              \
    static inline bool name##_replace_ordered(struct name *a, type *expected, type value) {        \
        return __atomic_compare_exchange_n(&a->value, expected, value, false, __ATOMIC_SEQ_CST,    \
                                           __ATOMIC_SEQ_CST);                                      \
    }                                                                                              \
    /* False and *expected = the present value if it was another than *expected. */                \
    static inline bool name##_replace(struct name *a, type *expected, type value) {                \
        return __atomic_compare_exchange_n(&a->value, expected, value, false, __ATOMIC_ACQ_REL,    \
                                           __ATOMIC_ACQUIRE);                                      \
    }

ATOMIC_FUNCTIONS(atomic_u8, uint8_t)
ATOMIC_FUNCTIONS(atomic_u64, uint64_t)
ATOMIC_FUNCTIONS(atomic_u32, uint32_t)

/* A signal handler or the child of a fork that comes here finds all that is written before, and
   nothing of what is written after. It costs no instruction. */
static inline void atomic_in_sequence(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

#endif
