/* SPDX-License-Identifier: MIT */
#include "os/word.h"

#include <signal.h>

bool word_is(struct word word, const char *string) {
    return word.length == strlen(string) && memcmp(word.start, string, word.length) == 0;
}

struct word word_split(struct word *rest, char at) {
    const char *end = (const char *)memchr(rest->start, at, rest->length);
    struct word part = {rest->start, end ? (size_t)(end - rest->start) : rest->length};
    size_t taken = part.length + (end != NULL);
    rest->start += taken;
    rest->length -= taken;
    return part;
}

bool word_choice(struct word word, uint64_t *to, const char *no, const char *yes) {
    if (!word_is(word, no) && !word_is(word, yes)) return false;
    *to = word_is(word, yes);
    return true;
}

/* Takes the digits off the front of a word; false: there are none, or their number is above
   10^9, which leaves room for every unit. */
static bool read_word_digits(struct word *word, uint64_t *number) {
    size_t at = 0;
    *number = 0;
    for (; at < word->length && word->start[at] >= '0' && word->start[at] <= '9'; at++) {
        *number = *number * 10 + (uint64_t)(word->start[at] - '0');
        if (*number > 1000000000) return false;
    }
    word->start += at;
    word->length -= at;
    return at > 0;
}

struct unit {
    const char *name;
    uint64_t factor;
};

/* The first unit is that of a number without one; the last has no name. */
static bool with_unit(struct word word, const struct unit *units, uint64_t *to) {
    uint64_t number;
    if (!read_word_digits(&word, &number)) return false;
    const struct unit *unit = units;
    while (word.length > 0 && unit->name != NULL && !word_is(word, unit->name)) unit++;
    if (unit->name == NULL) return false;
    *to = number * unit->factor;
    return true;
}

bool word_number(struct word word, uint64_t *to) {
    static const struct unit none[] = {{"", 1}, {NULL, 0}};
    return with_unit(word, none, to);
}

bool word_time(struct word word, uint64_t *to) {
    static const struct unit times[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {NULL, 0}};
    return with_unit(word, times, to);
}

bool word_size(struct word word, uint64_t *to) {
    static const struct unit sizes[] = {{"B", 1}, {"K", KIB}, {"M", MIB}, {"G", GIB}, {NULL, 0}};
    return with_unit(word, sizes, to);
}

bool word_share(struct word word, uint64_t *to) {
    uint64_t number;
    if (!read_word_digits(&word, &number) || !word_is(word, "%")) return false;
    if (number < 1 || number > 100) return false;
    *to = number;
    return true;
}

static const struct signal_name {
    char name[8];
    int number;
} signal_names[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT},   {"USR1", SIGUSR1},
    {"USR2", SIGUSR2}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},   {"CONT", SIGCONT},
    {"URG", SIGURG},   {"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"IO", SIGIO},
};
enum { SIGNAL_NAMES = sizeof signal_names / sizeof signal_names[0] };

bool word_signal(struct word word, uint64_t *to) {
    uint64_t number = 0;
    for (unsigned i = 0; i < SIGNAL_NAMES && number == 0; i++)
        if (word_is(word, signal_names[i].name)) number = (uint64_t)signal_names[i].number;
    if (number == 0 && !word_number(word, &number)) return false;
    if (number < 1 || number > 64 || number == SIGKILL || number == SIGSTOP) return false;
    *to = number;
    return true;
}

bool word_string(struct word word, char *to, size_t size) {
    if (word.length == 0 || word.length >= size) return false;
    memcpy(to, word.start, word.length);
    to[word.length] = '\0';
    return true;
}
