/* SPDX-License-Identifier: MIT */
/*
 * calls.so - preloaded in front of this library: counts the calls of malloc, free and the rest, and
 * at the end of the process appends a line "CALLS TAKINGS" to the file that BENCH_CALLS names;
 * takings are those of the lock that all threads share. For counts, not for times. The child of a
 * fork that executes nothing begins with its parent's counts.
 */
#include <fcntl.h>
#include <poolalloc.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One counter for all threads would slow them down at each other's cost, and change what is
   counted. Each thread takes the next of a few, a cache line apart. */
#define PLACES 64

static struct place { _Alignas(64) unsigned long count; } places[PLACES];

static void count_call(void) {
    static unsigned threads;
    static __thread struct place *mine __attribute__((tls_model("initial-exec")));
    if (mine == NULL) mine = &places[__atomic_fetch_add(&threads, 1, __ATOMIC_RELAXED) % PLACES];
    __atomic_fetch_add(&mine->count, 1, __ATOMIC_RELAXED);
}

/* ---- The names ---- */

void *malloc(size_t size) {
    count_call();
    return poolalloc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    count_call();
    return poolalloc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    count_call();
    return poolalloc_realloc(block, size);
}

void *reallocarray(void *block, size_t count, size_t size) {
    count_call();
    return poolalloc_reallocarray(block, count, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count_call();
    return poolalloc_aligned_alloc(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    count_call();
    return poolalloc_posix_memalign(result, alignment, size);
}

void free(void *block) {
    if (block == NULL) return;
    count_call();
    poolalloc_free(block);
}

/* operator new and delete, as the compiler names them. A program that runs out of memory ends. */
void *_Znwm(size_t size) {
    void *block = malloc(size);
    if (block == NULL) abort();
    return block;
}

void *_Znam(size_t size) { return _Znwm(size); }
void _ZdlPv(void *block) { free(block); }
void _ZdaPv(void *block) { free(block); }
void _ZdlPvm(void *block, size_t size) {
    (void)size;
    free(block);
}
void _ZdaPvm(void *block, size_t size) { _ZdlPvm(block, size); }

/* ---- The figures ---- */

static void write_line(const char *path, unsigned long calls, size_t takings) {
    char line[64];
    int length = snprintf(line, sizeof line, "%lu %zu\n", calls, takings);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0 || write(file, line, (size_t)length) != length) _exit(126);
    close(file);
}

/* A library that does not count its takings leaves the size of the statistics short of them. */
__attribute__((destructor)) static void finish(void) {
    const char *path = getenv("BENCH_CALLS");
    unsigned long calls = 0;
    struct poolalloc_stats stats = {.size = sizeof stats};
    if (path == NULL || poolalloc_get_stats(&stats) != 0) return;
    if (stats.size <= offsetof(struct poolalloc_stats, lock_takings)) return;
    for (size_t i = 0; i < PLACES; i++) calls += places[i].count;
    write_line(path, calls, stats.lock_takings);
}
