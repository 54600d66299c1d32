/* SPDX-License-Identifier: MIT */
/*
 * Threads that another libc has made, in a namespace of its own, allocate beside the first one: of
 * these the program's libc does not know. Each block has a mapping or a run of its own, which take
 * locks, and says where it lies.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/expect.h"
#include "../support/random.h"

enum { STRANGERS = 3, SLOTS = 32, ROUNDS = 30000, LEAST = 70000, MORE = 200000 };
static const long NEW_NAMESPACE = -1; /* LM_ID_NEWLM, which musl has no word for */

typedef void *open_function(long, const char *, int);
typedef int create_function(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
typedef int join_function(pthread_t, void **);

static void *work(void *argument) {
    struct rng rng = {(uint64_t)(uintptr_t)argument};
    uintptr_t *slots[SLOTS] = {NULL};
    for (int i = 0; i < ROUNDS; i++) {
        uintptr_t **slot = &slots[rng_below(&rng, SLOTS)];
        if (*slot != NULL) EXPECT(**slot == (uintptr_t)*slot);
        free(*slot);
        *slot = (uintptr_t *)malloc(LEAST + rng_below(&rng, MORE));
        EXPECT(*slot != NULL);
        **slot = (uintptr_t)*slot;
    }
    for (int i = 0; i < SLOTS; i++) free(slots[i]);
    return NULL;
}

int main(void) {
    pthread_t threads[STRANGERS];
    open_function *open = (open_function *)dlsym(RTLD_DEFAULT, "dlmopen");
    if (open == NULL) SKIP("this libc has no dlmopen");
    void *libc = open(NEW_NAMESPACE, "libc.so.6", RTLD_NOW);
    if (libc == NULL) SKIP("no second libc can be opened here");
    create_function *create = (create_function *)dlsym(libc, "pthread_create");
    join_function *join = (join_function *)dlsym(libc, "pthread_join");
    if (create == NULL || join == NULL) SKIP("threads are not in libc.so.6 here");
    for (uintptr_t i = 0; i < STRANGERS; i++)
        EXPECT(create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
    work((void *)(uintptr_t)99);
    for (int i = 0; i < STRANGERS; i++) EXPECT(join(threads[i], NULL) == 0);
    return 0;
}
