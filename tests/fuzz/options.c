/* SPDX-License-Identifier: MIT */
/*
 * The parser of options under libFuzzer: any text leaves strings that end in their fields, numbers
 * within their ranges, nothing written beside the struct, and lines about what was wrong that have
 * no control characters; the same text again changes nothing. `make fuzz`.
 */
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "os/options.h"

enum { EDGE = 64, MARK = 0xa7 };

struct fenced {
    unsigned char before[EDGE];
    struct options options;
    unsigned char behind[EDGE];
};

static bool is_marked(const unsigned char *bytes) {
    for (int i = 0; i < EDGE; i++)
        if (bytes[i] != MARK) return false;
    return true;
}

static bool ends_within(const char *field, size_t size) { return memchr(field, 0, size) != NULL; }

static void check_ranges(const struct options *o) {
    EXPECT(o->purge_thread <= 1 && o->huge_pages <= HUGE_PAGES_EARLY && o->large_direct <= 1);
    EXPECT(o->keep_alone <= 1 && o->report_exit <= 1 && o->map_names <= 1 && o->backtrace_off <= 1);
    EXPECT(o->deepbind <= DEEPBIND_KEEP && o->report_format <= REPORT_JSON);
    EXPECT(o->limit_share <= 100);
    EXPECT(o->guard_memory >= GUARD_MEMORY_LEAST && o->guard_memory <= GUARD_MEMORY_MOST);
    EXPECT(o->sample_signal <= 64 && o->report_signal <= 64);
    EXPECT(ends_within(o->sample_path, sizeof o->sample_path));
    EXPECT(ends_within(o->leaks_path, sizeof o->leaks_path));
    EXPECT(ends_within(o->report_if, sizeof o->report_if));
    EXPECT(ends_within(o->report_path, sizeof o->report_path));
}

static void drop_text(struct text *text) {
    for (size_t i = 0; i < text->used; i++)
        EXPECT((unsigned char)text->buffer[i] >= ' ' || text->buffer[i] == '\n');
    text->used = 0;
}

static void parse(struct fenced *into, const char *string) {
    struct text errors;
    text_begin(&errors, -1);
    errors.write_out = drop_text;
    options_parse(&into->options, string, &errors);
    text_flush(&errors);
    EXPECT(is_marked(into->before) && is_marked(into->behind));
    check_ranges(&into->options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fenced first;
    char *string = (char *)malloc(size + 1);
    if (string == NULL) return 0;
    memcpy(string, data, size);
    string[size] = '\0';
    memset(&first, MARK, sizeof first);
    first.options = options; /* as they are by themselves */
    parse(&first, string);
    struct fenced again = first;
    parse(&again, string);
    EXPECT(memcmp(&first, &again, sizeof first) == 0);
    free(string);
    return 0;
}
