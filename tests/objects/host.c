/* SPDX-License-Identifier: MIT */
/* A program that knows nothing of poolalloc and opens a plugin that is linked with libpoolobj:
       host PLUGIN
   Threads use the plugin and the process's malloc at the same time, and the process forks
   meanwhile. Trim and statistics of each say nothing of the other. */
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../support/expect.h"
#include "../support/hide.h"
#include "../support/random.h"

enum { THREADS = 3, FORKS = 30, BLOCKS = 300 };

typedef int run_function(unsigned rounds);
static run_function *run;

static void churn(struct rng *random, unsigned steps) {
    static __thread char *block[BLOCKS];
    static __thread size_t size[BLOCKS];
    for (unsigned i = 0; i < steps; i++) {
        unsigned at = rng_below(random, BLOCKS);
        if (block[at] != NULL) EXPECT(pattern_holds(block[at], size[at]));
        free(block[at]);
        size[at] = rng_size(random, 5000);
        EXPECT((block[at] = hide(malloc(size[at]))) != NULL);
        pattern_fill(block[at], size[at]);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        free(block[i]);
        block[i] = NULL;
    }
}

static void *work(void *number) {
    struct rng random = {(uint64_t)(uintptr_t)number};
    for (int i = 0; i < 8; i++) {
        churn(&random, 2000);
        EXPECT(run(20) == 0);
    }
    return NULL;
}

static void fork_meanwhile(void) {
    for (int i = 0; i < FORKS; i++) {
        int status = 0;
        pid_t child = fork();
        EXPECT(child >= 0);
        if (child == 0) {
            struct rng random = {(uint64_t)i};
            alarm(30);
            churn(&random, 500);
            EXPECT(run(3) == 0);
            _exit(0);
        }
        EXPECT(waitpid(child, &status, 0) == child && status == 0);
    }
}

int main(int count, char **arguments) {
    pthread_t threads[THREADS];
    EXPECT(count == 2);
    alarm(100);
    void *plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) puts(dlerror());
    EXPECT(plugin != NULL);
    run = (run_function *)(uintptr_t)dlsym(plugin, "plugin_run");
    size_t (*idle_after_trim)(void) = (size_t(*)(void))dlsym(plugin, "plugin_idle_after_trim");
    EXPECT(run != NULL && idle_after_trim != NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
    fork_meanwhile();
    for (uintptr_t i = 0; i < THREADS; i++) EXPECT(pthread_join(threads[i], NULL) == 0);
    EXPECT(run(100) == 0);
    malloc_trim(0);
    EXPECT(idle_after_trim() == 0);
    EXPECT(run(5) == 0);
    EXPECT(dlclose(plugin) == 0);
    puts("done");
    return 0;
}
