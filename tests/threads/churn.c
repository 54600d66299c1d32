/* SPDX-License-Identifier: MIT */
/*
 * 10,000 threads, one after another and in small groups, each leaving blocks behind that others
 * free later: heaps of ended threads must be taken over, or memory grows with every thread. How
 * many heaps there are at once depends on what else the machine does, so one look at resident
 * memory may be half as large again as another: what is compared are the most of the first half and
 * the least of the last fifth.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/expect.h"
#include "../support/memory.h"

enum { THREADS = 10000, GROUP = 4, LEFT = 40, KEPT = 500, LOOK = 200 };

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

static void group_run(int first) {
    pthread_t threads[GROUP];
    for (int i = 0; i < GROUP; i++)
        EXPECT(pthread_create(&threads[i], NULL, live_and_leave, left[(first + i) % KEPT]) == 0);
    for (int i = 0; i < GROUP; i++) EXPECT(pthread_join(threads[i], NULL) == 0);
}

int main(void) {
    unsigned long most_before = 0, least_after = ~0ul;
    for (int started = 0; started < THREADS; started += GROUP) {
        group_run(started);
        if (started % LOOK != 0) continue;
        unsigned long now = memory_resident();
        if (started < THREADS / 2 && now > most_before) most_before = now;
        if (started >= THREADS / 5 * 4 && now < least_after) least_after = now;
    }
    for (int k = 0; k < KEPT; k++)
        for (int i = 0; i < LEFT; i++) {
            EXPECT(pattern_holds(left[k][i], size_of(i)));
            free(left[k][i]);
        }
    if (least_after < most_before + (4ul << 20)) return 0;
    dprintf(2, "resident: at most %lu KiB in the first half, at least %lu KiB in the last fifth\n",
            most_before >> 10, least_after >> 10);
    return 1;
}
