/* SPDX-License-Identifier: MIT */
/*
 * holder: a program that holds memory in one of several ways, says "ready", and goes on until its
 * standard input ends. tests/tool/run asks the command poolalloc what it makes of it.
 */
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 48, MIB = 1024 * 1024, KEPT = 1 << 21 };

static void *kept[KEPT];
static size_t kept_count;

static void *get(size_t size) {
    void *block = malloc(size);
    if (block == NULL) abort();
    return memset(block, 1, size);
}

static void keep(size_t size) {
    if (kept_count == KEPT) abort();
    kept[kept_count++] = get(size);
}

/* The next of a fixed row of numbers. */
static unsigned number(void) {
    static __thread unsigned state = 12345;
    state = state * 1103515245 + 12345;
    return state >> 8;
}

/* Frees all kept blocks but the first in each 2^shift bytes of address space. */
static void thin_out(unsigned shift) {
    uintptr_t last = 0;
    size_t left = 0;
    for (size_t i = 0; i < kept_count; i++) {
        uintptr_t place = (uintptr_t)kept[i] >> shift;
        if (place != last)
            kept[left++] = kept[i];
        else
            free(kept[i]);
        last = place;
    }
    kept_count = left;
}

static void be_healthy(void) {
    for (size_t bytes = 0, size; bytes < 40 * MIB; bytes += size) keep(size = 16 + number() % 2000);
}

static void keep_one_in(unsigned shift, size_t bytes, size_t size) {
    for (size_t done = 0; done < bytes; done += size) keep(size);
    thin_out(shift);
}

/* ---- A pool of threads that rest ---- */

static pthread_barrier_t barrier;

/* A thread with next to no live block would let go of what is at hand. */
static void *work_and_rest(void *unused) {
    enum { BLOCKS = 3000, LIVE = 800 };
    void *blocks[BLOCKS];
    for (unsigned i = 0; i < LIVE; i++) get(16);
    for (unsigned i = 0; i < BLOCKS; i++) blocks[i] = get(16 + number() % 4000);
    for (unsigned i = 0; i < BLOCKS; i++) free(blocks[i]);
    pthread_barrier_wait(&barrier);
    pause();
    return unused;
}

static void start_threads(unsigned count, void *(*body)(void *)) {
    pthread_barrier_init(&barrier, NULL, count + 1);
    for (unsigned i = 0; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, body, NULL) != 0) abort();
    }
    pthread_barrier_wait(&barrier);
}

/* ---- Blocks of a thread that rests, freed by another ---- */

static void *produce_and_rest(void *unused) {
    for (unsigned i = 0; i < 400000; i++) keep(200);
    pthread_barrier_wait(&barrier);
    pause();
    return unused;
}

static void free_nine_of_ten(void) {
    size_t left = 0;
    for (size_t i = 0; i < kept_count; i++)
        if (i % 10 == 0)
            kept[left++] = kept[i];
        else
            free(kept[i]);
    kept_count = left;
}

/* ---- Until the input ends ---- */

static void rest(int leaks) {
    struct pollfd input = {.fd = 0, .events = POLLIN};
    while (poll(&input, 1, leaks ? 5 : -1) == 0)
        for (unsigned i = 0; i < 2000; i++) get(64);
}

int main(int count, char **words) {
    const char *how = count > 1 ? words[1] : "";
    if (strcmp(how, "healthy") == 0) be_healthy();
    if (strcmp(how, "small") == 0) keep_one_in(12, 2 * (size_t)MIB, 80);
    if (strcmp(how, "leak") == 0) keep(1000);
    if (strcmp(how, "pages") == 0) keep_one_in(12, 128 * (size_t)MIB, 80);
    if (strcmp(how, "arenas") == 0) keep_one_in(18, 800 * (size_t)MIB, 480);
    if (strcmp(how, "threads") == 0) start_threads(THREADS, work_and_rest);
    if (strcmp(how, "queue") == 0) {
        start_threads(1, produce_and_rest);
        free_nine_of_ten();
    }
    puts("ready");
    fflush(stdout);
    rest(strcmp(how, "leak") == 0);
    return 0;
}
