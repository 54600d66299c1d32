/* SPDX-License-Identifier: MIT */
/* Children of children, each with blocks of all its ancestors: what was allocated before a fork is
   freed after it, by the forking thread and by a new one, with contents intact. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { DEPTH = 12, BLOCKS = 400 };

static char *blocks[DEPTH][BLOCKS];

static size_t size_of(int i) { return (size_t)i * (size_t)i / 3 + 1; }

static void *allocate_level(void *argument) {
    int depth = *(int *)argument;
    for (int i = 0; i < BLOCKS; i++) {
        EXPECT((blocks[depth][i] = malloc(size_of(i))) != NULL);
        pattern_fill(blocks[depth][i], size_of(i));
    }
    return NULL;
}

static void *free_levels(void *argument) {
    int from = *(int *)argument;
    for (int level = from; level >= 0; level -= 2)
        for (int i = 0; i < BLOCKS; i++) {
            EXPECT(pattern_holds(blocks[level][i], size_of(i)));
            free(blocks[level][i]);
        }
    return NULL;
}

static void in_thread(void *(*function)(void *), int depth) {
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, function, &depth) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
}

static void descend(int depth) {
    int status, previous = depth - 1;
    alarm(20);
    if (depth % 2 == 0)
        in_thread(allocate_level, depth);
    else
        allocate_level(&depth);
    pid_t child = depth + 1 < DEPTH ? fork() : 0;
    EXPECT(child >= 0);
    if (child == 0 && depth + 1 < DEPTH) {
        descend(depth + 1);
        _exit(0);
    }
    if (child > 0) {
        EXPECT(waitpid(child, &status, 0) == child);
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    free_levels(&depth);
    if (depth > 0) in_thread(free_levels, previous);
}

int main(void) {
    descend(0);
    return 0;
}
