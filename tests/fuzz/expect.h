/* SPDX-License-Identifier: MIT */
/* expect.h - what a fuzzer ends the process with: the place and the claim that does not hold. */
#ifndef POOLALLOC_FUZZ_EXPECT_H
#define POOLALLOC_FUZZ_EXPECT_H

#include <stdio.h>
#include <stdlib.h>

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
