/* SPDX-License-Identifier: MIT */
/*
 * run-one [-o FILE] [-e FILE] [-t SECONDS] [-r MIB] [NAME=VALUE...] PROGRAM [ARGUMENT...]
 *
 * Runs one program with the given variables in its environment and prints
 *     elapsed-seconds peak-rss-KiB user-seconds system-seconds page-faults page-reclaims \
 *         peak-address-space-KiB
 * -o and -e name the files for its output and its messages; after -t seconds (300) it is killed.
 * With -r another process first has so many MiB in huge pages, and ends.
 * The exit status is the program's, or 128 + the number of the signal that ended it.
 *
 * A process of its own, because the peak of resident memory survives exec: started from a large
 * parent, a small program would seem as large as that. The variables are set after the fork, so
 * that a preloaded library is in the program only.
 *
 * The kernel tells the peak of a process's address space only while it lives. So the program is
 * traced, and the processes that it starts, which stops them where they fork, get a signal or end,
 * and nowhere else. Who has started two is let go with the peak it has, as it will spend its time
 * on starting more. The figure is the largest of any of them; 0 where tracing is not allowed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct job {
    const char *output, *messages; /* NULL: as inherited */
    unsigned seconds_limit;
    size_t ready_mib;
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

/* Waits until the other end of the pipe is closed: the parent has said whether it traces. */
static void wait_for(const int parent[2]) {
    char nothing;
    close(parent[1]);
    if (read(parent[0], &nothing, 1) < 0) fail("run-one");
    close(parent[0]);
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
    struct job job = {NULL, NULL, 300, 0, NULL};
    int option;
    while ((option = getopt(argc, argv, "+o:e:t:r:")) != -1) {
        if (option == 'o')
            job.output = optarg;
        else if (option == 'e')
            job.messages = optarg;
        else if (option == 't')
            job.seconds_limit = (unsigned)atoi(optarg);
        else if (option == 'r')
            job.ready_mib = strtoul(optarg, NULL, 10);
        else
            exit(2);
    }
    if (optind == argc) {
        fputs("usage: run-one [-o FILE] [-e FILE] [-t SECONDS] [-r MIB] [NAME=VALUE...] "
              "PROGRAM...\n",
              stderr);
        exit(2);
    }
    job.command = argv + optind;
    return job;
}

/* ---- Memory that is ready ---- */

#define HUGE_PAGE ((size_t)2 << 20)

/* Has so many MiB in huge pages, if the system gives them, until the process ends. */
static void use_huge_pages(size_t mib) {
    size_t size = mib << 20;
    char *start =
        mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) fail("run-one: -r");
    start += HUGE_PAGE - (uintptr_t)start % HUGE_PAGE;
    madvise(start, size, MADV_HUGEPAGE);
    for (size_t i = 0; i < size; i += HUGE_PAGE / 512) start[i] = 1;
}

/* The host of a virtual machine may take what the system has free, and a huge page that it has to
   give again takes as long as many small ones. What a process has just given back is there at once,
   as all memory is where there is no host. */
static void make_ready(size_t mib) {
    int status;
    pid_t child = fork();
    if (child < 0) fail("run-one");
    if (child == 0) {
        use_huge_pages(mib);
        _exit(0);
    }
    waitpid(child, &status, 0);
}

/* ---- Watching ---- */

#define FOLLOWED_MOST 2 /* of one run */

static const intptr_t with_children = PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
static long address_space_peak; /* KiB */
static unsigned followed;

/* The peak of the address space of a process that stands, at its end or before. */
static void note_address_space(pid_t process) {
    char path[64], line[256];
    long kib;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmPeak: %ld", &kib) == 1 && kib > address_space_peak)
            address_space_peak = kib;
    if (file != NULL) fclose(file);
}

static int is_stopping(int signal) {
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static int is_fork(int event) { return event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK; }

/* Lets a stopped process go on, with the signal that it was to get. */
static void go_on(pid_t process, int status) {
    int event = status >> 16, signal = WSTOPSIG(status), request = PTRACE_CONT;
    if (event == PTRACE_EVENT_STOP && is_stopping(signal)) request = PTRACE_LISTEN;
    if (is_fork(event) && ++followed >= FOLLOWED_MOST) request = PTRACE_DETACH;
    if (event == PTRACE_EVENT_EXIT || request == PTRACE_DETACH) note_address_space(process);
    ptrace(request, process, NULL, (void *)(intptr_t)(event == 0 ? signal : 0));
}

/* Returns the status of the child's end. */
static int watch(pid_t child, struct rusage *usage) {
    int status;
    for (;;) {
        pid_t process = wait4(-1, &status, __WALL, usage);
        if (process < 0 && errno != EINTR) fail("run-one");
        if (process > 0 && WIFSTOPPED(status))
            go_on(process, status);
        else if (process == child)
            return status;
    }
}

/* A child that waits for its `gate` to close. */
static pid_t start(const struct job *job) {
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) != 0) fail("run-one");
    pid_t child = fork();
    if (child < 0) fail("run-one");
    if (child == 0) {
        wait_for(gate);
        become(job);
    }
    ptrace(PTRACE_SEIZE, child, NULL, (void *)with_children);
    close(gate[0]);
    close(gate[1]);
    return child;
}

int main(int argc, char **argv) {
    struct job job = read_arguments(argc, argv);
    if (job.ready_mib > 0) make_ready(job.ready_mib);
    double begin = seconds_now();
    struct rusage usage;
    int status = watch(start(&job), &usage);
    printf("%.4f %ld %.3f %.3f %ld %ld %ld\n", seconds_now() - begin, usage.ru_maxrss,
           seconds_of(usage.ru_utime), seconds_of(usage.ru_stime), usage.ru_majflt, usage.ru_minflt,
           address_space_peak);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
