/* SPDX-License-Identifier: MIT */
/*
 * elsewhere.h - for test programs in C that are built for another C library too: names of glibc's,
 * which are called where they are.
 */
#ifndef POOLALLOC_TEST_ELSEWHERE_H
#define POOLALLOC_TEST_ELSEWHERE_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

extern int malloc_trim(size_t keep) __attribute__((weak));

extern const char *gnu_get_libc_version(void) __attribute__((weak));
static inline int is_glibc(void) { return gnu_get_libc_version != NULL; }

/* By the name that the malloc under test has, if it has any. That is looked for at the start: a
   signal that interrupts musl's dlsym finds its lock taken, which exit waits for. */
static int (*trim_function)(size_t keep);
__attribute__((constructor)) static void find_trim_function(void) {
    trim_function = malloc_trim;
    if (trim_function == NULL)
        trim_function = (int (*)(size_t))dlsym(RTLD_DEFAULT, "poolalloc_trim");
}
static inline void trim_all(void) {
    if (trim_function != NULL) trim_function(0);
}

/* What C++ thread_local destructors are made of; musl leaves them to the C++ library. */
extern int __cxa_thread_atexit_impl(void (*)(void *), void *, void *) __attribute__((weak));
extern void *__dso_handle;

static inline int has_thread_end(void) { return __cxa_thread_atexit_impl != NULL; }

static inline int at_thread_end(void (*destructor)(void *), void *argument) {
    return has_thread_end() && __cxa_thread_atexit_impl(destructor, argument, &__dso_handle) == 0;
}

/* Under an emulator, whose memory and threads are counted with the program's. */
static inline int is_emulated(void) { return getenv("EMULATED") != NULL; }

#endif
