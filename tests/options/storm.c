/* SPDX-License-Identifier: MIT */
/*
 * storm SIGNAL TIMES - threads allocate and free while the signal comes to each of them in turn, in
 * the middle of anything. Exit status 0 if all of them went on.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { THREADS = 3, BLOCKS = 500 };

static volatile int done;

static void *work(void *argument) {
    void *blocks[BLOCKS] = {NULL};
    unsigned random = (unsigned)(size_t)argument + 1;
    while (!done) {
        random = random * 1103515245 + 12345;
        void **block = &blocks[(random >> 8) % BLOCKS];
        free(*block);
        *block = hide(malloc((random >> 4) % (random % 64 == 0 ? 200000 : 700)));
        EXPECT(*block != NULL);
    }
    for (int i = 0; i < BLOCKS; i++) free(blocks[i]);
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    EXPECT(argc == 3);
    int number = atoi(argv[1]), times = atoi(argv[2]);
    for (size_t i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < times; i++) {
        EXPECT(pthread_kill(threads[i % THREADS], number) == 0);
        free(hide(malloc(100)));
    }
    done = 1;
    for (int i = 0; i < THREADS; i++) EXPECT(pthread_join(threads[i], NULL) == 0);
    return 0;
}
