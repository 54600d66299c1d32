/* SPDX-License-Identifier: MIT */
#include "malloc/outlet.h"

#include "base/text.h"
#include "os/file.h"
#include "os/options.h"
#include "os/os.h"

/* A process id has at most 10 digits. */
enum { PATH_MOST = sizeof options.report_path / 2 * 10 + 1 };
static_assert(sizeof options.sample_path <= sizeof options.report_path, "any option's path fits");

/* The option's path with %p replaced by the process id. */
static void expand_path(char to[PATH_MOST], const char *from) {
    struct text id;
    text_begin(&id, -1);
    text_add_decimal(&id, (uint64_t)os_process_id());
    for (const char *at = from; *at != '\0'; at++) {
        if (at[0] != '%' || at[1] != 'p') {
            *to++ = *at;
            continue;
        }
        memcpy(to, id.buffer, id.used);
        to += id.used;
        at++;
    }
    *to = '\0';
}

static struct {
    int copy;      /* of standard error, as it was at the start; -1: there is none */
    uint64_t file; /* for which it stood; 0: it was not open */
} outlet_state = {.copy = -1};

void outlet_prepare(void) {
    outlet_state.file = os_file_of(2);
    outlet_state.copy = os_keep_stderr();
}

/* Programs close descriptors that they do not know, and the number may be a file of theirs by now:
   only what stands for the same file as at the start will do. */
static int standard_error(void) {
    if (outlet_state.file == 0) return -1;
    if (os_file_of(outlet_state.copy) == outlet_state.file) return outlet_state.copy;
    return os_file_of(2) == outlet_state.file ? 2 : -1;
}

int outlet_open(const char *path, const char *what, const char *option) {
    if (path[0] == '\0') return standard_error();
    char whole[PATH_MOST];
    expand_path(whole, path);
    int descriptor = file_open_append(whole);
    if (descriptor >= 0) return descriptor;
    struct text text;
    text_begin(&text, standard_error());
    text_add(&text, "poolalloc: cannot write the ");
    text_add(&text, what);
    text_add(&text, " to ");
    text_add(&text, whole);
    text_add(&text, " (");
    text_add(&text, option);
    text_add(&text, "=FILE in POOLALLOC_OPTIONS needs a file that may be written and that is no "
                    "link)\n");
    text_flush(&text);
    return -1;
}

void outlet_close(int descriptor) {
    if (descriptor != 2 && descriptor != outlet_state.copy) os_close(descriptor);
}
