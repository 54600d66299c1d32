/* SPDX-License-Identifier: MIT */
/*
 * os.h - what all layers want of the kernel. Functions say what is wanted, not which system call
 * does it. None changes errno, none allocates, none is a cancellation point.
 *
 * After start-up only mmap, munmap, madvise, mremap, futex, write and the vDSO clock are used, so
 * that programs under a strict seccomp filter keep running (mprotect at the first dlopen, which
 * needs it itself; a report at exit opens, closes and looks at files, and frozen.c has calls of its
 * own; text.c blocks two signals around a write). Addresses and sizes are multiples of the OS page
 * unless said otherwise.
 */
#ifndef POOLALLOC_OS_H
#define POOLALLOC_OS_H

#include "base/atomic.h"

#ifdef __cplusplus
extern "C" {
#endif

size_t os_page_size(void);
/* Where the program begins: an address in its own file. */
uintptr_t os_program_entry(void);

#define OS_FENCE (128 * KIB)

/* Zeroed memory, readable and writable; NULL if the system has none. */
void *os_map(size_t size);
/* Memory as os_map gives it, aligned to `alignment` (a power of two, at least the OS page). */
void *os_map_aligned(size_t size, size_t alignment);
/* Memory as os_map_aligned gives it, at `hint` if that is free and aligned. */
void *os_map_aligned_at(void *hint, size_t size, size_t alignment);
/* Memory at `hint` with an inaccessible OS page before and after it, which are not part of `size`.
 */
void *os_map_guarded_at(void *hint, size_t size);
/* For what the program never touches: OS_FENCE bytes of inaccessible address space lie on each
   side, so that whatever runs past the end of a block ends there. os_map_fenced_at puts `before`
   bytes of memory in front of the address that it returns, which alone is aligned, and is `hint` if
   that is free and aligned. */
void *os_map_fenced(size_t size);
void *os_map_fenced_at(void *hint, size_t before, size_t size, size_t alignment);
/* Unmaps what os_map_fenced returned, fences included. */
void os_unmap_fenced(void *address, size_t size);
/* Address space without access or memory; NULL if there is none. */
void *os_reserve(size_t size);
/* Makes zeroed memory of a part of what os_reserve gave, or address space again; false if the
   kernel refused. */
bool os_open(void *address, size_t size);
bool os_shut(void *address, size_t size);
/* True if the system would map so much just now. */
bool os_can_map(size_t size);
/* With map_names=on, gives a mapping a name in /proc/PID/maps, where the kernel keeps such names.
 */
void os_name(const void *address, size_t size, const char *name);
/* False if the kernel refused (the mapping limit): the range is then still mapped. */
bool os_unmap(void *address, size_t size);
/* Gives the memory behind a range back: it reads as zero afterwards. False if the kernel refused
   (locked memory): the contents are then unchanged. */
bool os_purge(void *address, size_t size);
/* Puts memory behind pages that are about to be written: one call instead of a fault for each. Does
   nothing where the system has none or can't. */
void os_populate(void *address, size_t size);
/* Asks for small pages in a range of which parts will be purged: a huge page that is purged in part
   leaves the resident memory and stays charged to the process. */
void os_use_small_pages(void *address, size_t size);
/* Nanoseconds that the first write to a small page takes now; 0: there is no memory to try it with.
   From a quarter of a microsecond to some tens of them, where the kernel is a guest whose page
   tables are shadowed by its host. */
uint64_t os_first_write_ns(void);
/* The size of a huge page. */
#define OS_HUGE (2 * MIB)
enum os_huge {
    OS_HUGE_REFUSED,    /* a small page is there, at the most */
    OS_HUGE_SLOWLY,     /* it took longer than small pages would */
    OS_HUGE_LIKE_SMALL, /* it took about as long as small pages */
    OS_HUGE_DONE,       /* it took no longer than small pages on a quick machine */
};
/* Puts a huge page behind OS_HUGE bytes of untouched memory, aligned to that size, which
   os_use_small_pages was told of. */
enum os_huge os_populate_huge(void *address);
/* Asks for huge pages at the first writes to whole huge pages of address space that nobody uses,
   whose contents are gone. False: the kernel refuses, or its pages have another size. */
bool os_use_huge_pages(void *address, size_t size);
/* Before parts of a huge page are purged: makes it small pages, and asks for no other. */
void os_split_huge(void *address);
enum os_access { OS_READ, OS_READ_WRITE, OS_READ_EXECUTE };
/* Sets what pages of any mapping may be used for. False if the kernel refused. */
bool os_set_access(void *address, size_t size, enum os_access access);
/* Grows or shrinks a mapping, where it is or, if it grows, by moving its memory elsewhere. Returns
   where it is now; NULL: that can't be done, and nothing happened. */
void *os_resize(void *address, size_t old_size, size_t new_size);

/* Milliseconds of a clock that never goes back, a few nanoseconds to read, steps of some ms. */
uint64_t os_clock_ms(void);
/* Nanoseconds of a clock that never goes back; some 20 of them to read. */
uint64_t os_clock_ns(void);
/* 64 bits that another process can't guess; constant within a process. Nothing that others draw
   from the same source can be told from them. */
uint64_t os_secret(void);
/* Random bits like those of the addresses that the kernel chooses, from which they follow: the same
   twice where it does not randomise (setarch -R, gdb). Each number has its own. */
uint64_t os_random(unsigned number);
/* A place that bits of os_random choose, for a hint: where the kernel puts neither the program nor
   its stack and libraries at first. */
void *os_random_place(unsigned number, size_t alignment);

/* A word that reads 1 from os_fork_watch on and 0 in a child of fork, however it was made; NULL
   where the kernel can't do that. */
struct atomic_u32 *os_fork_watch(void);

/* Sleeps while *word is `value`; may return early. */
void os_wait(struct atomic_u32 *word, uint32_t value);
void os_wait_ms(struct atomic_u32 *word, uint32_t value, unsigned milliseconds);
void os_wake(struct atomic_u32 *word, int waiters);

/* The system's number for the calling thread. */
uint32_t os_thread_number(void);
/* True if this process has a thread of that number. */
bool os_thread_exists(uint32_t number);

/* A number for the file that a descriptor stands for; 0 if it is not open. */
uint64_t os_file_of(int descriptor);
/* A copy of standard error that outlives programs which close it at exit; -1 if that fails. */
int os_keep_stderr(void);
void os_close(int descriptor);
int os_process_id(void);

/* A pause in a loop that waits for another processor. */
static inline void os_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#elif defined(__riscv)
    __asm__ volatile(".word 0x0100000f"); /* pause, which older assemblers do not know */
#endif
}

/* ---- for tests: a clock that stands still, and a kernel that says no ---- */
/* When set, what os_clock_ms returns, and os_clock_ns in its unit: a test decides how much time
   passes. */
extern uint64_t (*os_clock_for_test)(void);
enum os_call { OS_MAP, OS_UNMAP, OS_PURGE, OS_RESIZE, OS_PROTECT, OS_CALLS };
/* When set, asked before each call; true makes it fail. */
extern bool (*os_fault_for_test)(enum os_call call);
/* When set, what os_first_write_ns returns. */
extern uint64_t (*os_first_write_for_test)(void);
/* When set, what os_populate_huge returns, which then does nothing. */
extern enum os_huge (*os_huge_for_test)(void *address);

#ifdef __cplusplus
}
#endif

#endif
