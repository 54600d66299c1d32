/* SPDX-License-Identifier: MIT */
/*
 * recorder.c - a library to preload that writes down each call of malloc's family and hands it on
 * to libc's: of `poolalloc record`. What is written lies in shared mappings of a file, so that
 * nothing is lost however the program ends. Programs that this one starts, and children of forks,
 * are not recorded.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "event.h"

#define EXPORT __attribute__((visibility("default")))
#define THREAD static __thread __attribute__((tls_model("initial-exec")))

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static int file = -1;
static atomic_bool on;
static _Atomic uint64_t last_number, used_bytes;
static _Atomic uint32_t thread_count;

THREAD struct event *next_event, *chunk_end;
THREAD uint32_t own_number; /* of the thread, from 1 on */

/* The file only grows: whoever comes last writes at a higher place, or inside. */
static bool take_chunk(void) {
    uint64_t place = atomic_fetch_add(&used_bytes, CHUNK_BYTES);
    if (pwrite(file, "", 1, (off_t)(place + CHUNK_BYTES - 1)) != 1) return false;
    void *chunk = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)place);
    if (chunk == MAP_FAILED) return false;
    if (chunk_end != NULL) munmap(chunk_end - CHUNK_EVENTS, CHUNK_BYTES);
    next_event = chunk;
    chunk_end = next_event + CHUNK_EVENTS;
    if (own_number == 0) own_number = atomic_fetch_add(&thread_count, 1) + 1;
    return true;
}

/* A signal handler that calls malloc in the middle of this takes the place behind. */
static void note(uint8_t kind, const void *address, size_t size, uint8_t align_shift) {
    if (!atomic_load_explicit(&on, memory_order_relaxed)) return;
    int error = errno;
    if (next_event == chunk_end && !take_chunk()) {
        atomic_store(&on, false);
        errno = error;
        return;
    }
    struct event *event = next_event++;
    event->address = (uint64_t)(uintptr_t)address;
    event->size = size;
    event->thread = own_number - 1;
    event->kind = kind;
    event->align_shift = align_shift;
    event->number = atomic_fetch_add(&last_number, 1) + 1;
    errno = error;
}

static void stop(void) { atomic_store(&on, false); }

/* In place: the recorder is for this program alone. */
static void leave_environment(char *preload) {
    char *end = strchr(preload, ':');
    if (end != NULL)
        memmove(preload, end + 1, strlen(end + 1) + 1);
    else
        unsetenv("LD_PRELOAD");
    unsetenv(RECORD_VARIABLE);
}

__attribute__((constructor(101))) static void start(void) {
    const char *path = secure_getenv(RECORD_VARIABLE);
    char *preload = getenv("LD_PRELOAD");
    if (path == NULL || preload == NULL) return;
    file = open(path, O_RDWR | O_CLOEXEC);
    if (file >= 0) { /* out of the way of programs that count on the lowest numbers */
        int high = fcntl(file, F_DUPFD_CLOEXEC, 500);
        if (high >= 0) close(file);
        if (high >= 0) file = high;
    }
    leave_environment(preload);
    if (file < 0 || pthread_atfork(NULL, NULL, stop) != 0) return;
    atomic_store(&on, true);
}

/* ---- malloc's family ---- */

EXPORT void *malloc(size_t size) {
    void *block = __libc_malloc(size);
    if (block != NULL) note(EVENT_ALLOCATE, block, size, 0);
    return block;
}

EXPORT void *calloc(size_t count, size_t size) {
    void *block = __libc_calloc(count, size);
    if (block != NULL) note(EVENT_ZEROED, block, count * size, 0);
    return block;
}

EXPORT void free(void *block) {
    if (block != NULL) note(EVENT_FREE, block, 0, 0);
    __libc_free(block);
}

EXPORT void *realloc(void *block, size_t size) {
    if (block == NULL) return malloc(size);
    note(EVENT_RESIZE, block, 0, 0);
    void *moved = __libc_realloc(block, size);
    note(EVENT_RESIZED, moved, size, 0);
    return moved;
}

static void *aligned(size_t alignment, size_t size) {
    void *block = __libc_memalign(alignment, size);
    if (block != NULL && alignment > 1)
        note(EVENT_ALLOCATE, block, size, (uint8_t)__builtin_ctzll(alignment));
    return block;
}

EXPORT void *memalign(size_t alignment, size_t size) { return aligned(alignment, size); }
EXPORT void *aligned_alloc(size_t alignment, size_t size) { return aligned(alignment, size); }
EXPORT void *valloc(size_t size) { return aligned((size_t)sysconf(_SC_PAGESIZE), size); }

EXPORT void *pvalloc(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return aligned(page, (size + page - 1) / page * page);
}

EXPORT int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
        return EINVAL;
    int error = errno;
    void *block = aligned(alignment, size);
    errno = error;
    if (block == NULL) return ENOMEM;
    *result = block;
    return 0;
}
