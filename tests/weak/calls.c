/* SPDX-License-Identifier: MIT */
/*
 * calls.c - what the compiler calls in place of each access to memory, when it is told to compile
 * for ThreadSanitizer, whose library is not linked: so the search is of the sources as they are,
 * and of all their accesses.
 */
#include "memory.h"
#include "os/lock.h"
#include "search.h"

#define NAME(...)                                                                                  \
    __VA_ARGS__;                                                                                   \
    __VA_ARGS__

/* ---- Plain accesses ---- */

NAME(void __tsan_init(void)) {}
NAME(void __tsan_func_entry(void *caller)) { (void)caller; }
NAME(void __tsan_func_exit(void)) {}

#define TOUCH(bytes, stores)                                                                       \
    memory_touch((uintptr_t)at, bytes, stores, (uintptr_t)__builtin_return_address(0))
#define ACCESS(bytes)                                                                              \
    NAME(void __tsan_read##bytes(void *at)) { TOUCH(bytes, false); }                               \
    NAME(void __tsan_unaligned_read##bytes(void *at)) { TOUCH(bytes, false); }                     \
    NAME(void __tsan_volatile_read##bytes(void *at)) { TOUCH(bytes, false); }                      \
    NAME(void __tsan_write##bytes(void *at)) { TOUCH(bytes, true); }                               \
    NAME(void __tsan_unaligned_write##bytes(void *at)) { TOUCH(bytes, true); }                     \
    NAME(void __tsan_volatile_write##bytes(void *at)) { TOUCH(bytes, true); }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)
NAME(void __tsan_read_range(void *at, size_t bytes)) { TOUCH((unsigned)bytes, false); }
NAME(void __tsan_write_range(void *at, size_t bytes)) { TOUCH((unsigned)bytes, true); }

/* ---- Atomic ones: of the two last, compilers call the one or the other ---- */

#define ATOMIC(bits)                                                                               \
    NAME(uint##bits##_t __tsan_atomic##bits##_load(const volatile void *at, int order)) {          \
        return (uint##bits##_t)memory_do((uintptr_t)at, bits / 8, LOAD, 0, order);                 \
    }                                                                                              \
    NAME(void __tsan_atomic##bits##_store(volatile void *at, uint##bits##_t value, int order)) {   \
        memory_do((uintptr_t)at, bits / 8, STORE, value, order);                                   \
    }                                                                                              \
    MODIFY(bits, exchange, EXCHANGE)                                                               \
    MODIFY(bits, fetch_add, ADD)                                                                   \
    MODIFY(bits, fetch_or, OR)                                                                     \
    MODIFY(bits, fetch_and, AND)                                                                   \
    NAME(int __tsan_atomic##bits##_compare_exchange_strong(                                        \
        volatile void *at, void *expected, uint##bits##_t value, int order, int failed_order)) {   \
        uint64_t old = *(uint##bits##_t *)expected;                                                \
        bool done = memory_replace((uintptr_t)at, bits / 8, &old, value, order, failed_order);     \
        *(uint##bits##_t *)expected = (uint##bits##_t)old;                                         \
        return done;                                                                               \
    }                                                                                              \
    NAME(uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                                \
        volatile void *at, uint##bits##_t expected, uint##bits##_t value, int order,               \
        int failed_order)) {                                                                       \
        uint64_t old = expected;                                                                   \
        memory_replace((uintptr_t)at, bits / 8, &old, value, order, failed_order);                 \
        return (uint##bits##_t)old;                                                                \
    }
#define MODIFY(bits, name, operation)                                                              \
    NAME(uint##bits##_t __tsan_atomic##bits##_##name(volatile void *at, uint##bits##_t value,      \
                                                     int order)) {                                 \
        return (uint##bits##_t)memory_do((uintptr_t)at, bits / 8, operation, value, order);        \
    }
ATOMIC(8)
ATOMIC(32)
ATOMIC(64)
NAME(void __tsan_atomic_signal_fence(int order)) { (void)order; }

/* ---- Locks ---- */

bool __real_lock_lock(struct lock *lock);
bool __wrap_lock_lock(struct lock *lock);

/* Without turns of trying in vain, which would have no end. */
bool __wrap_lock_lock(struct lock *lock) {
    if (!search_is_running()) return __real_lock_lock(lock);
    uint32_t self = lock_self();
    if (memory_last((uintptr_t)&lock->state, sizeof self) == self) return false;
    memory_lock((uintptr_t)&lock->state, self);
    return true;
}
