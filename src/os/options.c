/* SPDX-License-Identifier: MIT */
#include "os/options.h"

#include <sys/auxv.h>
#include <unistd.h>

struct options options = {.purge_delay = PURGE_STANDARD};

struct word { /* a part of the environment string */
    const char *start;
    size_t length;
};

typedef bool parser(struct word word, void *field);

struct option {
    const char *key;
    const char *values; /* what may be written */
    const char *standard;
    const char *meaning;
    parser *parse;
    size_t field;
};

static bool word_is(struct word word, const char *string) {
    return word.length == strlen(string) && memcmp(word.start, string, word.length) == 0;
}

static bool parse_choice(struct word word, uint64_t *field, const char *no, const char *yes) {
    if (!word_is(word, no) && !word_is(word, yes)) return false;
    *field = word_is(word, yes);
    return true;
}

static bool parse_switch(struct word word, void *field) {
    return parse_choice(word, (uint64_t *)field, "off", "on");
}

static bool parse_huge_pages(struct word word, void *field) {
    uint64_t on;
    if (!parse_switch(word, &on)) return false;
    *(uint64_t *)field = !on;
    return true;
}

static bool parse_large(struct word word, void *field) {
    return parse_choice(word, (uint64_t *)field, "cached", "direct");
}

static bool parse_deepbind(struct word word, void *field) {
    if (word_is(word, "keep")) {
        *(uint64_t *)field = DEEPBIND_KEEP;
        return true;
    }
    return parse_choice(word, (uint64_t *)field, "join", "strip");
}

/* Digits and a unit: ms, s or m; without one, milliseconds. */
static bool parse_time(struct word word, void *field) {
    uint64_t number = 0;
    size_t at = 0;
    if (word_is(word, "never")) {
        *(uint64_t *)field = PURGE_NEVER;
        return true;
    }
    for (; at < word.length && word.start[at] >= '0' && word.start[at] <= '9'; at++) {
        number = number * 10 + (uint64_t)(word.start[at] - '0');
        if (number > 1000000000) return false; /* 11 days in ms, and far from overflow below */
    }
    struct word unit = {word.start + at, word.length - at};
    if (at == 0) return false;
    if (word_is(unit, "s"))
        number *= 1000;
    else if (word_is(unit, "m"))
        number *= 60000;
    else if (unit.length != 0 && !word_is(unit, "ms"))
        return false;
    *(uint64_t *)field = number;
    return true;
}

static bool parse_report(struct word word, void *field) {
    struct options *into = (struct options *)field;
    if (word.length == 0 || word.length >= sizeof into->report_path) return false;
    into->report_exit = word_is(word, "exit");
    bool is_path = !into->report_exit && !word_is(word, "off");
    memcpy(into->report_path, word.start, is_path ? word.length : 0);
    into->report_path[is_path ? word.length : 0] = '\0';
    return true;
}

static const struct option table[] = {
    {"report", "off, exit or FILE (up to 255 bytes)", "off",
     "at exit, write what was served to standard error, or append it to FILE (%p: process id)",
     parse_report, 0},
    {"purge_delay", "TIME (500ms, 2s, 1m) or never", "1s",
     "how long free memory stays before it goes back to the system; 0: at once", parse_time,
     offsetof(struct options, purge_delay)},
    {"purge_thread", "on or off", "off", "a thread that purges while the program is idle",
     parse_switch, offsetof(struct options, purge_thread)},
    {"huge_pages", "on or off", "on",
     "transparent huge pages for small blocks of processes that grow above 64 MiB",
     parse_huge_pages, offsetof(struct options, small_pages)},
    {"large", "cached or direct", "cached",
     "direct: each request above 512 bytes gets a mapping of its own between guard pages",
     parse_large, offsetof(struct options, large_direct)},
    {"deepbind", "join, strip or keep", "join",
     "join: libc's own malloc leads here too, for RTLD_DEEPBIND; strip: dlopen ignores that flag; "
     "keep: neither",
     parse_deepbind, offsetof(struct options, deepbind)},
};
enum { TABLE_LENGTH = sizeof table / sizeof table[0] };

/* What the environment set, for options_list and options_is_chosen. */
static struct word chosen[TABLE_LENGTH];

bool options_is_chosen(const uint64_t *field) {
    size_t offset = (size_t)((const char *)field - (const char *)&options);
    for (unsigned i = 0; i < TABLE_LENGTH; i++)
        if (table[i].field == offset && table[i].parse != parse_report)
            return chosen[i].start != NULL;
    return false;
}

static void list_one(struct text *to, unsigned i) {
    text_add(to, "  ");
    text_add(to, table[i].key);
    text_add(to, "=");
    bool is_default = chosen[i].start == NULL;
    if (is_default)
        text_add(to, table[i].standard);
    else
        text_add_bytes(to, chosen[i].start, chosen[i].length);
    text_add(to, is_default ? "  (default)\n" : "  (POOLALLOC_OPTIONS)\n");
    text_add(to, "      ");
    text_add(to, table[i].values);
    text_add(to, ": ");
    text_add(to, table[i].meaning);
    text_add(to, "\n");
}

void options_list(struct text *to) {
    text_add(to, "poolalloc: options of POOLALLOC_OPTIONS=key=value,key=value\n");
    for (unsigned i = 0; i < TABLE_LENGTH; i++) list_one(to, i);
}

/* Edit distance (Levenshtein), for keys of up to 31 letters. */
static unsigned distance(struct word word, const char *key) {
    unsigned row[32];
    size_t width = strlen(key);
    if (word.length > 31 || width > 31) return 32;
    for (unsigned j = 0; j <= width; j++) row[j] = j;
    for (unsigned i = 1; i <= word.length; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= width; j++) {
            unsigned best = diagonal + (word.start[i - 1] != key[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[width];
}

static unsigned nearest(struct word key) {
    unsigned best = 0;
    for (unsigned i = 1; i < TABLE_LENGTH; i++)
        if (distance(key, table[i].key) < distance(key, table[best].key)) best = i;
    return best;
}

/* At most 64 bytes of it, and nothing that is not printable: the environment can hold anything. */
static void add_quoted(struct text *to, struct word word) {
    text_add(to, "'");
    for (size_t i = 0; i < size_min(word.length, 64); i++)
        text_add_bytes(to, word.start[i] >= ' ' && word.start[i] < 127 ? word.start + i : "?", 1);
    text_add(to, word.length > 64 ? "...'" : "'");
}

static void refuse_key(struct text *errors, struct word key) {
    text_add(errors, "poolalloc: unknown option ");
    add_quoted(errors, key);
    text_add(errors, " in POOLALLOC_OPTIONS is ignored (did you mean '");
    text_add(errors, table[nearest(key)].key);
    text_add(errors, "'? POOLALLOC_OPTIONS=help lists all)\n");
}

static void refuse_value(struct text *errors, unsigned i, struct word value) {
    text_add(errors, "poolalloc: bad value ");
    add_quoted(errors, value);
    text_add(errors, " for option '");
    text_add(errors, table[i].key);
    text_add(errors, "' in POOLALLOC_OPTIONS is ignored (it takes ");
    text_add(errors, table[i].values);
    text_add(errors, ")\n");
}

static struct word split(struct word *rest, char at) {
    const char *end = (const char *)memchr(rest->start, at, rest->length);
    struct word part = {rest->start, end ? (size_t)(end - rest->start) : rest->length};
    size_t taken = part.length + (end != NULL);
    rest->start += taken;
    rest->length -= taken;
    return part;
}

static void apply(struct options *into, struct word setting, struct text *errors) {
    struct word value = setting;
    struct word key = split(&value, '=');
    for (unsigned i = 0; i < TABLE_LENGTH; i++) {
        if (!word_is(key, table[i].key)) continue;
        if (!table[i].parse(value, (char *)into + table[i].field))
            refuse_value(errors, i, value);
        else if (into == &options)
            chosen[i] = value;
        return;
    }
    refuse_key(errors, key);
}

void options_parse(struct options *into, const char *string, struct text *errors) {
    struct word rest = {string, strlen(string)};
    while (rest.length > 0) {
        struct word setting = split(&rest, ',');
        if (setting.length > 0 && !word_is(setting, "help")) apply(into, setting, errors);
    }
}

static bool asks_for_help(const char *string) {
    struct word rest = {string, strlen(string)};
    while (rest.length > 0)
        if (word_is(split(&rest, ','), "help")) return true;
    return false;
}

char **options_environment(void) {
    static char *none[1];
    return getauxval(AT_SECURE) || environ == NULL ? none : environ;
}

/* Not getenv: that is another module's code, and the order of start-up is not ours to choose. The
   name is no constant: its page is written anyway, those of constants would be mapped for it. */
static const char *find_variable(void) {
    static char name[] = "POOLALLOC_OPTIONS=";
    for (char **at = options_environment(); *at != NULL; at++)
        if (strncmp(*at, name, sizeof name - 1) == 0) return *at + sizeof name - 1;
    return NULL;
}

static void forget(struct text *text) { text->used = 0; }

void options_read_silently(void) {
    const char *string = find_variable();
    if (string == NULL) return;
    struct text nobody;
    text_begin(&nobody, -1);
    nobody.write_out = forget;
    options_parse(&options, string, &nobody);
}

void options_read(void) {
    const char *string = find_variable();
    if (string == NULL) return;
    struct text errors;
    text_begin(&errors, 2);
    options_parse(&options, string, &errors);
    if (asks_for_help(string)) options_list(&errors);
    text_flush(&errors);
}
