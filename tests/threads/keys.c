/* SPDX-License-Identifier: MIT */
/*
 * pthread keys: 40 of them set before a thread's first malloc (pthread_setspecific calls calloc
 * from the 33rd key on), then every key of the process taken: threads made afterwards must still be
 * served, and their heaps must still be found again.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include "../support/expect.h"
#include "../support/memory.h"

enum { EARLY_KEYS = 40, THREADS = 3000, WARM_UP = 500 };

static pthread_key_t early[EARLY_KEYS];

static void *set_keys_first(void *argument) {
    (void)argument;
    for (int i = 0; i < EARLY_KEYS; i++)
        EXPECT(pthread_setspecific(early[EARLY_KEYS - 1 - i], &early[i]) == 0);
    for (int i = 0; i < EARLY_KEYS; i++)
        EXPECT(pthread_getspecific(early[EARLY_KEYS - 1 - i]) == &early[i]);
    free(malloc(100));
    return NULL;
}

static void *use_memory(void *argument) {
    void **blocks = argument;
    for (int i = 0; i < 50; i++) {
        size_t size = (size_t)i * 40 + 1;
        free(blocks[i]);
        EXPECT((blocks[i] = malloc(size)) != NULL);
        memset(blocks[i], 1, size);
    }
    return NULL;
}

static void run(void *(*function)(void *), void *argument) {
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, function, argument) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
}

int main(int argc, char **argv) {
    (void)argv;
    pthread_key_t key;
    void *blocks[50] = {NULL};
    int taken = 0, result;
    alarm(100);
    /* With an argument the keys are gone before the process has made its first thread. */
    if (argc == 1) {
        for (int i = 0; i < EARLY_KEYS; i++) EXPECT(pthread_key_create(&early[i], NULL) == 0);
        for (int i = 0; i < 100; i++) run(set_keys_first, NULL);
    }
    while ((result = pthread_key_create(&key, NULL)) == 0) taken++;
    EXPECT(result == EAGAIN && taken > 80 && taken <= PTHREAD_KEYS_MAX);
    unsigned long warm = 0;
    for (int i = 0; i < THREADS; i++) {
        run(use_memory, blocks);
        if (i == WARM_UP) warm = memory_resident();
    }
    EXPECT(memory_resident() < warm + (2ul << 20));
    return 0;
}
