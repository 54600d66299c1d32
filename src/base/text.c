/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void text_begin(struct text *text, int descriptor) {
    text->descriptor = descriptor;
    text->error = 0;
    text->write_out = NULL;
    text->stream = NULL;
    text->used = 0;
    text->width = 0;
}

/* Takes away the signal that a failed write has raised, unless it waited for the program before. */
static void discard_signal(int signal, const sigset_t *earlier) {
    struct timespec at_once = {0, 0};
    sigset_t signals;
    if (sigismember(earlier, signal)) return;
    sigemptyset(&signals);
    sigaddset(&signals, signal);
    syscall(SYS_rt_sigtimedwait, &signals, NULL, &at_once, _NSIG / 8);
}

/* A write that nobody reads or that is beyond the limit on files fails, and does not end the
   program: its signal goes to this thread, which blocks it meanwhile. It is the system call itself,
   as write() is a cancellation point, which malloc and free are not. */
static void write_text(struct text *text) {
    sigset_t signals, before, earlier;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    sigaddset(&signals, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    sigemptyset(&earlier);
    if (sigismember(&before, SIGPIPE) || sigismember(&before, SIGXFSZ)) sigpending(&earlier);
    size_t done = 0;
    while (done < text->used && text->error == 0) {
        long n = syscall(SYS_write, text->descriptor, text->buffer + done, text->used - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            text->error = errno;
    }
    if (text->error == EPIPE) discard_signal(SIGPIPE, &earlier);
    if (text->error == EFBIG) discard_signal(SIGXFSZ, &earlier);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int text_flush(struct text *text) {
    if (text->write_out != NULL) text->write_out(text);
    if (text->descriptor < 0) return text->error;
    int saved_errno = errno;
    if (text->used > 0) write_text(text);
    text->used = 0;
    errno = saved_errno;
    return text->error;
}

void text_add_bytes(struct text *text, const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (text->used == sizeof text->buffer) {
            if (text->descriptor < 0 && text->write_out == NULL) return;
            text_flush(text);
        }
        text->buffer[text->used++] = bytes[i];
        text->width = bytes[i] == '\n' ? 0 : text->width + 1;
    }
}

void text_add(struct text *text, const char *string) {
    text_add_bytes(text, string, strlen(string));
}

static void add_digits(struct text *text, uint64_t number, unsigned base) {
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    text_add_bytes(text, digits + at, sizeof digits - at);
}

void text_add_decimal(struct text *text, uint64_t number) { add_digits(text, number, 10); }

void text_add_hex(struct text *text, uint64_t number) {
    text_add(text, "0x");
    add_digits(text, number, 16);
}

void text_add_size(struct text *text, uint64_t bytes) {
    static const char *const units[] = {" KiB", " MiB", " GiB", " TiB"};
    if (bytes < KIB) {
        text_add_decimal(text, bytes);
        text_add(text, " B");
        return;
    }
    unsigned unit = 0;
    while (unit < 3 && bytes >= MIB) {
        bytes /= KIB;
        unit++;
    }
    text_add_decimal(text, bytes / KIB);
    text_add(text, ".");
    text_add_decimal(text, bytes % KIB * 10 / KIB);
    text_add(text, units[unit]);
}

void text_pad(struct text *text, size_t column) {
    size_t missing = column > text->width ? column - text->width : 0;
    while (missing-- > 0) text_add_bytes(text, " ", 1);
}
