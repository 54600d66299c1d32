/* SPDX-License-Identifier: MIT */
/*
 * in_handler fork|_Fork [threads] - a signal interrupts malloc and free, and its handler forks.
 * POSIX lets the child call async-signal-safe functions only, so it exits at once; neither may the
 * parent hang on a lock that the interrupted malloc holds, nor may its heap be harmed. (With a
 * second thread, fork hangs on glibc's own malloc.)
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/random.h"

enum { LIVE = 300, FORKS_LEAST = 20, HANG_SECONDS = 15 };

static pid_t (*fork_function)(void);
static atomic_int forks;
static timer_t timer;

/* The timer fires once, so that the program goes on between two forks however long these take. */
static void start_timer(void) {
    struct itimerspec soon = {{0, 0}, {0, 300000}};
    EXPECT(timer_settime(timer, 0, &soon, NULL) == 0);
}

static void handle(int signal_number) {
    (void)signal_number;
    int saved = errno, status;
    pid_t child = fork_function();
    if (child == 0) _exit(0);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) abort();
    forks++;
    alarm(HANG_SECONDS); /* for the next fork */
    start_timer();
    errno = saved;
}

static void *allocate(void *argument) {
    for (;;) {
        void *block = malloc(500);
        EXPECT(block != NULL);
        free(block);
        usleep(10);
    }
    return argument;
}

static void send_signals(void) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    EXPECT(sigaction(SIGUSR1, &action, NULL) == 0);
    EXPECT(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    start_timer();
}

/* The thread inherits a mask that blocks the signal: it is malloc in main that gets interrupted. */
static void start_thread(void) {
    pthread_t thread;
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    EXPECT(pthread_sigmask(SIG_BLOCK, &mask, NULL) == 0);
    EXPECT(pthread_create(&thread, NULL, allocate, NULL) == 0);
    EXPECT(pthread_sigmask(SIG_UNBLOCK, &mask, NULL) == 0);
}

static void use_memory(struct rng *random) {
    static char *blocks[LIVE];
    static size_t sizes[LIVE];
    int i = (int)rng_below(random, LIVE);
    if (blocks[i] != NULL) EXPECT(pattern_holds(blocks[i], sizes[i]));
    free(blocks[i]);
    sizes[i] = rng_size(random, 3000);
    EXPECT((blocks[i] = malloc(sizes[i])) != NULL);
    pattern_fill(blocks[i], sizes[i]);
}

int main(int argc, char **argv) {
    fork_function = argc > 1 && strcmp(argv[1], "_Fork") == 0 ? _Fork : fork;
    struct rng random = {seed_from_environment()};
    alarm(HANG_SECONDS);
    if (argc > 2) start_thread();
    send_signals();
    time_t end = time(NULL) + (time_t)env_number("FORK_SECONDS", 4) / 2 + 1;
    while (forks < FORKS_LEAST || time(NULL) < end)
        for (int i = 0; i < 1000; i++) use_memory(&random);
    dprintf(1, "%d forks in handlers\n", (int)forks);
    _exit(0);
}
