/* SPDX-License-Identifier: MIT */
/*
 * poolalloc.h - the memory allocator of libpoolalloc under names of its own.
 *
 *     #include <poolalloc.h>                     cc app.c $(pkg-config --cflags --libs poolalloc)
 *
 *     char *line = poolalloc_malloc(100);
 *     if (line == NULL) return -1;               // errno is ENOMEM
 *     puts(poolalloc_version());
 *     poolalloc_free(line);
 *
 * Linking or preloading libpoolalloc also replaces malloc, free and the rest of the C and C++
 * allocation functions of the whole process. A block from either set of names may be given to the
 * other: they are the same functions.
 *
 * Every function may be called from any thread at any time, from pthread_atfork handlers and in
 * the child of a fork too. None is async-signal-safe and none is a cancellation point.
 * Sizes are bytes, from 0 to PTRDIFF_MAX; a larger one fails with ENOMEM.
 * A block is aligned to POOLALLOC_ALIGN bytes at least (libpoolalloc8: to 8).
 * An address that is not a live block of this allocator ends the process: one line
 * "poolalloc: <what> <address> ..." on standard error, with lines for the callers, then SIGABRT.
 */
#ifndef POOLALLOC_H
#define POOLALLOC_H

#include <stddef.h>

#define POOLALLOC_VERSION_MAJOR 0
#define POOLALLOC_VERSION_MINOR 3
#define POOLALLOC_VERSION_PATCH 0
/* Comparable: major * 10000 + minor * 100 + patch. */
#define POOLALLOC_VERSION_NUMBER 300
#define POOLALLOC_VERSION_STRING "0.3.0"

#if defined(__GNUC__)
#define POOLALLOC_MALLOC __attribute__((malloc, warn_unused_result))
#define POOLALLOC_SIZE(...) __attribute__((alloc_size(__VA_ARGS__)))
#else
#define POOLALLOC_MALLOC
#define POOLALLOC_SIZE(...)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Blocks: ISO C23 7.24.3, POSIX.1-2024 and glibc semantics ---- */

/* A block of `size` bytes, contents undefined. malloc(0) is a distinct block that may be freed.
   NULL and ENOMEM when out of memory. Release it with poolalloc_free. */
void *poolalloc_malloc(size_t size) POOLALLOC_MALLOC POOLALLOC_SIZE(1);

/* A zeroed block of count * size bytes. NULL and ENOMEM on overflow or when out of memory. */
void *poolalloc_calloc(size_t count, size_t size) POOLALLOC_MALLOC POOLALLOC_SIZE(1, 2);

/* Moves or resizes `block` to `size` bytes, keeping the contents up to the smaller size.
   block NULL: as malloc. size 0 with a block: frees it and returns NULL (glibc).
   A block that has to move to grow may get room to grow further: see poolalloc_usable_size.
   NULL and ENOMEM when out of memory; `block` is then untouched and still the caller's. */
void *poolalloc_realloc(void *block, size_t size) POOLALLOC_SIZE(2);

/* realloc to count * size bytes; NULL and ENOMEM on overflow, `block` untouched (POSIX.1-2024). */
void *poolalloc_reallocarray(void *block, size_t count, size_t size) POOLALLOC_SIZE(2, 3);

/* Releases a block; NULL is ignored; errno is preserved (POSIX.1-2024). */
void poolalloc_free(void *block);

/* free for a block whose requested size is known (C23 7.24.3.4); a size that cannot be that of the
   block ends the process. */
void poolalloc_free_sized(void *block, size_t size);

/* free for a block of aligned_alloc whose size and alignment are known (C23 7.24.3.5); values that
   cannot be the block's end the process. */
void poolalloc_free_aligned_sized(void *block, size_t alignment, size_t size);

/* A block whose address is a multiple of `alignment`, a power of two; the size need not be a
   multiple of it (C17). NULL and EINVAL for any other alignment, ENOMEM when out of memory. */
void *poolalloc_aligned_alloc(size_t alignment, size_t size) POOLALLOC_MALLOC POOLALLOC_SIZE(2);

/* Allocates as aligned_alloc, stores the block in *result and returns 0, EINVAL (alignment no power
   of two or no multiple of sizeof(void *)) or ENOMEM; on failure *result keeps its value. ENOMEM is
   in errno too, as glibc has it. */
int poolalloc_posix_memalign(void **result, size_t alignment, size_t size);

/* The bytes that may be used at `block`: at least the requested size, constant while the block
   lives unless realloc changes it. 0 for NULL. */
size_t poolalloc_usable_size(const void *block);

/* The usable size that a request of `size` bytes gets at least; 0 if it would fail for its size. */
size_t poolalloc_good_size(size_t size);

/* ---- Memory and its report ---- */

/* Gives back to the system all memory that is free, but for `keep` bytes. 1 if any was given back,
   0 if not. Cost: a walk over the free pages; other threads go on. */
int poolalloc_trim(size_t keep);

/* Bytes of the pages that blocks lie in, in use: a look, without a lock. Less exact than the
   statistics, and a matter of nanoseconds. */
size_t poolalloc_in_use(void);

/* A snapshot of the process's memory in bytes. Exact for the calling thread's own blocks; what
   other threads allocate or free at the same time may or may not be in it.
   used + cached + purged = mapped. */
struct poolalloc_stats {
    size_t size;   /* of this struct, set by the caller: later versions append fields */
    size_t used;   /* in live blocks, counted by usable size */
    size_t blocks; /* number of live blocks */
    size_t cached; /* resident in our mappings and free: next allocations come from here */
    size_t purged; /* address space of ours without memory behind it */
    size_t mapped; /* address space for blocks */
    size_t mapped_peak;
    size_t metadata;     /* address space for the allocator's own records, lazily touched */
    size_t arenas;       /* arenas (256 KiB) with a live block */
    size_t pools;        /* pools (4 KiB) with a live block */
    size_t direct;       /* blocks with a mapping of their own */
    size_t heaps;        /* heaps in use by threads */
    size_t purges;       /* times that memory was given back to the system, in runs of pages */
    size_t lock_takings; /* times that a thread took the lock of what all threads share */
};
/* Fills *stats, of which stats->size bytes are valid; 0, or -1 and EINVAL if stats->size is 0. */
int poolalloc_get_stats(struct poolalloc_stats *stats);

/* Writes the report (what was served, what is held) as text to a descriptor.
   0, or -1 and errno of write(2). Allocates nothing. */
int poolalloc_report(int descriptor);

/* Checks every invariant of every arena and pool and of the calling thread's heap. 0 if all hold;
   otherwise the process ends with one line that names the first that does not. Other threads must
   not allocate or free meanwhile. */
int poolalloc_check(void);

/* "0.2.0". A program that wants to know whether the library serves it declares this function weak
   and tests its address. */
const char *poolalloc_version(void);

#ifdef __cplusplus
}
#endif

#endif
