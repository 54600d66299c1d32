/* SPDX-License-Identifier: MIT */
/* A key whose destructor arms it again for ever, and allocates each time: the library's own end of
   a thread must come after the last round or bear what follows it, and leak nothing. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../support/expect.h"
#include "../support/memory.h"

enum { THREADS = 4000, WARM_UP = 1000, KEPT = 64 };

static pthread_key_t key;
static _Atomic(void *) kept[KEPT]; /* blocks of ended threads, freed by later ones */
static atomic_uint calls;

static void destructor(void *value) {
    unsigned number = calls++;
    free(value);
    free(atomic_exchange(&kept[number % KEPT], malloc(700)));
    free(atomic_exchange(&kept[number * 7 % KEPT], calloc(1, 30)));
    if (number % 5 != 4) {
        /* Never freed by the program in the last round: the loop is bounded by libc. */
        pthread_setspecific(key, malloc(48));
    }
}

static void *run(void *argument) {
    (void)argument;
    EXPECT(pthread_setspecific(key, malloc(48)) == 0);
    return NULL;
}

int main(void) {
    unsigned long warm = 0;
    alarm(100);
    EXPECT(pthread_key_create(&key, destructor) == 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        EXPECT(pthread_create(&thread, NULL, run, NULL) == 0);
        EXPECT(pthread_join(thread, NULL) == 0);
        if (i == WARM_UP) warm = memory_resident();
    }
    /* At most one block of 48 bytes per thread is lost by the program itself. */
    EXPECT(memory_resident() < warm + (2ul << 20));
    return 0;
}
