/* SPDX-License-Identifier: MIT */
/*
 * address_space AS|DATA HEADROOM [threads] - memory runs out under RLIMIT_AS or RLIMIT_DATA,
 * HEADROOM bytes above what the process has. Every function must say NULL and ENOMEM and keep what
 * it was given; after freeing, and after the limit is lifted, requests must succeed again.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/memory.h"

enum { MANY = 200000, THREADS = 4 };

struct heap {
    char *blocks[MANY];
    int count;
};

static struct heap heaps[THREADS];
static int alone;

static size_t resource_used(int resource) {
    unsigned long kib = 0;
    if (resource == RLIMIT_AS) return memory_address_space();
    char text[4096], *line;
    int file = open("/proc/self/status", O_RDONLY);
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    text[count > 0 ? count : 0] = '\0';
    line = strstr(text, "VmData:");
    EXPECT(line != NULL && sscanf(line, "VmData: %lu", &kib) == 1);
    return kib << 10;
}

static void expect_failure_is_clean(struct heap *heap) {
    size_t huge = (size_t)1 << 40;
    void *result = &huge;
    errno = 0;
    EXPECT(hide(calloc(1, huge)) == NULL && errno == ENOMEM);
    errno = 0;
    EXPECT(hide(aligned_alloc(4096, huge)) == NULL && errno == ENOMEM);
    EXPECT(posix_memalign(&result, 64, huge) == ENOMEM && result == &huge);
    if (heap->count == 0) return;
    char *last = heap->blocks[heap->count - 1];
    size_t size = malloc_usable_size(last);
    errno = 0;
    EXPECT(hide(realloc(last, huge)) == NULL && errno == ENOMEM);
    EXPECT(malloc_usable_size(last) == size);
}

static void fill(struct heap *heap, size_t size) {
    heap->count = 0;
    while (heap->count < MANY) {
        errno = 0;
        char *block = hide(malloc(size));
        if (block == NULL) {
            EXPECT(errno == ENOMEM);
            break;
        }
        memset(block, 0x5b, size < 64 ? size : 64);
        heap->blocks[heap->count++] = block;
    }
    expect_failure_is_clean(heap);
}

static void empty(struct heap *heap, size_t size) {
    for (int i = 0; i < heap->count; i++) {
        for (size_t k = 0; k < size && k < 64; k++) EXPECT(heap->blocks[i][k] == 0x5b);
        errno = 4321;
        free(heap->blocks[i]);
        EXPECT(errno == 4321);
    }
}

/* Until memory is full, then all freed, for sizes of every kind; and one block must fit again. */
static void *run_out_and_recover(void *argument) {
    static const size_t sizes[] = {24, 500, 600, 5000, 40000, 300000, 3 << 20, 24, 3 << 20, 600};
    struct heap *heap = argument;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fill(heap, sizes[i]);
        empty(heap, sizes[i]);
        /* With other threads about, they may have taken what was freed. */
        if (heap->count == 0 || !alone) continue;
        void *again = hide(malloc(sizes[i]));
        EXPECT(again != NULL);
        free(again);
    }
    return NULL;
}

int main(int argc, char **argv) {
    EXPECT(argc >= 3);
    alarm(55);
    int resource = strcmp(argv[1], "AS") == 0 ? RLIMIT_AS : RLIMIT_DATA;
    int threads = argc > 3 ? THREADS : 1;
    pthread_t others[THREADS];
    struct rlimit saved, tight;
    alone = threads == 1;
    void *before = hide(malloc(100));
    EXPECT(getrlimit(resource, &saved) == 0);
    tight = saved;
    tight.rlim_cur = resource_used(resource) + strtoull(argv[2], NULL, 10);
    tight.rlim_cur += (size_t)(threads - 1) << 20; /* for the stacks of the threads */
    EXPECT(setrlimit(resource, &tight) == 0);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    for (int i = 1; i < threads; i++)
        EXPECT(pthread_create(&others[i], &attributes, run_out_and_recover, &heaps[i]) == 0);
    run_out_and_recover(&heaps[0]);
    for (int i = 1; i < threads; i++) pthread_join(others[i], NULL);
    free(before);
    EXPECT(setrlimit(resource, &saved) == 0);
    for (size_t size = 1; size < (size_t)200 << 20; size = size * 3 + 1) {
        char *block = hide(malloc(size));
        EXPECT(block != NULL);
        block[size - 1] = 1;
        free(block);
    }
    return 0;
}
