/* SPDX-License-Identifier: MIT */
/* With purge_thread=on: a process that falls idle gives memory back without a further call, and so
   does its child, whose purge thread is a new one. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { BLOCKS = 100000, SIZE = 200, WAIT_MS = 20000 };

static void *blocks[BLOCKS];

static long resident_pages(void) {
    char line[100] = {0};
    int file = open("/proc/self/statm", O_RDONLY);
    EXPECT(file >= 0 && read(file, line, sizeof line - 1) > 0);
    close(file);
    long all = 0, resident = 0;
    EXPECT(sscanf(line, "%ld %ld", &all, &resident) == 2);
    return resident;
}

static void fall_idle(void) {
    for (int i = 0; i < BLOCKS; i++) {
        EXPECT((blocks[i] = malloc(SIZE)) != NULL);
        pattern_fill(blocks[i], SIZE);
    }
    long full = resident_pages(), left = full;
    for (int i = 0; i < BLOCKS; i++) free(blocks[i]);
    for (int ms = 0; ms < WAIT_MS && left > full / 2; ms += 100) {
        nanosleep(&(struct timespec){0, 100 * 1000000}, NULL);
        left = resident_pages();
    }
    EXPECT(left <= full / 2);
}

int main(void) {
    int status;
    fall_idle();
    pid_t child = fork();
    EXPECT(child >= 0);
    fall_idle();
    if (child == 0) return 0;
    EXPECT(waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return 0;
}
