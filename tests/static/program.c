/* SPDX-License-Identifier: MIT */
/* Linked fully static with libpoolalloc.a: no loader, no preloading, thread-local storage of the
   program itself. Allocates from several threads, checks contents, prints the version. */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <poolalloc.h>

#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/random.h"

enum { THREADS = 4, SLOTS = 500, STEPS = 100000 };

static void *stress(void *argument) {
    struct rng random = {(uint64_t)(uintptr_t)argument};
    static __thread char *blocks[SLOTS];
    static __thread size_t sizes[SLOTS];
    for (int step = 0; step < STEPS; step++) {
        int i = (int)rng_below(&random, SLOTS);
        if (blocks[i] != NULL) EXPECT(pattern_holds(blocks[i], sizes[i]));
        free(blocks[i]);
        sizes[i] = rng_size(&random, step % 100 == 0 ? 1 << 20 : 3000);
        EXPECT((blocks[i] = hide(malloc(sizes[i]))) != NULL);
        pattern_fill(blocks[i], sizes[i]);
    }
    for (int i = 0; i < SLOTS; i++) free(blocks[i]);
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    int status;
    alarm(50);
    for (uintptr_t i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, stress, (void *)(i + 1)) == 0);
    for (int i = 0; i < THREADS; i++) EXPECT(pthread_join(threads[i], NULL) == 0);
    pid_t child = fork();
    if (child == 0) {
        stress((void *)9);
        _exit(0);
    }
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    struct poolalloc_stats stats = {.size = sizeof stats};
    EXPECT(poolalloc_get_stats(&stats) == 0 && stats.mapped > 0);
    /* malloc is ours, not that of libc.a. */
    void *block = hide(malloc(100));
    EXPECT(malloc_usable_size(block) == poolalloc_good_size(100));
    free(block);
    EXPECT(poolalloc_check() == 0);
    puts(poolalloc_version());
    return 0;
}
