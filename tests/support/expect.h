/* SPDX-License-Identifier: MIT */
/*
 * expect.h - for test programs in C: EXPECT ends the program with status 1 and one line that names
 * the condition. It writes with dprintf, so that a damaged heap or a held stdio lock does not hide
 * the message. Status 77 means skipped.
 */
#ifndef POOLALLOC_TEST_EXPECT_H
#define POOLALLOC_TEST_EXPECT_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            dprintf(2, "%s:%d: expected %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);  \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

#define SKIP(reason)                                                                               \
    do {                                                                                           \
        printf("skipped: %s\n", reason);                                                           \
        fflush(stdout);                                                                            \
        _exit(77);                                                                                 \
    } while (0)

/* Fills a block with a pattern that depends on its address and size; verifies it later. */
static inline void pattern_fill(void *block, size_t size) {
    memset(block, (int)(((size_t)block >> 4) * 31 + size), size);
}

static inline int pattern_holds(const void *block, size_t size) {
    const unsigned char *bytes = (const unsigned char *)block;
    unsigned char expected = (unsigned char)(((size_t)block >> 4) * 31 + size);
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != expected) return 0;
    return 1;
}

#endif
