/* SPDX-License-Identifier: MIT */
/*
 * measure OUTPUT PROGRAM ARGUMENT... - runs a program with its standard output in a file and prints
 * its wall-clock seconds and its peak resident memory in KiB.
 *
 * A process of its own, because the peak survives exec: started from a large parent, a small
 * program would seem as large as that.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run(const char *output, char **command) {
    int descriptor = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (descriptor < 0 || dup2(descriptor, STDOUT_FILENO) < 0) {
        perror(output);
        _exit(126);
    }
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fputs("usage: measure OUTPUT PROGRAM ARGUMENT...\n", stderr);
        return 2;
    }
    double begin = seconds_now();
    pid_t child = fork();
    if (child == 0)
        run(argv[1], argv + 2);
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("measure");
        return 2;
    }
    printf("%.4f %ld\n", seconds_now() - begin, usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
