/* SPDX-License-Identifier: MIT */
#include "value/failure.h"

#include <stdio.h>

uint64_t failure_copy(struct failure *failure, unsigned which, const char *text, size_t size) {
    char *to = failure->text[which];
    size = size_min(size, FAILURE_TEXT_SIZE - 1);
    memcpy(to, text, size);
    to[size] = '\0';
    return failure_text(to);
}

/* Writes what a conversion stands for; returns its length, were there room. */
static int put_argument(char *to, size_t room, char conversion, uint64_t word) {
    if (conversion == 's') return snprintf(to, room, "%s", (const char *)(uintptr_t)word);
    if (conversion == 'd') return snprintf(to, room, "%lld", (long long)word);
    return snprintf(to, room, conversion == 'x' ? "%#llx" : "%llu", (unsigned long long)word);
}

const char *failure_message(struct failure *failure) {
    char *to = failure->message, *end = to + MESSAGE_SIZE - 1;
    const char *from = failure->format;
    unsigned word = 0;
    if (from == NULL) return failure->message;
    for (; *from != '\0' && to < end; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        to += put_argument(to, (size_t)(end - to) + 1, *++from, failure->word[word++]);
        if (to > end) to = end;
    }
    *to = '\0';
    failure->format = NULL;
    return failure->message;
}
