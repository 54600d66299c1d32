/* SPDX-License-Identifier: MIT */
#include "base/check.h"

#include <stdlib.h>

#include "base/text.h"

static void begin_message(struct text *text) {
    text_begin(text, 2);
    text_add(text, "poolalloc: ");
}

void (*fail_context)(struct text *to, uintptr_t address);
void (*fail_callers)(struct text *to, uintptr_t address);

__attribute__((noreturn)) static void finish_message(struct text *text, const char *advice,
                                                     uintptr_t address) {
    if (advice != NULL) {
        text_add(text, " (");
        text_add(text, advice);
        text_add(text, ")");
    }
    if (fail_context != NULL) fail_context(text, address);
    text_add(text, "\n");
    text_flush(text);
    if (fail_callers != NULL) fail_callers(text, address);
    abort();
}

void fail_at(const char *what, uintptr_t address, const char *advice) {
    struct text text;
    begin_message(&text);
    text_add(&text, what);
    text_add_hex(&text, address);
    finish_message(&text, advice, address);
}

void fail_call(const char *function, const char *fault, uintptr_t address, const char *advice) {
    struct text text;
    begin_message(&text);
    text_add(&text, function);
    text_add(&text, " ");
    text_add(&text, fault);
    text_add(&text, " ");
    text_add_hex(&text, address);
    finish_message(&text, advice, address);
}

void fail_argument(const char *function, uintptr_t address, const char *argument, uint64_t value,
                   const char *advice) {
    struct text text;
    begin_message(&text);
    text_add(&text, function);
    text_add(&text, " of ");
    text_add_hex(&text, address);
    text_add(&text, " with ");
    text_add(&text, argument);
    text_add(&text, " ");
    text_add_decimal(&text, value);
    finish_message(&text, advice, address);
}

void fail_internal(const char *condition, const char *file, int line) {
    struct text text;
    begin_message(&text);
    text_add(&text, "internal error: ");
    text_add(&text, condition);
    text_add(&text, " at ");
    text_add(&text, file);
    text_add(&text, ":");
    text_add_decimal(&text, (uint64_t)line);
    finish_message(&text, "please report it; the process cannot go on safely", 0);
}
