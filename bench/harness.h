/* SPDX-License-Identifier: MIT */
/*
 * harness.h - what the workloads share: arguments, random numbers, blocks that know their content,
 * threads. All of it is inline and none of it allocates, so that a workload is one file and every
 * allocation in it is its own.
 */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline void die(const char *what) {
    fprintf(stderr, "bench: %s\n", what);
    abort();
}

/* The program's argument number `index`, or the default where it is not given. */
static inline size_t size_argument(int argc, char **argv, int index, size_t otherwise) {
    if (index >= argc) return otherwise;
    char *end;
    unsigned long long value = strtoull(argv[index], &end, 10);
    if (*end != '\0' || value == 0) die("an argument is not a positive number");
    return (size_t)value;
}

/* ---- Random numbers: xorshift64*, the same sequence for the same seed ---- */

struct rng {
    uint64_t state; /* never 0 */
};

static inline struct rng rng_seeded(uint64_t seed) {
    return (struct rng){seed * 0x9e3779b97f4a7c15u + 1};
}

static inline uint64_t rng_next(struct rng *rng) {
    rng->state ^= rng->state >> 12;
    rng->state ^= rng->state << 25;
    rng->state ^= rng->state >> 27;
    return rng->state * 0x2545f4914f6cdd1du;
}

/* A number from 0 to limit - 1. */
static inline size_t rng_below(struct rng *rng, size_t limit) {
    return (size_t)(((rng_next(rng) >> 32) * (uint64_t)limit) >> 32);
}

/* A number from low to high, both included, all equally likely. */
static inline size_t rng_between(struct rng *rng, size_t low, size_t high) {
    return low + rng_below(rng, high - low + 1);
}

/* A number from low to 2^doublings * low, every doubling equally likely: sizes in real programs. */
static inline size_t rng_doubling(struct rng *rng, size_t low, unsigned doublings) {
    size_t base = low << rng_below(rng, doublings);
    return rng_between(rng, base, 2 * base);
}

/* ---- Blocks: the first word holds size and owner's mark, every page and the end are touched ----
 */

#define BLOCK_MIN 8
#define TOUCH_STRIDE 4096

/* Keeps the compiler from seeing what happens to p, so that it leaves no allocation out. */
static inline void *opaque(void *p) {
    __asm__ volatile("" : "+r"(p) : : "memory");
    return p;
}

static inline uint32_t block_mark(const void *p) {
    return (uint32_t)((uintptr_t)p >> 3) ^ 0x5a5a5a5au;
}

static inline void *block_stamp(void *p, size_t size) {
    if (p == NULL) die("out of memory");
    unsigned char *bytes = p;
    for (size_t i = TOUCH_STRIDE; i < size; i += TOUCH_STRIDE) bytes[i] = 1;
    bytes[size - 1] = (unsigned char)size;
    uint32_t head[2] = {(uint32_t)size, block_mark(p)};
    memcpy(p, head, sizeof head);
    return opaque(p);
}

/* The size that was stamped; aborts when the content is not what was written. */
static inline size_t block_verify(void *p) {
    uint32_t head[2];
    memcpy(head, opaque(p), sizeof head);
    unsigned char last = ((unsigned char *)p)[head[0] - 1];
    if (head[1] != block_mark(p) || (head[0] > BLOCK_MIN && last != (unsigned char)head[0]))
        die("a block lost its content");
    return head[0];
}

/* A stamped block of at least BLOCK_MIN bytes. */
static inline void *block_new(size_t size) { return block_stamp(malloc(size), size); }

/* Verifies and frees; NULL is allowed. */
static inline void block_drop(void *p) {
    if (p != NULL) block_verify(p);
    free(p);
}

static inline void block_replace(void **slot, size_t size) {
    block_drop(*slot);
    *slot = block_new(size);
}

/* Frees all blocks of a table, front to back. */
static inline void blocks_drop(void **blocks, size_t count) {
    for (size_t i = 0; i < count; i++) {
        block_drop(blocks[i]);
        blocks[i] = NULL;
    }
}

static inline void blocks_shuffle(struct rng *rng, void **blocks, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t j = rng_below(rng, i);
        void *other = blocks[j];
        blocks[j] = blocks[i - 1];
        blocks[i - 1] = other;
    }
}

/* ---- Threads ---- */

#define THREADS_MAX 256
#define THREAD_STACK (256 << 10) /* small, so that address space is the allocator's */

static inline pthread_t thread_start(void *(*run)(void *), void *argument) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, THREAD_STACK) != 0) die("no such stack");
    if (pthread_create(&thread, &attributes, run, argument) != 0) die("no new thread");
    pthread_attr_destroy(&attributes);
    return thread;
}

/* Runs run(0) to run(count - 1) on threads of their own and waits for all. */
static inline void threads_run(size_t count, void *(*run)(void *)) {
    pthread_t threads[THREADS_MAX];
    if (count > THREADS_MAX) die("more than 256 threads");
    for (size_t i = 0; i < count; i++) threads[i] = thread_start(run, (void *)i);
    for (size_t i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

static inline double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
