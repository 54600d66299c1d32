/* SPDX-License-Identifier: MIT */
/* Forks while another thread is in the allocator, mostly with its lock; the children allocate and
   free, and start no threads, which emulators do not bear. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { FORKS = 40, HANG_SECONDS = 10 };

static void use_memory(void) {
    void *blocks[50];
    for (int i = 0; i < 50; i++) EXPECT((blocks[i] = malloc(60000 + (size_t)i * 9999)) != NULL);
    for (int i = 0; i < 50; i++) free(blocks[i]);
}

static void *allocate(void *unused) {
    for (;;) use_memory();
    return unused;
}

int main(void) {
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, allocate, NULL) == 0);
    for (int i = 0; i < FORKS; i++) {
        int status;
        usleep(3000 + (unsigned)i % 15 * 700);
        pid_t child = fork();
        EXPECT(child >= 0);
        if (child == 0) {
            alarm(HANG_SECONDS);
            use_memory();
            _exit(0);
        }
        EXPECT(waitpid(child, &status, 0) == child && status == 0);
    }
    _exit(0);
}
