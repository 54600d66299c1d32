/* SPDX-License-Identifier: MIT */
/*
 * Threads in the last round of their key destructors, where they have no heap of their own any
 * more: one allocates and frees, another forks. The child goes on from there. Meanwhile a third
 * runs out of memory again and again, gives everything back, ends and is started anew, and what it
 * allocated is freed by others.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "../support/elsewhere.h"
#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/memory.h"
#include "../support/random.h"

enum { FORKS_LEAST = 20, HANG_SECONDS = 15 };

static pthread_key_t key;
static atomic_bool stop;
static int forks;
static time_t end;

static void use(int blocks) {
    char *all[64];
    for (int i = 0; i < blocks; i++) {
        all[i] = malloc(100 + (size_t)i * 900);
        if (all[i] != NULL) all[i][0] = 1; /* there may be no memory for it */
    }
    for (int i = 0; i < blocks; i++) free(all[i]);
}

static void *use_in_thread(void *unused) {
    use(64);
    return unused;
}

static void be_child(void) {
    pthread_t thread;
    int status;
    alarm(HANG_SECONDS);
    use(64);
    if (pthread_create(&thread, NULL, use_in_thread, NULL) == 0) pthread_join(thread, NULL);
    pid_t child = fork();
    if (child == 0) {
        use(64);
        _exit(0);
    }
    EXPECT(child < 0 || (waitpid(child, &status, 0) == child && status == 0));
    _exit(0);
}

static void fork_on(void) {
    for (; forks < FORKS_LEAST || time(NULL) < end; forks++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) be_child();
        if (child < 0) continue; /* no memory */
        EXPECT(waitpid(child, &status, 0) == child);
        if (status != 0) dprintf(2, "fork %d: status 0x%x (0xe: hung)\n", forks, status);
        EXPECT(status == 0);
    }
    stop = 1;
}

static void destructor(void *value) {
    static __thread int rounds;
    if (++rounds < 4)
        pthread_setspecific(key, value);
    else if (value == (void *)1)
        while (!stop) use(8);
    else
        fork_on();
}

static void *arm(void *value) {
    free(malloc(100));
    EXPECT(pthread_setspecific(key, value) == 0);
    return NULL;
}

static _Atomic(void *) handed[64];

static void *exhaust(void *seed) {
    struct rng random = {(uint64_t)(uintptr_t)seed};
    void *blocks[40];
    for (int i = 0; i < 40; i++) blocks[i] = malloc(1 << 20);
    for (int i = 0; i < 40; i++) free(blocks[i]);
    for (int i = 0; i < 64; i++)
        free(atomic_exchange(&handed[i], malloc(rng_size(&random, 70000))));
    free(malloc((size_t)200 << 20));
    if (rng_below(&random, 2)) trim_all();
    return NULL;
}

static void *come_and_go(void *unused) {
    for (uintptr_t i = 0; !stop; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, exhaust, (void *)i) == 0) pthread_join(thread, NULL);
    }
    return unused;
}

int main(void) {
    pthread_t threads[3];
    end = time(NULL) + (time_t)env_number("FORK_SECONDS", 4);
    EXPECT(pthread_key_create(&key, destructor) == 0);
    for (uintptr_t i = 0; i < 2; i++)
        EXPECT(pthread_create(&threads[i], NULL, arm, (void *)(i + 1)) == 0);
    EXPECT(pthread_create(&threads[2], NULL, come_and_go, NULL) == 0);
    unsigned long address_space, resident;
    EXPECT(memory_read(&address_space, &resident) == 0);
    struct rlimit limit = {0, 0};
    limit.rlim_cur = limit.rlim_max = address_space + ((size_t)250 << 20);
    EXPECT(setrlimit(RLIMIT_AS, &limit) == 0);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    printf("%d forks\n", forks);
    return 0;
}
