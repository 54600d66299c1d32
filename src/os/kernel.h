/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - numbers of Linux that not every C library's headers have. The kernel's own headers do,
 * but they are another package, or belong to another C library than the one in use.
 */
#ifndef POOLALLOC_KERNEL_H
#define POOLALLOC_KERNEL_H

#include <sys/mman.h>
#include <sys/prctl.h>

enum { KERNEL_FUTEX_WAIT = 0, KERNEL_FUTEX_WAKE = 1, KERNEL_FUTEX_PRIVATE = 128 };

/* What statfs says of /proc. */
#define KERNEL_PROC_MAGIC 0x9fa0

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif
#ifndef MADV_COLD
#define MADV_COLD 20
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

#endif
