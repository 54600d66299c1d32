/* SPDX-License-Identifier: MIT */
/* in_thread.h - for test programs in C: what another thread does while this one waits for its end.
 */
#ifndef POOLALLOC_TEST_IN_THREAD_H
#define POOLALLOC_TEST_IN_THREAD_H

#include <pthread.h>
#include <stdlib.h>

#include "expect.h"

static inline void in_thread(void *(*function)(void *), void *argument) {
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, function, argument) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
}

static inline void *free_it(void *block) {
    free(block);
    return NULL;
}

#endif
