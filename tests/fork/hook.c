/* SPDX-License-Identifier: MIT */
#include "hook.h"

/* The compiler knows these names, and writes `void *` where a type of its own would do. */
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

void (*hook_function)(uintptr_t site);
static __thread bool armed;

NO_HOOK void hook_arm(void) { armed = true; }
NO_HOOK void hook_disarm(void) { armed = false; }

NO_HOOK static void step(void *site) {
    if (!armed) return;
    armed = false;
    hook_function((uintptr_t)site);
    armed = true;
}

#define STEP step(__builtin_return_address(0))
#define NAME(...)                                                                                  \
    __VA_ARGS__;                                                                                   \
    NO_HOOK __VA_ARGS__

/* ---- Plain stores and loads ---- */

NAME(void __tsan_init(void)) {}
NAME(void __tsan_func_entry(void *caller)) {
    (void)caller;
    step(NULL);
}
NAME(void __tsan_func_exit(void)) { step(NULL); }
NAME(void __tsan_vptr_update(void **at, void *value)) { (void)at, (void)value; }

#define ACCESS(bytes)                                                                              \
    NAME(void __tsan_read##bytes(void *at)) { (void)at; }                                          \
    NAME(void __tsan_unaligned_read##bytes(void *at)) { (void)at; }                                \
    NAME(void __tsan_volatile_read##bytes(void *at)) { (void)at; }                                 \
    NAME(void __tsan_write##bytes(void *at)) {                                                     \
        (void)at;                                                                                  \
        STEP;                                                                                      \
    }                                                                                              \
    NAME(void __tsan_unaligned_write##bytes(void *at)) {                                           \
        (void)at;                                                                                  \
        STEP;                                                                                      \
    }                                                                                              \
    NAME(void __tsan_volatile_write##bytes(void *at)) {                                            \
        (void)at;                                                                                  \
        STEP;                                                                                      \
    }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)
NAME(void __tsan_read_range(void *at, size_t size)) { (void)at, (void)size; }
NAME(void __tsan_write_range(void *at, size_t size)) {
    (void)at, (void)size;
    STEP;
}

/* ---- Atomic operations: done, in the strongest order ---- */

#define ATOMIC(bits, type)                                                                         \
    NAME(type __tsan_atomic##bits##_load(const volatile type *at, int order)) {                    \
        (void)order;                                                                               \
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                              \
    }                                                                                              \
    NAME(void __tsan_atomic##bits##_store(volatile type *at, type value, int order)) {             \
        (void)order;                                                                               \
        STEP;                                                                                      \
        __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                             \
    }                                                                                              \
    NAME(type __tsan_atomic##bits##_exchange(volatile type *at, type value, int order)) {          \
        (void)order;                                                                               \
        STEP;                                                                                      \
        return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);                                   \
    }                                                                                              \
    NAME(type __tsan_atomic##bits##_fetch_add(volatile type *at, type value, int order)) {         \
        (void)order;                                                                               \
        STEP;                                                                                      \
        return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);                                    \
    }                                                                                              \
    NAME(type __tsan_atomic##bits##_fetch_sub(volatile type *at, type value, int order)) {         \
        (void)order;                                                                               \
        STEP;                                                                                      \
        return __atomic_fetch_sub(at, value, __ATOMIC_SEQ_CST);                                    \
    }                                                                                              \
    NAME(type __tsan_atomic##bits##_fetch_or(volatile type *at, type value, int order)) {          \
        (void)order;                                                                               \
        STEP;                                                                                      \
        return __atomic_fetch_or(at, value, __ATOMIC_SEQ_CST);                                     \
    }                                                                                              \
    NAME(type __tsan_atomic##bits##_fetch_and(volatile type *at, type value, int order)) {         \
        (void)order;                                                                               \
        STEP;                                                                                      \
        return __atomic_fetch_and(at, value, __ATOMIC_SEQ_CST);                                    \
    }                                                                                              \
    NAME(int __tsan_atomic##bits##_compare_exchange_strong(volatile type *at, type *expected,      \
                                                           type value, int order, int fail)) {     \
        (void)order, (void)fail;                                                                   \
        STEP;                                                                                      \
        return __atomic_compare_exchange_n(at, expected, value, 0, __ATOMIC_SEQ_CST,               \
                                           __ATOMIC_SEQ_CST);                                      \
    }                                                                                              \
    NAME(int __tsan_atomic##bits##_compare_exchange_weak(volatile type *at, type *expected,        \
                                                         type value, int order, int fail)) {       \
        (void)order, (void)fail;                                                                   \
        STEP;                                                                                      \
        return __atomic_compare_exchange_n(at, expected, value, 0, __ATOMIC_SEQ_CST,               \
                                           __ATOMIC_SEQ_CST);                                      \
    }
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
NAME(void __tsan_atomic_thread_fence(int order)) {
    (void)order;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
NAME(void __tsan_atomic_signal_fence(int order)) { (void)order; }

/* ---- What the compiler leaves to the C library: linked with --wrap ---- */

void *__real_memset(void *to, int byte, size_t size);
void *__real_memcpy(void *to, const void *from, size_t size);
void *__real_memmove(void *to, const void *from, size_t size);

NAME(void *__wrap_memset(void *to, int byte, size_t size)) {
    STEP;
    return __real_memset(to, byte, size);
}
NAME(void *__wrap_memcpy(void *to, const void *from, size_t size)) {
    STEP;
    return __real_memcpy(to, from, size);
}
NAME(void *__wrap_memmove(void *to, const void *from, size_t size)) {
    STEP;
    return __real_memmove(to, from, size);
}
NAME(void *__tsan_memset(void *to, int byte, size_t size)) {
    STEP;
    return __real_memset(to, byte, size);
}
NAME(void *__tsan_memcpy(void *to, const void *from, size_t size)) {
    STEP;
    return __real_memcpy(to, from, size);
}
NAME(void *__tsan_memmove(void *to, const void *from, size_t size)) {
    STEP;
    return __real_memmove(to, from, size);
}
