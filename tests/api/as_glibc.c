/* SPDX-License-Identifier: MIT */
/* Prints what the functions of the family answer and what they leave in errno, for arguments of
   every kind, and what mallopt answers. The runner compares the lines that glibc's own malloc leads
   to with those of the library. Nothing here may depend on addresses or on the room in a block. */
#include <errno.h>
#include <gnu/libc-version.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOBODYS_ERRNO = 12345 };

static const size_t HUGE_SIZES[] = {
    SIZE_MAX,         SIZE_MAX - 1,     SIZE_MAX - 15,    SIZE_MAX - 4095,       SIZE_MAX - 4096,
    SIZE_MAX - 70000, SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 2, PTRDIFF_MAX,           PTRDIFF_MAX - 1,
    PTRDIFF_MAX - 16, PTRDIFF_MAX / 2,  (size_t)1 << 60,  ((size_t)1 << 48) + 1,
};
static const size_t SIZES[] = {0, 1, 24, 512, 513, 4096, 70000, 40 << 20};
static const size_t ALIGNMENTS[] = {0,
                                    1,
                                    2,
                                    3,
                                    4,
                                    7,
                                    8,
                                    9,
                                    16,
                                    24,
                                    32,
                                    48,
                                    64,
                                    100,
                                    96,
                                    4096,
                                    5000,
                                    1 << 20,

                                    (size_t)1 << 62,
                                    (size_t)1 << 63,
                                    ((size_t)1 << 63) + 1,
                                    SIZE_MAX};
enum {
    HUGE_COUNT = sizeof HUGE_SIZES / sizeof HUGE_SIZES[0],
    SIZE_COUNT = sizeof SIZES / sizeof SIZES[0],
    ALIGNMENT_COUNT = sizeof ALIGNMENTS / sizeof ALIGNMENTS[0],
};

/* A line about a call: its block is there or not, and errno. */
static void say(const char *function, size_t a, size_t b, const void *block, int error) {
    printf("%s(%#zx, %#zx): %s, errno %d\n", function, a, b, block != NULL ? "block" : "NULL",
           error == NOBODYS_ERRNO ? 0 : error);
}

/* Volatile, so that the compiler does not know what it calls. */
static void *(*volatile call_malloc)(size_t) = malloc;
static void *(*volatile call_calloc)(size_t, size_t) = calloc;
static void *(*volatile call_realloc)(void *, size_t) = realloc;
static void *(*volatile call_reallocarray)(void *, size_t, size_t) = reallocarray;
static void *(*volatile call_aligned_alloc)(size_t, size_t) = aligned_alloc;
static void *(*volatile call_memalign)(size_t, size_t) = memalign;
static void *(*volatile call_valloc)(size_t) = valloc;
static void *(*volatile call_pvalloc)(size_t) = pvalloc;
static int (*volatile call_posix_memalign)(void **, size_t, size_t) = posix_memalign;

#define TRY(function, a, b, ...)                                                                   \
    do {                                                                                           \
        errno = NOBODYS_ERRNO;                                                                     \
        void *block_ = call_##function(__VA_ARGS__);                                               \
        int error_ = errno;                                                                        \
        say(#function, a, b, block_, error_);                                                      \
        free(block_);                                                                              \
    } while (0)

static void try_size(size_t size) {
    TRY(malloc, size, 0, size);
    TRY(calloc, 1, size, 1, size);
    TRY(calloc, size, 1, size, 1);
    TRY(realloc, 0, size, NULL, size);
    TRY(reallocarray, 1, size, NULL, 1, size);
    TRY(valloc, size, 0, size);
    TRY(pvalloc, size, 0, size);
}

/* A failing realloc leaves the block as it is, and one to 0 bytes frees it. */
static void try_realloc_from(size_t old, size_t size) {
    char *block = call_malloc(old);
    memset(block, 'x', old);
    errno = NOBODYS_ERRNO;
    char *result = call_realloc(block, size);
    int error = errno;
    say("realloc of a block", old, size, result, error);
    if (result == NULL && size != 0) {
        for (size_t i = 0; i < old; i++)
            if (block[i] != 'x') printf("the block changed at %zu\n", i);
        free(block);
    }
    free(result);
}

static void try_overflow(size_t count, size_t size) {
    TRY(calloc, count, size, count, size);
    TRY(reallocarray, count, size, NULL, count, size);
    void *block = call_malloc(10), *result;
    errno = NOBODYS_ERRNO;
    result = call_reallocarray(block, count, size);
    say("reallocarray of a block", count, size, result, errno);
    if (count != 0 && size != 0) free(result != NULL ? result : block);
}

/* glibc before 2.38 lets aligned_alloc take any alignment, as memalign does. */
static int aligned_alloc_is_strict(void) {
    int major = 0, minor = 0;
    sscanf(gnu_get_libc_version(), "%d.%d", &major, &minor);
    return major > 2 || minor >= 38;
}

static void try_alignment(size_t alignment, size_t size) {
    int is_power = alignment != 0 && (alignment & (alignment - 1)) == 0;
    TRY(memalign, alignment, size, alignment, size);
    if (is_power || aligned_alloc_is_strict()) TRY(aligned_alloc, alignment, size, alignment, size);
    char untouched;
    void *block = &untouched;
    errno = NOBODYS_ERRNO;
    int result = call_posix_memalign(&block, alignment, size);
    int error = errno;
    printf("posix_memalign: %d, *result %s; ", result, block == &untouched ? "kept" : "set");
    say("posix_memalign", alignment, size, result == 0 ? block : NULL, error);
    if (result == 0) free(block);
}

static void try_free(size_t size) {
    void *block = call_malloc(size);
    errno = NOBODYS_ERRNO;
    malloc_usable_size(block);
    if (errno != NOBODYS_ERRNO) printf("malloc_usable_size(%zu) set errno\n", size);
    free(block);
    if (errno != NOBODYS_ERRNO) printf("free(%zu) set errno\n", size);
}

static void try_rest(void) {
    errno = NOBODYS_ERRNO;
    free(NULL);
    printf("malloc_usable_size(NULL): %zu\n", malloc_usable_size(NULL));
    printf("malloc_info with options: %d\n", malloc_info(1, stdout));
    mallinfo2();
    malloc_trim(0);
    printf("errno: %d\n", errno == NOBODYS_ERRNO ? 0 : errno);
}

static void try_mallopt(void) {
    static const int values[] = {INT32_MIN, -4096,    -1,   0,     1,       2,       63,
                                 64,        79,       80,   128,   159,     160,     161,
                                 255,       256,      4096, 65536, 1 << 20, 1 << 25, (1 << 25) + 1,
                                 1 << 30,   INT32_MAX};
    errno = NOBODYS_ERRNO;
    for (int parameter = -12; parameter <= 6; parameter++)
        for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++)
            printf("mallopt(%d, %d): %d\n", parameter, values[i], mallopt(parameter, values[i]));
    printf("mallopt's errno: %d\n", errno == NOBODYS_ERRNO ? 0 : errno);
}

static void try_all_failing(void) {
    for (unsigned i = 0; i < HUGE_COUNT; i++) try_size(HUGE_SIZES[i]);
    for (unsigned i = 0; i < HUGE_COUNT; i++)
        for (unsigned j = 0; j < SIZE_COUNT; j++) try_realloc_from(SIZES[j], HUGE_SIZES[i]);
    for (unsigned i = 0; i < ALIGNMENT_COUNT; i++)
        for (unsigned j = 0; j < HUGE_COUNT; j++) try_alignment(ALIGNMENTS[i], HUGE_SIZES[j]);
}

int main(void) {
    static char buffer[1 << 20];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    for (unsigned i = 0; i < SIZE_COUNT; i++) try_size(SIZES[i]);
    for (unsigned i = 0; i < SIZE_COUNT; i++)
        for (unsigned j = 0; j < SIZE_COUNT; j++) try_realloc_from(SIZES[i], SIZES[j]);
    for (unsigned i = 0; i < SIZE_COUNT; i++) try_free(SIZES[i]);
    for (unsigned i = 0; i < ALIGNMENT_COUNT; i++)
        for (unsigned j = 0; j < SIZE_COUNT; j++) try_alignment(ALIGNMENTS[i], SIZES[j]);
    try_overflow(SIZE_MAX, 2);
    try_overflow(2, SIZE_MAX);
    try_overflow((size_t)1 << 32, (size_t)1 << 32);
    try_overflow(((size_t)1 << 32) + 1, (size_t)1 << 31);
    try_overflow(0, SIZE_MAX);
    try_overflow(SIZE_MAX, 0);
    try_all_failing();
    try_rest();
    try_mallopt();
    return 0;
}
