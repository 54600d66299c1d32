/* SPDX-License-Identifier: MIT */
/*
 * libc.h - what glibc's headers have and musl's have not, and where the two start a process in
 * different ways.
 */
#ifndef POOLALLOC_LIBC_H
#define POOLALLOC_LIBC_H

#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>

#ifdef __GLIBC__

/* A function that the C library alone has. */
#define LIBC_MARK "gnu_get_libc_version"
/* Libraries' constructors run before the program's first code, which calls __libc_start_main. */
enum { LIBC_STARTS_LIBRARIES_FIRST = 1 };

#else

#define LIBC_MARK "__libc_start_main"
/* It is __libc_start_main that runs the constructors. */
enum { LIBC_STARTS_LIBRARIES_FIRST = 0 };

/* No library asks for what there is not. */
#define RTLD_DEEPBIND 0

/* Figures of a malloc as glibc has them: what reports are made of. */
struct mallinfo2 {
    size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
};
enum {
    M_MXFAST = 1,
    M_TRIM_THRESHOLD = -1,
    M_TOP_PAD = -2,
    M_MMAP_THRESHOLD = -3,
    M_MMAP_MAX = -4,
    M_PERTURB = -6,
};

#endif

#endif
