/* SPDX-License-Identifier: MIT */
/* Linked fully static with libpoolobj.a and libpoolalloc.a, which have many modules in common, or
   with the first alone. Prints the version of libpoolobj. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <poolobj.h>
#include <poolval.h>

#include "../support/expect.h"
#include "../support/hide.h"

static void evaluate(poolval_space *space) {
    poolobj *list = poolval_list_new(space);
    for (int i = 0; i < 100000; i++) {
        poolobj *number = poolval_int_new(space, i);
        EXPECT(number != NULL && poolval_list_append(space, list, number) == 0);
        poolobj_decref(number);
        if (i % 100 == 0) free(hide(malloc((size_t)i)));
    }
    EXPECT(poolval_length(space, list) == 100000);
    poolobj_decref(list);
}

int main(void) {
    int status;
    alarm(50);
    poolobj_heap *heap = poolobj_heap_new();
    poolval_space *space = poolval_space_new(heap, NULL);
    EXPECT(space != NULL);
    evaluate(space);
    pid_t child = fork();
    if (child == 0) {
        evaluate(space);
        poolobj_heap_close(heap);
        _exit(0);
    }
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    poolobj_heap_check(heap);
    poolobj_heap_close(heap);
    puts(poolobj_version());
    return 0;
}
