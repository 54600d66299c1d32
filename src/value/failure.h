/* SPDX-License-Identifier: MIT */
/*
 * failure.h - what went wrong last in a space. Noting it costs a few stores: the message is made
 * when somebody reads it. Whatever could be gone by then is copied when it is noted.
 */
#ifndef POOLALLOC_VALUE_FAILURE_H
#define POOLALLOC_VALUE_FAILURE_H

#include "base/base.h"

enum { FAILURE_WORDS = 3, FAILURE_TEXTS = 2, FAILURE_TEXT_SIZE = 64, MESSAGE_SIZE = 256 };

struct failure {
    int code;
    /* What the message is made of; NULL: `message` is made. Of its words %d writes one with a sign,
       %u one without, %x one in hexadecimal, %s the text that it points to. */
    const char *format;
    uint64_t word[FAILURE_WORDS];
    char text[FAILURE_TEXTS][FAILURE_TEXT_SIZE]; /* copies that words point to */
    char message[MESSAGE_SIZE];
};

#ifdef __cplusplus
extern "C" {
#endif

/* The third word is set before, where the format has one. */
static inline void failure_note(struct failure *failure, int code, const char *format, uint64_t a,
                                uint64_t b) {
    failure->code = code;
    failure->format = format;
    failure->word[0] = a;
    failure->word[1] = b;
}
/* A word that points to a copy of at most `size` bytes of text. */
uint64_t failure_copy(struct failure *failure, unsigned which, const char *text, size_t size);
static inline uint64_t failure_text(const char *text) { return (uint64_t)(uintptr_t)text; }
/* The message, made if it was not; "" if nothing was noted. */
const char *failure_message(struct failure *failure);

#ifdef __cplusplus
}
#endif

#endif
