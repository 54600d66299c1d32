/* SPDX-License-Identifier: MIT */
/*
 * run-one [-o FILE] [-e FILE] [-t SECONDS] [NAME=VALUE...] PROGRAM [ARGUMENT...]
 *
 * Runs one program with the given variables in its environment and prints
 *     elapsed-seconds peak-rss-KiB user-seconds system-seconds page-faults page-reclaims
 * -o and -e name the files for its output and its messages; after -t seconds (300) it is killed.
 * The exit status is the program's, or 128 + the number of the signal that ended it.
 *
 * A process of its own, because the peak of resident memory survives exec: started from a large
 * parent, a small program would seem as large as that. The variables are set after the fork, so
 * that a preloaded library is in the program only.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct job {
    const char *output, *messages; /* NULL: as inherited */
    unsigned seconds_limit;
    char **command; /* NAME=VALUE..., then the program */
};

static void fail(const char *what) {
    perror(what);
    _exit(127);
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_of(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void redirect(int descriptor, const char *path) {
    if (path == NULL) return;
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || dup2(file, descriptor) < 0) fail(path);
    close(file);
}

static void become(const struct job *job) {
    char **command = job->command;
    redirect(STDOUT_FILENO, job->output);
    redirect(STDERR_FILENO, job->messages);
    for (; *command != NULL && strchr(*command, '=') != NULL; command++) putenv(*command);
    if (*command == NULL) {
        fputs("run-one: no program after the variables\n", stderr);
        _exit(127);
    }
    alarm(job->seconds_limit); /* survives exec */
    execvp(*command, command);
    fail(*command);
}

static struct job read_arguments(int argc, char **argv) {
    struct job job = {NULL, NULL, 300, NULL};
    int option;
    while ((option = getopt(argc, argv, "+o:e:t:")) != -1) {
        if (option == 'o')
            job.output = optarg;
        else if (option == 'e')
            job.messages = optarg;
        else if (option == 't')
            job.seconds_limit = (unsigned)atoi(optarg);
        else
            exit(2);
    }
    if (optind == argc) {
        fputs("usage: run-one [-o FILE] [-e FILE] [-t SECONDS] [NAME=VALUE...] PROGRAM...\n",
              stderr);
        exit(2);
    }
    job.command = argv + optind;
    return job;
}

int main(int argc, char **argv) {
    struct job job = read_arguments(argc, argv);
    double begin = seconds_now();
    pid_t child = fork();
    if (child == 0) become(&job);
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) fail("run-one");
    printf("%.4f %ld %.3f %.3f %ld %ld\n", seconds_now() - begin, usage.ru_maxrss,
           seconds_of(usage.ru_utime), seconds_of(usage.ru_stime), usage.ru_majflt,
           usage.ru_minflt);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
