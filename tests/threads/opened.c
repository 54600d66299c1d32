/* SPDX-License-Identifier: MIT */
/*
 * A program on libc's malloc that opens the library by hand, in a scope of its own, and closes it,
 * time and again, while threads hold blocks of it. The library stays: its threads' heaps are tied
 * to it. Argument: the library's path. Nothing is preloaded.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#include "../support/elsewhere.h"
#include "../support/expect.h"
#include "../support/hide.h"

enum { THREADS = 8, ROUNDS = 200, BLOCKS = 100 };

static const char *path;
static pthread_barrier_t before_open;

typedef void *malloc_function(size_t);
typedef void free_function(void *);
typedef int check_function(void);

static void *name(void *library, const char *wanted) {
    void *found = dlsym(library, wanted);
    EXPECT(found != NULL);
    return found;
}

static size_t size_of(int i) { return (size_t)(i * i * 7 + 1); }

/* Blocks outlive the handle they came through. */
static void one_round(void) {
    void *blocks[BLOCKS];
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL && !is_glibc()) SKIP("musl has no static TLS for a library opened by hand");
    EXPECT(library != NULL);
    malloc_function *allocate = (malloc_function *)name(library, "poolalloc_malloc");
    free_function *release = (free_function *)name(library, "poolalloc_free");
    for (int i = 0; i < BLOCKS; i++) {
        EXPECT((blocks[i] = hide(allocate(size_of(i)))) != NULL);
        pattern_fill(blocks[i], size_of(i));
    }
    EXPECT(dlclose(library) == 0);
    for (int i = 0; i < BLOCKS; i++) {
        EXPECT(pattern_holds(blocks[i], size_of(i)));
        release(blocks[i]);
    }
}

/* The first round meets threads that are older than the library. */
static void *run(void *argument) {
    pthread_barrier_wait(&before_open);
    for (int round = 0; round < ROUNDS; round++) {
        void *own = hide(malloc(1000));
        EXPECT(own != NULL);
        one_round();
        free(own);
    }
    return argument;
}

/* In a local scope the library takes no name from the program. */
static void malloc_is_still_libcs(void *library) {
    void *own = hide(malloc(100));
    EXPECT(dlsym(RTLD_DEFAULT, "poolalloc_malloc") == NULL);
    EXPECT(dlsym(RTLD_DEFAULT, "malloc") != name(library, "malloc"));
    free(own);
}

int main(int count, char **arguments) {
    pthread_t threads[THREADS];
    EXPECT(count == 2);
    path = arguments[1];
    alarm(58);
    EXPECT(pthread_barrier_init(&before_open, NULL, THREADS) == 0);
    for (int i = 0; i < THREADS; i++) EXPECT(pthread_create(&threads[i], NULL, run, NULL) == 0);
    for (int i = 0; i < THREADS; i++) EXPECT(pthread_join(threads[i], NULL) == 0);
    void *library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    EXPECT(library != NULL); /* closed as often as opened, and still here */
    malloc_is_still_libcs(library);
    EXPECT(((check_function *)name(library, "poolalloc_check"))() == 0);
    return 0;
}
