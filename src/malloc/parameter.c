/* SPDX-License-Identifier: MIT */
#include "malloc/parameter.h"

#include <limits.h>
#include <stdlib.h>

#include "heap/allocate.h"
#include "heap/purge.h"
#include "heap/space_lock.h"
#include "os/libc.h"
#include "os/options.h"

/* glibc's largest value of M_MXFAST: 80 bytes on 32 bit, twice that here. */
enum { MXFAST_MOST = 160 };

/* ---- What follows from a value ---- */

/* Above the threshold, free memory goes back by age; -1 means that none ever does. The operator's
   purge_delay says more than a threshold can, and stays as it is. */
static void set_trim_threshold(size_t value) {
    bool never = value > PTRDIFF_MAX;
    if (options_is_chosen(&options.purge_delay)) return;
    options.purge_delay = never ? PURGE_NEVER : PURGE_STANDARD;
    options.purge_keep = never ? 0 : value;
    if (never) return;
    if (!space_lock()) return;
    purge_requeue();
    space_unlock();
}

/* Blocks of classes have no mapping of their own, whatever the program asks for. */
static struct {
    size_t mmap_threshold;
    bool mmaps_none; /* M_MMAP_MAX is 0 */
} parameter_state = {.mmap_threshold = DIRECT_MIN};

static void set_direct_min(void) {
    allocate_direct_min = parameter_state.mmaps_none
                              ? ALLOCATE_NO_DIRECT
                              : size_min(parameter_state.mmap_threshold, ALLOCATE_NO_DIRECT - 1);
}

int parameter_set(int parameter, size_t value) {
    switch (parameter) {
    case M_MXFAST: /* the one whose value glibc looks at */
        return value <= MXFAST_MOST;
    case M_TRIM_THRESHOLD:
        set_trim_threshold(value);
        break;
    case M_MMAP_THRESHOLD:
        parameter_state.mmap_threshold = value;
        set_direct_min();
        break;
    case M_MMAP_MAX:
        parameter_state.mmaps_none = (int)value <= 0;
        set_direct_min();
        break;
    case M_PERTURB:
        allocate_perturb((int)value != 0, (unsigned)value & 0xff);
        break;
    default: /* glibc says 1 for what it does not know, too */
        break;
    }
    return 1;
}

/* ---- The environment ---- */

/* glibc's variables and tunables that are followed here, with glibc's limits for their values. */
static const struct known {
    const char *variable; /* after MALLOC_ */
    const char *tunable;  /* after glibc.malloc. */
    int parameter;
    size_t most;
} known[] = {
    {"TRIM_THRESHOLD_", "trim_threshold", M_TRIM_THRESHOLD, SIZE_MAX},
    {"MMAP_THRESHOLD_", "mmap_threshold", M_MMAP_THRESHOLD, SIZE_MAX},
    {"MMAP_MAX_", "mmap_max", M_MMAP_MAX, INT_MAX},
    {"PERTURB_", "perturb", M_PERTURB, UCHAR_MAX},
};
enum { KNOWN = sizeof known / sizeof known[0] };

/* What follows `start` in a string that begins with it, else NULL. */
static const char *after_prefix(const char *string, const char *start) {
    size_t length = strlen(start);
    return strncmp(string, start, length) == 0 ? string + length : NULL;
}

/* `string` is NAME=NUMBER up to the character `end` or its own end. Numbers are as in C, and
   negative ones wrap. */
static void apply_parameter(const struct known *setting, const char *string, char end) {
    int saved_errno = errno;
    char *rest;
    errno = 0;
    size_t number = strtoul(string, &rest, 0);
    bool good = rest != string && (*rest == end || *rest == '\0') && errno == 0;
    errno = saved_errno;
    if (good && number <= setting->most) parameter_set(setting->parameter, number);
}

static void read_variable(const char *string) {
    for (unsigned i = 0; i < KNOWN; i++) {
        const char *value = after_prefix(string, known[i].variable);
        if (value != NULL && *value == '=') apply_parameter(&known[i], value + 1, '\0');
    }
}

/* name=value:name=value */
static void read_tunables(const char *string) {
    while (string != NULL) {
        const char *name = after_prefix(string, "glibc.malloc.");
        for (unsigned i = 0; name != NULL && i < KNOWN; i++) {
            const char *value = after_prefix(name, known[i].tunable);
            if (value != NULL && *value == '=') apply_parameter(&known[i], value + 1, ':');
        }
        string = strchr(string, ':');
        if (string != NULL) string++;
    }
}

/* The prefixes are no constants: see find_variable in options.c. */
void parameter_read_environment(char *const *environment) {
    static char variables[] = "MALLOC_", tunables[] = "GLIBC_TUNABLES=";
    for (char *const *at = environment; *at != NULL; at++) {
        const char *name = after_prefix(*at, variables);
        if (name != NULL) read_variable(name);
    }
    for (char *const *at = environment; *at != NULL; at++)
        read_tunables(after_prefix(*at, tunables));
}
