/* SPDX-License-Identifier: MIT */
#include "os/options.h"

#include <sys/auxv.h>
#include <unistd.h>

struct options options = {.purge_delay = PURGE_STANDARD, .guard_memory = GUARD_MEMORY};

typedef bool parser(struct word word, void *field);

struct option {
    const char *key;
    const char *values; /* what may be written */
    const char *standard;
    const char *meaning;
    parser *parse;
    size_t field;
};

static bool parse_switch(struct word word, void *field) {
    return word_choice(word, (uint64_t *)field, "off", "on");
}

static bool parse_not_off(struct word word, void *field) {
    return word_choice(word, (uint64_t *)field, "on", "off");
}

static bool parse_huge_pages(struct word word, void *field) {
    if (word_is(word, "early")) {
        *(uint64_t *)field = HUGE_PAGES_EARLY;
        return true;
    }
    return word_choice(word, (uint64_t *)field, "on", "off");
}
static bool parse_large(struct word word, void *field) {
    return word_choice(word, (uint64_t *)field, "cached", "direct");
}

static bool parse_deepbind(struct word word, void *field) {
    if (word_is(word, "keep")) {
        *(uint64_t *)field = DEEPBIND_KEEP;
        return true;
    }
    return word_choice(word, (uint64_t *)field, "join", "strip");
}

static bool parse_delay(struct word word, void *field) {
    if (!word_is(word, "never")) return word_time(word, (uint64_t *)field);
    *(uint64_t *)field = PURGE_NEVER;
    return true;
}

static bool parse_report(struct word word, void *field) {
    struct options *into = (struct options *)field;
    if (word.length == 0 || word.length >= sizeof into->report_path) return false;
    into->report_exit = word_is(word, "exit");
    into->report_path[0] = '\0';
    if (into->report_exit || word_is(word, "off")) return true;
    return word_string(word, into->report_path, sizeof into->report_path);
}

static bool parse_format(struct word word, void *field) {
    if (word_is(word, "json")) {
        *(uint64_t *)field = REPORT_JSON;
        return true;
    }
    return word_choice(word, (uint64_t *)field, "text", "xml");
}

/* What is not wanted is 0. */
static bool parse_off(struct word word, void *field) {
    if (!word_is(word, "off")) return false;
    *(uint64_t *)field = 0;
    return true;
}

static bool parse_signal(struct word word, void *field) {
    return parse_off(word, field) || word_signal(word, (uint64_t *)field);
}

static bool parse_interval(struct word word, void *field) {
    return parse_off(word, field) || word_time(word, (uint64_t *)field);
}

static bool parse_size(struct word word, void *field) {
    return parse_off(word, field) || word_size(word, (uint64_t *)field);
}

static bool parse_number(struct word word, void *field) {
    return word_number(word, (uint64_t *)field);
}

static bool parse_sample(struct word word, void *field) {
    if (parse_off(word, field)) return true;
    uint64_t size = word_is(word, "all");
    if (size == 0 && !word_size(word, &size)) return false;
    if (size == 0) return false;
    *(uint64_t *)field = size;
    return true;
}

static bool parse_guard(struct word word, void *field) {
    uint64_t every = 0;
    if (parse_off(word, field)) return true;
    if (!word_number(word, &every) || every == 0) return false;
    *(uint64_t *)field = every;
    return true;
}

static bool parse_size_within(struct word word, uint64_t least, uint64_t most, void *field) {
    uint64_t size = 0;
    bool good = word_size(word, &size) && size >= least && size <= most;
    if (good) *(uint64_t *)field = size;
    return good;
}

static bool parse_guard_memory(struct word word, void *field) {
    return parse_size_within(word, GUARD_MEMORY_LEAST, GUARD_MEMORY_MOST, field);
}

static bool parse_quarantine(struct word word, void *field) {
    return parse_off(word, field) ||
           parse_size_within(word, QUARANTINE_LEAST, QUARANTINE_MOST, field);
}

static bool parse_sample_file(struct word word, void *field) {
    return word_string(word, (char *)field, sizeof options.sample_path);
}

static bool parse_leaks(struct word word, void *field) {
    return word_string(word, (char *)field, sizeof options.leaks_path);
}

static bool parse_report_if(struct word word, void *field) {
    return word_string(word, (char *)field, sizeof options.report_if);
}

static bool parse_limit(struct word word, void *field) {
    struct options *into = (struct options *)((char *)field - offsetof(struct options, limit));
    uint64_t size = 0, share = 0;
    bool good =
        word_is(word, "off") || word_share(word, &share) || (word_size(word, &size) && size >= MIB);
    if (!good) return false;
    into->limit = size;
    into->limit_share = share;
    return true;
}

static void forget_text(struct text *text) { text->used = 0; }

/* What a mode stands for is set as if it was written there; what is written behind it still counts.
 */
static bool parse_mode(struct word word, void *field) {
    struct options *into = (struct options *)((char *)field - offsetof(struct options, mode));
    uint64_t before = into->mode;
    struct text nobody;
    text_begin(&nobody, -1);
    nobody.write_out = forget_text;
    if (word_is(word, "debug"))
        into->mode = MODE_DEBUG;
    else if (!word_choice(word, &into->mode, "off", "hardened"))
        return false;
    options_parse(into,
                  into->mode != MODE_OFF
                      ? "zero_freed=on,canaries=on,exact_frees=on,random_reuse=on,"
                        "sized_deletes=on,guard_pages=on,random_addresses=on"
                      : "zero_freed=off,canaries=off,exact_frees=off,random_reuse=off,"
                        "sized_deletes=off,guard_pages=off,random_addresses=off",
                  &nobody);
    if (into->mode == MODE_DEBUG || before == MODE_DEBUG) {
        into->sample = into->mode == MODE_DEBUG;
        into->quarantine = into->mode == MODE_DEBUG ? QUARANTINE_DEBUG : 0;
    }
    return true;
}

static const struct option table[] = {
    {"report", "off, exit or FILE (up to 255 bytes)", "off",
     "at exit, write what was served to standard error, or append it to FILE (%p: process id)",
     parse_report, 0},
    {"report_format", "text, xml or json", "text",
     "reports in words, as glibc's malloc_info, or as one line of JSON each", parse_format,
     offsetof(struct options, report_format)},
    {"report_signal", "off or a signal (USR2, HUP, ..., a number)", "off",
     "also report when this signal arrives, unless the program handles it", parse_signal,
     offsetof(struct options, report_signal)},
    {"report_interval", "off or TIME (500ms, 10s, 5m)", "off",
     "also report so often, as malloc and free are called or by the purge thread", parse_interval,
     offsetof(struct options, report_interval)},
    {"report_growth", "off or SIZE (64K, 16M, 1G)", "off",
     "also report when so much more memory is in use than at the last such report", parse_size,
     offsetof(struct options, report_growth)},
    {"report_if", "GLOB (up to 63 bytes)", "*",
     "only programs whose name matches, or whose path if there is a / in it, report",
     parse_report_if, offsetof(struct options, report_if)},
    {"report_least", "a number of blocks", "0",
     "no report at exit from programs that were served fewer blocks", parse_number,
     offsetof(struct options, report_least)},
    {"purge_delay", "TIME (500ms, 2s, 1m) or never", "1s",
     "how long free memory stays before it goes back to the system; 0: at once", parse_delay,
     offsetof(struct options, purge_delay)},
    {"purge_thread", "on or off", "off", "a thread that purges while the program is idle",
     parse_switch, offsetof(struct options, purge_thread)},
    {"map_names", "on or off", "off",
     "names for our mappings in /proc/PID/maps; takes the system call prctl", parse_switch,
     offsetof(struct options, map_names)},
    {"backtrace", "on or off", "on",
     "the line about a mistake that ends the process is followed by the callers", parse_not_off,
     offsetof(struct options, backtrace_off)},
    {"sample", "off, SIZE (512K) or all", "off",
     "sample a block every so many bytes, on average, with the stack that asked for it",
     parse_sample, offsetof(struct options, sample)},
    {"sample_file", "FILE (up to 255 bytes)", "poolalloc.%p.pb",
     "where the profile goes at exit, for pprof; stacks as lines if it ends in .folded "
     "(%p: process id)",
     parse_sample_file, offsetof(struct options, sample_path)},
    {"sample_signal", "off or a signal (USR2, HUP, ..., a number)", "off",
     "this signal starts sampling, and then each writes the profile", parse_signal,
     offsetof(struct options, sample_signal)},
    {"guard_sample", "off or a number (5000)", "off",
     "one block in so many lies between inaccessible pages, to find who writes past it or after "
     "free",
     parse_guard, offsetof(struct options, guard_sample)},
    {"guard_memory", "SIZE from 40K to 64M", "1M",
     "for such blocks, and for what is known of those that were freed last", parse_guard_memory,
     offsetof(struct options, guard_memory)},
    {"mode", "off, hardened or debug", "off",
     "hardened: the seven options below are on, unless one is turned off behind it; debug: so are "
     "quarantine=32M and sample=all, for lines with the stacks of malloc and free, and without a "
     "profile",
     parse_mode, offsetof(struct options, mode)},
    {"zero_freed", "on or off", "off",
     "freed blocks are cleared, and must still be zero when they are handed out again",
     parse_switch, offsetof(struct options, zero_freed)},
    {"canaries", "on or off", "off",
     "bytes behind each block are compared when it is freed; usable sizes are exact", parse_switch,
     offsetof(struct options, canaries)},
    {"exact_frees", "on or off", "off",
     "a second free of another thread's block is found at once, not when its owner looks",
     parse_switch, offsetof(struct options, exact_frees)},
    {"random_reuse", "on or off", "off",
     "blocks are handed out in random order, and freed ones held for a random while", parse_switch,
     offsetof(struct options, random_reuse)},
    {"sized_deletes", "on or off", "off",
     "the size and alignment that C++ code deletes a block by are compared with the block",
     parse_switch, offsetof(struct options, sized_deletes)},
    {"guard_pages", "on or off", "off",
     "blocks above 64 KiB lie between inaccessible pages, and are so themselves after their free; "
     "malloc(0) gives an inaccessible address",
     parse_switch, offsetof(struct options, guard_pages)},
    {"random_addresses", "on or off", "off",
     "memory for blocks is at random places, and begins at random pages of them", parse_switch,
     offsetof(struct options, random_places)},
    {"quarantine", "off or SIZE from 64K to 16G", "off",
     "freed blocks up to 64 KiB wait, so many bytes of them for each thread, before their memory "
     "is used again; with zero_freed they must be zero then",
     parse_quarantine, offsetof(struct options, quarantine)},
    {"leaks", "the path of a socket (up to 107 bytes)", "",
     "at exit, a frozen copy of the process is left there: for poolalloc leaks; samples all blocks",
     parse_leaks, offsetof(struct options, leaks_path)},
    {"limit", "off, SIZE from 1M on (512M, 2G) or a share (80%)", "off",
     "the most address space for blocks, or this share of the control group's memory limit; "
     "what is beyond gets NULL",
     parse_limit, offsetof(struct options, limit)},
    {"huge_pages", "on, off or early", "on",
     "transparent huge pages for blocks up to 64 KiB of processes that grow above 64 MiB; early: "
     "for larger ones, too, and above 8 MiB",
     parse_huge_pages, offsetof(struct options, huge_pages)},
    {"large", "cached or direct", "cached",
     "direct: each request above 512 bytes gets a mapping of its own between guard pages",
     parse_large, offsetof(struct options, large_direct)},
    {"deepbind", "join, strip or keep", "join",
     "join: libc's own malloc leads here too, for RTLD_DEEPBIND; strip: dlopen ignores that flag; "
     "keep: neither",
     parse_deepbind, offsetof(struct options, deepbind)},
    {"inherit", "on or off", "on",
     "off: programs that this one starts do without this library: it is taken out of LD_PRELOAD",
     parse_not_off, offsetof(struct options, keep_alone)},
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

static unsigned nearest_option(struct word key) {
    unsigned best = 0;
    for (unsigned i = 1; i < TABLE_LENGTH; i++)
        if (distance(key, table[i].key) < distance(key, table[best].key)) best = i;
    return best;
}

/* Adds at most 64 bytes of a word, and nothing that is not printable: the environment can hold
   anything. */
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
    text_add(errors, table[nearest_option(key)].key);
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

static void apply_setting(struct options *into, struct word setting, struct text *errors) {
    struct word value = setting;
    struct word key = word_split(&value, '=');
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
        struct word setting = word_split(&rest, ',');
        if (setting.length > 0 && !word_is(setting, "help")) apply_setting(into, setting, errors);
    }
}

static bool asks_for_help(const char *string) {
    struct word rest = {string, strlen(string)};
    while (rest.length > 0)
        if (word_is(word_split(&rest, ','), "help")) return true;
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

void options_read_silently(void) {
    const char *string = find_variable();
    if (string == NULL) return;
    struct text nobody;
    text_begin(&nobody, -1);
    nobody.write_out = forget_text;
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
