/* SPDX-License-Identifier: MIT */
/*
 * 10,000 threads, one after another and in small groups, each leaving blocks behind that others
 * free later: heaps of ended threads must be taken over, or memory grows with every thread.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/expect.h"
#include "../support/memory.h"

enum { THREADS = 10000, GROUP = 4, LEFT = 40, KEPT = 500, WARM_UP = 5000 };

static void *left[KEPT][LEFT]; /* by threads that have ended; freed KEPT threads later */

static size_t size_of(int i) { return (size_t)(i * 61 % 1500 + 1); }

static void *live_and_leave(void *argument) {
    void **mine = argument;
    for (int i = 0; i < LEFT; i++) {
        free(mine[i]);
        EXPECT((mine[i] = malloc(size_of(i))) != NULL);
        pattern_fill(mine[i], size_of(i));
        free(malloc(size_of(i) * 3));
    }
    free(calloc(1, 100000));
    return NULL;
}

int main(void) {
    unsigned long warm = 0;
    for (int started = 0; started < THREADS; started += GROUP) {
        pthread_t threads[GROUP];
        for (int i = 0; i < GROUP; i++)
            EXPECT(pthread_create(&threads[i], NULL, live_and_leave, left[(started + i) % KEPT]) ==
                   0);
        for (int i = 0; i < GROUP; i++) EXPECT(pthread_join(threads[i], NULL) == 0);
        if (started == WARM_UP) warm = memory_resident();
    }
    unsigned long end = memory_resident();
    dprintf(1, "resident: %lu KiB after %d threads, %lu KiB after %d\n", warm >> 10, WARM_UP,
            end >> 10, THREADS);
    for (int k = 0; k < KEPT; k++)
        for (int i = 0; i < LEFT; i++) {
            EXPECT(pattern_holds(left[k][i], size_of(i)));
            free(left[k][i]);
        }
    EXPECT(end < warm + (4ul << 20));
    return 0;
}
