/* SPDX-License-Identifier: MIT */
/* Threads are cancelled while they allocate: malloc and free are no cancellation points, so a
   thread only ends where it asks for it, and holds nothing then. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { THREADS = 100 };

static atomic_int loops, inside_at_end;

static void note_inside(void *flag) {
    if (*(volatile int *)flag) inside_at_end++;
}

static void *run(void *argument) {
    volatile int inside = 0;
    void *kept[64] = {NULL};
    (void)argument;
    pthread_cleanup_push(note_inside, (void *)&inside);
    for (unsigned i = 0;; i++) {
        inside = 1;
        /* Sizes up to where mappings are made and unmapped. */
        size_t size = i % 100 == 0 ? (size_t)1 << (i / 100 % 7 + 17) : i * 37 % 3000;
        free(hide(kept[i % 64]));
        EXPECT((kept[i % 64] = hide(malloc(size))) != NULL);
        if (i % 50 == 0) free(hide(calloc(1, size)));
        inside = 0;
        loops++;
        if (i % 1000 == 0) {
            for (int k = 0; k < 64; k++) {
                free(kept[k]);
                kept[k] = NULL;
            }
            pthread_testcancel();
        }
    }
    pthread_cleanup_pop(0);
    return NULL;
}

int main(void) {
    alarm(50);
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        void *result;
        int before = loops;
        EXPECT(pthread_create(&thread, NULL, run, NULL) == 0);
        while (loops == before) usleep(10);
        EXPECT(pthread_cancel(thread) == 0);
        EXPECT(pthread_join(thread, &result) == 0);
        EXPECT(result == PTHREAD_CANCELED);
    }
    EXPECT(inside_at_end == 0);
    return 0;
}
