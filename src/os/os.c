/* SPDX-License-Identifier: MIT */
#include "os/os.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/siphash.h"
#include "os/kernel.h"
#include "os/options.h"

bool (*os_fault_for_test)(enum os_call call);

static bool refused(enum os_call call) {
    return unlikely(os_fault_for_test != NULL) && os_fault_for_test(call);
}

size_t os_page_size(void) {
    static struct atomic_u32 known;
    uint32_t size = atomic_u32_load(&known);
    if (size == 0) {
        size = (uint32_t)getauxval(AT_PAGESZ);
        atomic_u32_store(&known, size);
    }
    return size;
}

/* The kernel's own entry rather than libc's mmap: others interpose that one, and call malloc. */
static void *map(void *hint, size_t size, int protection, int flags) {
    if (refused(OS_MAP)) return NULL;
    int saved_errno = errno;
    long result =
        syscall(SYS_mmap, hint, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0L);
    errno = saved_errno;
    return result == -1 ? NULL : (void *)result;
}

enum { READ_WRITE = PROT_READ | PROT_WRITE };

uintptr_t os_program_entry(void) { return getauxval(AT_ENTRY); }

void *os_map(size_t size) { return map(NULL, size, READ_WRITE, 0); }

void *os_reserve(size_t size) { return map(NULL, size, PROT_NONE, 0); }

bool os_open(void *address, size_t size) {
    return map(address, size, READ_WRITE, MAP_FIXED) != NULL;
}

/* Mapped anew rather than closed by mprotect, so that the memory is gone in the same call. */
bool os_shut(void *address, size_t size) {
    return map(address, size, PROT_NONE, MAP_FIXED) != NULL;
}

bool os_can_map(size_t size) {
    void *trial = os_map(align_up(size, os_page_size()));
    return trial != NULL && os_unmap(trial, align_up(size, os_page_size()));
}

/* A mapping whose address plus `skew` is aligned. */
struct shape {
    size_t size, alignment, skew;
    int protection;
};

static bool has_shape(const char *whole, const struct shape *shape) {
    return ((uintptr_t)whole + shape->skew) % shape->alignment == 0;
}

/* An address just below the last mapping is free most of the time, and the aligned one below the
   first answer too: this takes two calls, and no address space more than asked for, where mapping
   size + alignment and cutting would fail under a tight limit. *none: the system has not even
   `size`. */
static char *map_at_aligned_hint(char *hint, const struct shape *shape, bool *none) {
    char *first = map(hint, shape->size, shape->protection, 0);
    *none = first == NULL;
    if (*none || has_shape(first, shape)) return first;
    os_unmap(first, shape->size);
    uintptr_t below = align_down((uintptr_t)first + shape->skew, shape->alignment);
    if (below <= shape->skew) return NULL;
    char *second = map((char *)below - shape->skew, shape->size, shape->protection, 0);
    if (second == NULL || has_shape(second, shape)) return second;
    os_unmap(second, shape->size);
    return NULL;
}

static char *map_and_cut(const struct shape *shape) {
    if (shape->size > SIZE_MAX - shape->alignment) return NULL;
    char *whole = map(NULL, shape->size + shape->alignment, shape->protection, 0);
    if (whole == NULL) return NULL;
    size_t before =
        align_up((uintptr_t)whole + shape->skew, shape->alignment) - shape->skew - (uintptr_t)whole;
    /* A cut that the kernel refuses costs address space, nothing else. */
    if (before > 0) os_unmap(whole, before);
    if (shape->alignment > before)
        os_unmap(whole + before + shape->size, shape->alignment - before);
    return whole + before;
}

/* What is aligned to more than there may be is not tried piece by piece. */
static char *map_shape(void *hint, const struct shape *shape) {
    bool none = false;
    char *hinted = shape->alignment < GIB ? map_at_aligned_hint((char *)hint, shape, &none) : NULL;
    return hinted != NULL || none ? hinted : map_and_cut(shape);
}

void *os_map_aligned(size_t size, size_t alignment) {
    return os_map_aligned_at(NULL, size, alignment);
}

void *os_map_aligned_at(void *hint, size_t size, size_t alignment) {
    struct shape shape = {size, alignment, 0, READ_WRITE};
    return map_shape(hint, &shape);
}

bool os_set_access(void *address, size_t size, enum os_access access) {
    static const int protections[] = {PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};
    if (refused(OS_PROTECT)) return false;
    int saved_errno = errno;
    bool done = syscall(SYS_mprotect, address, size, protections[access]) == 0;
    errno = saved_errno;
    return done;
}

/* The memory is mapped over the middle rather than opened by mprotect, which programs under a
   strict filter may not call. */
void *os_map_guarded_at(void *hint, size_t size) {
    size_t page = os_page_size();
    if (size > SIZE_MAX - 2 * page) return NULL;
    char *whole = map(hint != NULL ? (char *)hint - page : NULL, size + 2 * page, PROT_NONE, 0);
    if (whole == NULL) return NULL;
    if (os_open(whole + page, size)) return whole + page;
    os_unmap(whole, size + 2 * page);
    return NULL;
}

/* The memory is mapped over the middle, as os_map_guarded_at does it. */
void *os_map_fenced_at(void *hint, size_t before, size_t size, size_t alignment) {
    size_t skew = OS_FENCE + before, whole_size = skew + size + OS_FENCE;
    struct shape shape = {whole_size, alignment, skew, PROT_NONE};
    char *whole = map_shape(hint != NULL ? (char *)hint - skew : NULL, &shape);
    if (whole == NULL) return NULL;
    if (map(whole + OS_FENCE, before + size, READ_WRITE, MAP_FIXED) != NULL) return whole + skew;
    os_unmap(whole, whole_size);
    return NULL;
}

void *os_map_fenced(size_t size) { return os_map_fenced_at(NULL, 0, size, os_page_size()); }

void os_unmap_fenced(void *address, size_t size) {
    os_unmap((char *)address - OS_FENCE, size + 2 * OS_FENCE);
}

void os_name(const void *address, size_t size, const char *name) {
    if (likely(options.map_names == 0)) return;
    int saved_errno = errno;
    syscall(SYS_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, address, size, name);
    errno = saved_errno;
}

bool os_unmap(void *address, size_t size) {
    if (refused(OS_UNMAP)) return false;
    int saved_errno = errno;
    bool done = syscall(SYS_munmap, address, size) == 0;
    errno = saved_errno;
    return done;
}

bool os_purge(void *address, size_t size) {
    if (refused(OS_PURGE)) return false;
    int saved_errno = errno;
    bool done = syscall(SYS_madvise, address, size, MADV_DONTNEED) == 0;
    errno = saved_errno;
    return done;
}

void os_populate(void *address, size_t size) {
    int saved_errno = errno;
    syscall(SYS_madvise, address, size, MADV_POPULATE_WRITE); /* since Linux 5.14 */
    errno = saved_errno;
}

void os_use_small_pages(void *address, size_t size) {
    int saved_errno = errno;
    syscall(SYS_madvise, address, size, MADV_NOHUGEPAGE);
    errno = saved_errno;
}

uint64_t (*os_first_write_for_test)(void);

/* The result is the median of a few, as a thread may be interrupted. */
uint64_t os_first_write_ns(void) {
    enum { FAULTS = 16 };
    if (unlikely(os_first_write_for_test != NULL)) return os_first_write_for_test();
    uint64_t sorted[FAULTS] = {0};
    size_t page = os_page_size();
    volatile char *pages = os_map(FAULTS * page);
    if (pages == NULL) return 0;
    os_use_small_pages((void *)pages, FAULTS * page);
    for (unsigned i = 0; i < FAULTS; i++) {
        uint64_t before = os_clock_ns();
        pages[i * page] = 1;
        uint64_t taken = os_clock_ns() - before;
        unsigned at = i;
        for (; at > 0 && sorted[at - 1] > taken; at--) sorted[at] = sorted[at - 1];
        sorted[at] = taken;
    }
    os_unmap((void *)pages, FAULTS * page);
    return sorted[FAULTS / 2];
}

/* The kernel takes no less than FAULT_OF_HUGE_NS to clear 2 MiB. It takes longer where the host has
   to find the memory first. Small pages wait for such a host, too, but seldom when a few are tried:
   hence the weight. */
enum { FAULT_OF_HUGE_NS = 30 * 1000, FAULT_QUICK_NS = 500 * 1000, SMALL_WEIGHT = 2 };

static enum os_huge outcome_of(uint64_t taken) {
    const uint64_t count = OS_HUGE / os_page_size();
    if (taken < FAULT_OF_HUGE_NS) return OS_HUGE_REFUSED;
    if (taken <= FAULT_QUICK_NS) return OS_HUGE_DONE;
    return taken <= SMALL_WEIGHT * count * os_first_write_ns() ? OS_HUGE_LIKE_SMALL
                                                               : OS_HUGE_SLOWLY;
}

/* The range is mapped anew, as the kernel makes no huge page where it has a table of small ones, be
   it empty. If it refuses to map, which it does for the number of mappings, the old mapping is
   still there. */
bool os_use_huge_pages(void *address, size_t size) {
    if (os_page_size() != 4 * KIB || !os_open(address, size)) return false;
    int saved_errno = errno;
    bool done = syscall(SYS_madvise, address, size, MADV_HUGEPAGE) == 0;
    errno = saved_errno;
    if (!done) os_use_small_pages(address, size);
    return done;
}

enum os_huge (*os_huge_for_test)(void *address);

enum os_huge os_populate_huge(void *address) {
    if (unlikely(os_huge_for_test != NULL)) return os_huge_for_test(address);
    int saved_errno = errno;
    enum os_huge done = OS_HUGE_REFUSED;
    if (os_use_huge_pages(address, OS_HUGE)) {
        uint64_t before = os_clock_ns();
        os_populate(address, 4 * KIB);
        done = outcome_of(os_clock_ns() - before);
        if (done == OS_HUGE_REFUSED) syscall(SYS_madvise, address, OS_HUGE, MADV_NOHUGEPAGE);
    }
    errno = saved_errno;
    return done;
}

/* MADV_COLD of a part splits it. */
void os_split_huge(void *address) {
    int saved_errno = errno;
    syscall(SYS_madvise, address, 4 * KIB, MADV_COLD); /* since Linux 5.4 */
    syscall(SYS_madvise, address, OS_HUGE, MADV_NOHUGEPAGE);
    errno = saved_errno;
}

/* This does without MREMAP_FIXED, which before Linux 6.17 unmaps the target and may then fail. */
void *os_resize(void *address, size_t old_size, size_t new_size) {
    if (refused(OS_RESIZE)) return NULL;
    int saved_errno = errno;
    long result = syscall(SYS_mremap, address, old_size, new_size, MREMAP_MAYMOVE, NULL);
    errno = saved_errno;
    return result == -1 ? NULL : (void *)result;
}

uint64_t (*os_clock_for_test)(void);

uint64_t os_clock_ms(void) {
    if (unlikely(os_clock_for_test != NULL)) return os_clock_for_test();
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t os_clock_ns(void) {
    if (unlikely(os_clock_for_test != NULL)) return os_clock_for_test() * 1000000;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- What others can't guess ---- */

/* SipHash-2-4 of one word, but for the length. */
static uint64_t one_way(const uint64_t key[2], uint64_t word) {
    uint64_t v[4];
    siphash_begin(v, key);
    siphash_add(v, word, 2);
    return siphash_end(v, 4);
}

/* AT_RANDOM: 16 bytes from the kernel, here before any system call could be filtered. libc has its
   stack and pointer guards from them, which is why they are used as a key alone. */
uint64_t os_secret(void) {
    uint64_t key[2] = {0, 0};
    const void *random = (const void *)getauxval(AT_RANDOM);
    if (random != NULL) memcpy(key, random, sizeof key);
    return one_way(key, 0);
}

/* Rounded, as the length of the environment moves it. */
static uintptr_t stack_place(void) { return align_down(getauxval(AT_RANDOM), 64 * KIB); }

/* Where the kernel has put stack, program, vDSO and this library. Whoever knows one of them does
   not know the others. */
uint64_t os_random(unsigned number) {
    const uint64_t key[2] = {getauxval(AT_PHDR), stack_place()};
    return one_way(key, one_way(key, (uintptr_t)&os_fault_for_test + number) ^
                            getauxval(AT_SYSINFO_EHDR));
}

/* A quarter of the address space, of 32nds from 23 on: above programs, which are at two thirds of
   it and seldom far from there, and below the first libraries. */
void *os_random_place(unsigned number, size_t alignment) {
    uintptr_t stack = stack_place();
    if (stack == 0) return NULL;
    uintptr_t end = (uintptr_t)2 << bit_highest(stack);
    return (void *)align_down(end / 32 * 23 + os_random(number) % (end / 4), alignment);
}

struct atomic_u32 *os_fork_watch(void) {
    struct atomic_u32 *watch = (struct atomic_u32 *)os_map_fenced(os_page_size());
    if (watch == NULL) return NULL;
    int saved_errno = errno;
    bool watching = syscall(SYS_madvise, watch, os_page_size(), MADV_WIPEONFORK) == 0;
    errno = saved_errno;
    if (watching) {
        atomic_u32_store(watch, 1);
        return watch;
    }
    os_unmap_fenced(watch, os_page_size());
    return NULL;
}

static void futex(struct atomic_u32 *word, int operation, uint32_t value, struct timespec *limit) {
    int saved_errno = errno;
    syscall(SYS_futex, &word->value, operation | KERNEL_FUTEX_PRIVATE, value, limit, NULL, 0);
    errno = saved_errno;
}

void os_wait(struct atomic_u32 *word, uint32_t value) {
    futex(word, KERNEL_FUTEX_WAIT, value, NULL);
}

void os_wait_ms(struct atomic_u32 *word, uint32_t value, unsigned milliseconds) {
    struct timespec limit = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    futex(word, KERNEL_FUTEX_WAIT, value, &limit);
}

void os_wake(struct atomic_u32 *word, int waiters) {
    futex(word, KERNEL_FUTEX_WAKE, (uint32_t)waiters, NULL);
}

uint32_t os_thread_number(void) { return (uint32_t)syscall(SYS_gettid); }

bool os_thread_exists(uint32_t number) {
    int saved_errno = errno;
    bool exists = syscall(SYS_tgkill, getpid(), number, 0) == 0;
    errno = saved_errno;
    return exists;
}

uint64_t os_file_of(int descriptor) {
    struct stat status;
    int saved_errno = errno;
    bool open = fstat(descriptor, &status) == 0;
    errno = saved_errno;
    return open ? (uint64_t)status.st_dev * 1000000007 + status.st_ino + 1 : 0;
}

/* The number is above what programs expect to get from open. */
int os_keep_stderr(void) {
    int saved_errno = errno;
    long copy = syscall(SYS_fcntl, 2, F_DUPFD_CLOEXEC, 200);
    errno = saved_errno;
    return (int)copy;
}

void os_close(int descriptor) {
    int saved_errno = errno;
    syscall(SYS_close, descriptor);
    errno = saved_errno;
}

int os_process_id(void) { return (int)syscall(SYS_getpid); }
