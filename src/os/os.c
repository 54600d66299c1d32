/* SPDX-License-Identifier: MIT */
#include "os/os.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/atomic.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

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
static void *map(void *hint, size_t size, int protection) {
    if (refused(OS_MAP)) return NULL;
    int saved_errno = errno;
    long result = syscall(SYS_mmap, hint, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    errno = saved_errno;
    return result == -1 ? NULL : (void *)result;
}

void *os_map(size_t size) { return map(NULL, size, PROT_READ | PROT_WRITE); }

/* An address just below the last mapping is free most of the time, and the aligned one below the
   first answer too: this takes two calls, and no address space more than asked for, where mapping
   size + alignment and cutting would fail under a tight limit. */
static void *map_at_aligned_hint(void *at, size_t size, size_t alignment) {
    char *first = map(at, size, PROT_READ | PROT_WRITE);
    if (first == NULL || (uintptr_t)first % alignment == 0) return first;
    os_unmap(first, size);
    char *hint = (char *)align_down((uintptr_t)first, alignment);
    char *second = map(hint, size, PROT_READ | PROT_WRITE);
    if (second == NULL || (uintptr_t)second % alignment == 0) return second;
    os_unmap(second, size);
    return NULL;
}

void *os_map_aligned(size_t size, size_t alignment) {
    return os_map_aligned_at(NULL, size, alignment);
}

void *os_map_aligned_at(void *hint, size_t size, size_t alignment) {
    char *hinted = map_at_aligned_hint(hint, size, alignment);
    if (hinted != NULL || size > SIZE_MAX - alignment) return hinted;
    char *whole = map(NULL, size + alignment, PROT_READ | PROT_WRITE);
    if (whole == NULL) return NULL;
    char *aligned = (char *)align_up((uintptr_t)whole, alignment);
    size_t before = (size_t)(aligned - whole);
    /* A cut that the kernel refuses costs address space, nothing else. */
    if (before > 0) os_unmap(whole, before);
    if (alignment > before) os_unmap(aligned + size, alignment - before);
    return aligned;
}

bool os_set_access(void *address, size_t size, enum os_access access) {
    static const int protections[] = {PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};
    if (refused(OS_PROTECT)) return false;
    int saved_errno = errno;
    bool done = syscall(SYS_mprotect, address, size, protections[access]) == 0;
    errno = saved_errno;
    return done;
}

void *os_map_guarded(size_t size) {
    size_t page = os_page_size();
    if (size > SIZE_MAX - 2 * page) return NULL;
    char *whole = map(NULL, size + 2 * page, PROT_NONE);
    if (whole == NULL) return NULL;
    if (os_set_access(whole + page, size, OS_READ_WRITE)) return whole + page;
    os_unmap(whole, size + 2 * page);
    return NULL;
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

bool os_resize(void *address, size_t old_size, size_t new_size) {
    if (refused(OS_RESIZE)) return false;
    int saved_errno = errno;
    bool done = syscall(SYS_mremap, address, old_size, new_size, 0, NULL) != -1;
    errno = saved_errno;
    return done;
}

bool os_move(void *address, size_t old_size, void *target, size_t new_size) {
    if (refused(OS_MOVE)) return false;
    int saved_errno = errno;
    bool done = syscall(SYS_mremap, address, old_size, new_size, MREMAP_MAYMOVE | MREMAP_FIXED,
                        target) != -1;
    errno = saved_errno;
    return done;
}

uint64_t (*os_clock_for_test)(void);

uint64_t os_clock_ms(void) {
    if (unlikely(os_clock_for_test != NULL)) return os_clock_for_test();
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* AT_RANDOM: 16 bytes from the kernel, here before any system call could be filtered. */
uint64_t os_secret(void) {
    uint64_t secret = 0;
    const void *random = (const void *)getauxval(AT_RANDOM);
    if (random != NULL) memcpy(&secret, (const char *)random + 8, sizeof secret);
    return secret;
}

struct atomic_u32 *os_fork_watch(void) {
    struct atomic_u32 *watch = (struct atomic_u32 *)os_map(os_page_size());
    if (watch == NULL) return NULL;
    int saved_errno = errno;
    bool watching = syscall(SYS_madvise, watch, os_page_size(), MADV_WIPEONFORK) == 0;
    errno = saved_errno;
    if (watching) {
        atomic_u32_store(watch, 1);
        return watch;
    }
    os_unmap(watch, os_page_size());
    return NULL;
}

static void futex(struct atomic_u32 *word, int operation, uint32_t value, struct timespec *limit) {
    int saved_errno = errno;
    syscall(SYS_futex, &word->value, operation | FUTEX_PRIVATE_FLAG, value, limit, NULL, 0);
    errno = saved_errno;
}

void os_wait(struct atomic_u32 *word, uint32_t value) { futex(word, FUTEX_WAIT, value, NULL); }

void os_wait_ms(struct atomic_u32 *word, uint32_t value, unsigned milliseconds) {
    struct timespec limit = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    futex(word, FUTEX_WAIT, value, &limit);
}

void os_wake(struct atomic_u32 *word, int waiters) {
    futex(word, FUTEX_WAKE, (uint32_t)waiters, NULL);
}

uint64_t os_file_of(int descriptor) {
    struct stat status;
    int saved_errno = errno;
    bool open = fstat(descriptor, &status) == 0;
    errno = saved_errno;
    return open ? (uint64_t)status.st_dev * 1000000007 + status.st_ino + 1 : 0;
}

/* Above what programs expect to get from open. */
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
