/* SPDX-License-Identifier: MIT */
/* posix_spawn, vfork and system while threads allocate: the child of a vfork shares the memory of
   the suspended thread, and nothing of the allocator may be harmed by that. */
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../support/elsewhere.h"
#include "../support/expect.h"
#include "../support/random.h"

extern char **environ;
static atomic_bool stop;

static void *allocate(void *argument) {
    struct rng random = {(uint64_t)(uintptr_t)argument};
    while (!stop) {
        size_t size = rng_size(&random, 50000);
        char *block = malloc(size);
        EXPECT(block != NULL);
        pattern_fill(block, size);
        EXPECT(pattern_holds(block, size));
        free(block);
    }
    return NULL;
}

static void spawn_one(void) {
    char *arguments[] = {"true", NULL};
    pid_t child;
    int status;
    EXPECT(posix_spawnp(&child, "true", NULL, NULL, arguments, environ) == 0);
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
}

static void vfork_one(void) {
    int status;
    pid_t child = vfork();
    if (child == 0) {
        execlp("true", "true", (char *)NULL);
        _exit(127);
    }
    EXPECT(child > 0);
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
}

int main(void) {
    pthread_t threads[3];
    alarm(50);
    if (!is_glibc()) unsetenv("LD_PRELOAD"); /* the system's programs may be of another C library */
    for (uintptr_t i = 0; i < 3; i++)
        EXPECT(pthread_create(&threads[i], NULL, allocate, (void *)(i + 1)) == 0);
    for (int i = 0; i < 60; i++) {
        spawn_one();
        vfork_one();
        if (i % 10 == 0) EXPECT(system("exit 3") != -1);
    }
    stop = 1;
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    return 0;
}
