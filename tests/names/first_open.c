/* SPDX-License-Identifier: MIT */
/*
 * Threads that open libraries for the first time in the process, at once, while one of them forks;
 * its child opens one too. From then on libc's free, found by name, frees blocks of ours; libc's
 * own table is read-only again.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { THREADS = 8 };

static pthread_barrier_t together;

static void open_and_free(void) {
    void *library = dlopen("libc.so.6", RTLD_LAZY);
    EXPECT(library != NULL);
    void *(*get)(size_t) = (void *(*)(size_t))dlsym(library, "malloc");
    void (*put)(void *) = (void (*)(void *))dlsym(library, "free");
    for (int i = 0; i < 100; i++) {
        put(hide(malloc(100)));
        free(hide(get(100)));
    }
    EXPECT(get == malloc && put == free);
    EXPECT(dlclose(library) == 0);
}

static void *run(void *argument) {
    pthread_barrier_wait(&together);
    open_and_free();
    return argument;
}

static void *run_and_fork(void *argument) {
    int status;
    pthread_barrier_wait(&together);
    for (volatile size_t i = 0; i < (size_t)argument * 100; i++) continue;
    pid_t child = fork();
    EXPECT(child >= 0);
    open_and_free();
    if (child == 0) _exit(0);
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    return NULL;
}

static void libc_is_not_writable(void) {
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    EXPECT(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end, offset;
        char access[8];
        EXPECT(sscanf(line, "%lx-%lx %7s %lx", &start, &end, access, &offset) == 4);
        /* The first mapping of the file, or a piece of it; data lies far behind. */
        if (strstr(line, "/libc.so.6") != NULL && offset < 0x20000) EXPECT(access[1] == '-');
    }
    fclose(maps);
}

/* One round is one process, as the first time is but once. */
static void one_round(size_t number) {
    pthread_t threads[THREADS];
    EXPECT(pthread_barrier_init(&together, NULL, THREADS) == 0);
    for (size_t i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, i % 4 == 0 ? run_and_fork : run,
                              (void *)(number + i)) == 0);
    for (int i = 0; i < THREADS; i++) EXPECT(pthread_join(threads[i], NULL) == 0);
    libc_is_not_writable();
}

/* glibc makes the list of what a handle on libc finds at its first dlopen, and a child that is
   forked meanwhile crashes on half of it. So it is made before, by a dlopen that no library
   replaces. */
static void prepare_handle(void) {
    typedef void *open_function(const char *file, int flags);
    open_function *libcs = (open_function *)dlvsym(RTLD_DEFAULT, "dlopen", "GLIBC_2.34");
    if (libcs == NULL) SKIP("no dlopen of version 2.34");
    EXPECT(libcs("libc.so.6", RTLD_LAZY) != NULL);
}

int main(void) {
    int status;
    alarm(100);
    prepare_handle();
    for (size_t round = 0; round < 60; round++) {
        pid_t child = fork();
        EXPECT(child >= 0);
        if (child == 0) {
            one_round(round);
            _exit(0);
        }
        EXPECT(waitpid(child, &status, 0) == child && status == 0);
    }
    return 0;
}
