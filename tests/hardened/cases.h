/* SPDX-License-Identifier: MIT */
/*
 * cases.h - what the programs here have in common, in C and in C++. `PROGRAM CASE SIZE` makes one
 * mistake with a block of SIZE bytes, after it has written to standard output a regular expression
 * for the first line that it expects on standard error; nothing if it expects none. `PROGRAM
 * --list` prints the cases, each with its size, the exit status that is wanted, and the option that
 * it is about.
 */
#ifndef POOLALLOC_TEST_CASES_H
#define POOLALLOC_TEST_CASES_H

#include <stdlib.h>

#include "../support/expect.h"
#include "../support/hide.h"

enum { BY_ABORT = 134, BY_FAULT = 139, DIRTY = 0x5a };

struct hardened_case {
    const char *name, *option;
    void (*run)(void);
    int status;
    int sizes; /* which, as the program says */
};

static size_t size; /* of the blocks */

static inline char *dirty_block(void) {
    char *block = (char *)hide(malloc(size));
    EXPECT(block != NULL);
    memset(block, DIRTY, size);
    return block;
}

/* The body of main: runs the case that the arguments name, or lists all. */
static int cases_run(int count, char **arguments, const struct hardened_case *cases, int many,
                     void (*list)(void)) {
    if (count == 2 && strcmp(arguments[1], "--list") == 0) {
        list();
        return 0;
    }
    for (int i = 0; count == 3 && i < many; i++)
        if (strcmp(cases[i].name, arguments[1]) == 0) {
            size = strtoul(arguments[2], NULL, 10);
            cases[i].run();
            return 0;
        }
    dprintf(2, "usage: %s --list | CASE SIZE\n", arguments[0]);
    return 2;
}

#endif
