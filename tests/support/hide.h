/* SPDX-License-Identifier: MIT */
/*
 * hide.h - hides a value from the compiler, in C and in C++. Compilers know what malloc and free
 * mean: they leave out pairs that look useless and warn about the mistakes that the tests make on
 * purpose. A hidden value has no known origin.
 */
#ifndef POOLALLOC_TEST_HIDE_H
#define POOLALLOC_TEST_HIDE_H

#include <stddef.h>

static inline void *hide(void *pointer) {
    __asm__ volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

static inline size_t hide_size(size_t size) {
    __asm__ volatile("" : "+r"(size));
    return size;
}

#endif
