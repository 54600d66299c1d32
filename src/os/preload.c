/* SPDX-License-Identifier: MIT */
#include "os/preload.h"

static const char variable[] = "LD_PRELOAD=";
static const char ours[] = "libpoolalloc";

static bool is_separator(char letter) { return letter == ':' || letter == ' '; }

/* The length of the path, and whether its last part begins as our files' names do. */
static size_t path_length(const char *path, bool *is_ours) {
    const char *name = path, *end = path;
    for (; *end != '\0' && !is_separator(*end); end++)
        if (*end == '/') name = end + 1;
    *is_ours = strncmp(name, ours, sizeof ours - 1) == 0;
    return (size_t)(end - path);
}

/* Returns the length of what is left. */
static size_t forget_path(char *list) {
    char *to = list;
    for (const char *from = list; *from != '\0';) {
        bool is_ours;
        size_t length = path_length(from, &is_ours);
        bool stays = length > 0 && !is_ours;
        if (stays && to != list) *to++ = ':';
        if (stays) memmove(to, from, length);
        if (stays) to += length;
        from += length;
        if (*from != '\0') from++;
    }
    *to = '\0';
    return (size_t)(to - list);
}

void preload_forget(char **environment) {
    char **to = environment;
    for (char **from = environment; *from != NULL; from++) {
        bool is_empty = strncmp(*from, variable, sizeof variable - 1) == 0 &&
                        forget_path(*from + sizeof variable - 1) == 0;
        if (!is_empty) *to++ = *from;
    }
    *to = NULL;
}
