/* SPDX-License-Identifier: MIT */
/* Every kind of operation, at every size, as the first that a new thread does; and as the only one:
   most threads of real programs free what others gave them. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "../support/elsewhere.h"
#include "../support/expect.h"
#include "../support/hide.h"

struct operation {
    int kind;
    size_t size;
    void *block; /* of another thread */
};

enum { MALLOC, CALLOC, ALIGNED, REALLOC_NULL, REALLOC, FREE, FREE_NULL, USABLE, TRIM, HUGE, KINDS };

static void *run(void *argument) {
    struct operation *o = argument;
    void *result = NULL;
    errno = 0;
    switch (o->kind) {
    case MALLOC:
        result = malloc(o->size);
        break;
    case CALLOC:
        result = calloc(1, o->size);
        break;
    case ALIGNED:
        result = aligned_alloc(256, o->size);
        break;
    case REALLOC_NULL:
        result = realloc(NULL, o->size);
        break;
    case REALLOC:
        result = realloc(o->block, o->size * 2 + 1);
        break;
    case FREE:
        free(o->block);
        break;
    case FREE_NULL:
        free(NULL);
        break;
    case USABLE:
        EXPECT(malloc_usable_size(o->block) >= o->size);
        break;
    case TRIM:
        trim_all();
        break;
    default:
        EXPECT(malloc(hide_size(SIZE_MAX)) == NULL && errno == ENOMEM);
    }
    if (o->kind <= REALLOC) {
        EXPECT(result != NULL);
        if (o->kind == CALLOC && o->size > 0)
            EXPECT(((char *)result)[0] == 0 && ((char *)result)[o->size - 1] == 0);
    }
    o->block = o->kind == USABLE ? o->block : result;
    return NULL;
}

int main(void) {
    static const size_t sizes[] = {0,     1,     8,      16,     17,      64,      100,
                                   256,   511,   512,    513,    1000,    4096,    10000,
                                   65536, 65537, 262144, 300000, 1 << 20, 5 << 20, 70 << 20};
    alarm(50);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int kind = 0; kind < KINDS; kind++)
            for (int repeat = 0; repeat < 5; repeat++) {
                pthread_t thread;
                struct operation operation = {kind, sizes[i], NULL};
                if (kind == REALLOC || kind == FREE || kind == USABLE)
                    EXPECT((operation.block = malloc(sizes[i])) != NULL);
                EXPECT(pthread_create(&thread, NULL, run, &operation) == 0);
                EXPECT(pthread_join(thread, NULL) == 0);
                free(operation.block);
            }
    return 0;
}
