/* SPDX-License-Identifier: MIT */
/*
 * Allocation and free at every point of a thread's end: destructors of thread-local variables, then
 * of pthread keys, over all four rounds, then libc's own clean-up (the buffer of dlerror), which
 * frees after every hook that a library has. The heap must not leak from that either.
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../support/elsewhere.h"
#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/memory.h"

enum { KEYS = 8, THREADS = 3000, WARM_UP = 1000 };

struct arming {
    int rounds_left;
    char *block;
};

static pthread_key_t keys[KEYS];
static atomic_int rounds, thread_locals;

static void use_memory(void) {
    for (size_t size = 1; size < 20000; size = size * 3 + 1) {
        char *block = malloc(size);
        EXPECT(block != NULL);
        memset(block, 1, size);
        block = realloc(block, size * 2);
        EXPECT(block != NULL);
        free(block);
    }
}

/* Frees the block of the round before, and arms the key again until the last round is over. */
static void key_destructor(void *value) {
    struct arming *arming = value;
    use_memory();
    EXPECT(pattern_holds(arming->block, 300));
    free(arming->block);
    rounds++;
    if (--arming->rounds_left == 0) {
        free(arming);
        return;
    }
    EXPECT((arming->block = malloc(300)) != NULL);
    pattern_fill(arming->block, 300);
    for (int i = 0; i < KEYS; i++)
        if (pthread_getspecific(keys[i]) == NULL) {
            EXPECT(pthread_setspecific(keys[i], arming) == 0);
            return;
        }
    abort();
}

static void thread_local_destructor(void *block) {
    use_memory();
    free(block);
    thread_locals++;
}

static void *run(void *argument) {
    (void)argument;
    /* The message is kept for this thread until libc frees it as the last thing. */
    EXPECT(dlopen("/no/such/library/for/the/test.so", RTLD_NOW) == NULL);
    for (int i = 0; i < KEYS; i++) {
        struct arming *arming = malloc(sizeof *arming);
        EXPECT(arming != NULL);
        arming->rounds_left = PTHREAD_DESTRUCTOR_ITERATIONS - 1;
        EXPECT((arming->block = malloc(300)) != NULL);
        pattern_fill(arming->block, 300);
        EXPECT(pthread_setspecific(keys[i], arming) == 0);
    }
    void *block = malloc(100);
    if (!at_thread_end(thread_local_destructor, block)) free(block);
    return NULL;
}

int main(void) {
    unsigned long warm = 0;
    alarm(100);
    for (int i = 0; i < KEYS; i++) EXPECT(pthread_key_create(&keys[i], key_destructor) == 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        EXPECT(pthread_create(&thread, NULL, run, NULL) == 0);
        EXPECT(pthread_join(thread, NULL) == 0);
        if (i == WARM_UP) warm = memory_resident();
    }
    EXPECT(thread_locals == (has_thread_end() ? THREADS : 0));
    EXPECT(rounds >= THREADS * KEYS * 3);
    EXPECT(memory_resident() < warm + (2ul << 20));
    return 0;
}
