/* SPDX-License-Identifier: MIT */
/*
 * os.h - the only code that talks to the kernel. Functions say what is wanted, not which system
 * call does it. None changes errno, none allocates, none is a cancellation point.
 *
 * After start-up only mmap, munmap, madvise, mremap, futex, write and the vDSO clock are used, so
 * that programs under a strict seccomp filter keep running (mprotect with large=direct and at the
 * first dlopen, which needs it itself; a report at exit opens, closes and looks at files; text.c
 * blocks two signals around a write). Addresses and sizes are multiples of the OS page unless said
 * otherwise.
 */
#ifndef POOLALLOC_OS_H
#define POOLALLOC_OS_H

#include "base/atomic.h"

#ifdef __cplusplus
extern "C" {
#endif

size_t os_page_size(void);

/* Zeroed memory, readable and writable; NULL if the system has none. */
void *os_map(size_t size);
/* The same, aligned to `alignment` (a power of two, at least the OS page). */
void *os_map_aligned(size_t size, size_t alignment);
/* The same, at `hint` if that is free and aligned. */
void *os_map_aligned_at(void *hint, size_t size, size_t alignment);
/* The same with an inaccessible OS page before and after it, which are not part of `size`. */
void *os_map_guarded(size_t size);
/* False if the kernel refused (the mapping limit): the range is then still mapped. */
bool os_unmap(void *address, size_t size);
/* Gives the memory behind a range back: it reads as zero afterwards. False if the kernel refused
   (locked memory): the contents are then unchanged. */
bool os_purge(void *address, size_t size);
/* Puts memory behind pages that are about to be written: one call instead of a fault for each. Does
   nothing where the system has none or can't. */
void os_populate(void *address, size_t size);
enum os_access { OS_READ, OS_READ_WRITE, OS_READ_EXECUTE };
/* Sets what pages of any mapping may be used for. False if the kernel refused. */
bool os_set_access(void *address, size_t size, enum os_access access);
/* Grows or shrinks a mapping where it is. */
bool os_resize(void *address, size_t old_size, size_t new_size);
/* Moves a mapping's memory onto another of `new_size` bytes, which it replaces. */
bool os_move(void *address, size_t old_size, void *target, size_t new_size);

/* Milliseconds of a clock that never goes back, a few nanoseconds to read, steps of some ms. */
uint64_t os_clock_ms(void);
/* 64 bits that another process can't guess; constant within a process. */
uint64_t os_secret(void);

/* A word that reads 1 from os_fork_watch on and 0 in a child of fork, however it was made; NULL
   where the kernel can't do that. */
struct atomic_u32 *os_fork_watch(void);

/* Sleeps while *word is `value`; may return early. */
void os_wait(struct atomic_u32 *word, uint32_t value);
void os_wait_ms(struct atomic_u32 *word, uint32_t value, unsigned milliseconds);
void os_wake(struct atomic_u32 *word, int waiters);

/* A number for the file that a descriptor stands for; 0 if it is not open. */
uint64_t os_file_of(int descriptor);
/* A copy of standard error that outlives programs which close it at exit; -1 if that fails. */
int os_keep_stderr(void);
void os_close(int descriptor);
int os_process_id(void);

/* A pause in a loop that waits for another processor. */
static inline void cpu_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---- for tests: a clock that stands still, and a kernel that says no ---- */
/* When set, what os_clock_ms returns: a test decides how much time passes. */
extern uint64_t (*os_clock_for_test)(void);
enum os_call { OS_MAP, OS_UNMAP, OS_PURGE, OS_RESIZE, OS_MOVE, OS_PROTECT, OS_CALLS };
/* When set, asked before each call; true makes it fail. */
extern bool (*os_fault_for_test)(enum os_call call);

#ifdef __cplusplus
}
#endif

#endif
