/* SPDX-License-Identifier: MIT */
/* The functions of poolval.h about the last failure. */
#include <stdarg.h>
#include <stdio.h>

#include "value/value.h"

int poolval_error(const poolval_space *space) {
    value_require_thread(space);
    return space->failure.code;
}

/* The space is never constant itself: making the message is no change that anybody sees. */
const char *poolval_error_message(const poolval_space *space) {
    value_require_thread(space);
    return failure_message(&((poolval_space *)(uintptr_t)space)->failure);
}

void poolval_error_clear(poolval_space *space) {
    value_require_thread(space);
    space->failure.message[0] = '\0';
    failure_note(&space->failure, POOLVAL_OK, NULL, 0, 0);
}

int poolval_error_set(poolval_space *space, int code, const char *format, ...) {
    char message[MESSAGE_SIZE]; /* as the arguments may be the old one */
    va_list arguments;
    value_require_thread(space);
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    memcpy(space->failure.message, message, sizeof message);
    failure_note(&space->failure, code, NULL, 0, 0);
    return -1;
}
