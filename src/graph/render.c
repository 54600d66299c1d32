/* SPDX-License-Identifier: MIT */
#include "graph/render.h"

#include "os/process.h"

/* What dot calls the format of a file; NULL: its text. */
static const char *format_of(const char *file) {
    size_t length = strlen(file);
    const char *end = length >= 4 ? file + length - 4 : "";
    return strcmp(end, ".svg") == 0 ? "-Tsvg" : strcmp(end, ".png") == 0 ? "-Tpng" : NULL;
}

FILE *render_open(const char *file) {
    return format_of(file) != NULL ? tmpfile() : fopen(file, "w");
}

static int draw_file(FILE *text, const char *file) {
    const char *const arguments[] = {"dot", format_of(file), "-o", file, NULL};
    int status = process_run(arguments, fileno(text));
    if (status == 0) return 0;
    if (status > 0) errno = EIO;
    return -1;
}

int render_close(FILE *text, const char *file, bool good) {
    int result = good ? 0 : -1, error = errno;
    if (good && format_of(file) != NULL) {
        rewind(text);
        result = draw_file(text, file);
        error = errno;
    }
    if (fclose(text) != 0 && result == 0) return -1;
    errno = error;
    return result;
}
