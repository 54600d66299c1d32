/* SPDX-License-Identifier: MIT */
#include "os/memory_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { GROUPS_MOST = 4096, PATH_MOST = 1024 };

/* A hierarchy as `groups` names it. */
struct hierarchy {
    const char *controllers; /* in the list of a line; "" is all that the unified one's line has */
    const char *mount;       /* below `mounts` */
    const char *file;        /* with the limit of a group */
};

static const struct hierarchy unified = {"", "", "/memory.max"};
static const struct hierarchy separate = {"memory", "/memory", "/memory.limit_in_bytes"};

/* The beginning of a file, as a string; false: it can't be read. */
static bool read_file(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t length = read(file, text, size - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* A group without a limit has the word max in its file, or a number that no memory reaches. */
static size_t parse_memory_limit(const char *text) {
    size_t number = 0;
    if (*text < '0' || *text > '9') return SIZE_MAX;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (number > SIZE_MAX / 16) return SIZE_MAX;
        number = number * 10 + (size_t)(*text - '0');
    }
    return number;
}

/* True if the list of controllers, which ends at a colon, has this one. */
static bool has_controller(const char *list, const char *controller) {
    size_t length = strlen(controller);
    if (length == 0) return *list == ':';
    for (; *list != ':' && *list != '\n' && *list != '\0'; list += *list == ',') {
        size_t next = strcspn(list, ",:\n");
        if (next == length && memcmp(list, controller, length) == 0) return true;
        list += next;
    }
    return false;
}

/* Copies the path of the group that the process is in; false: none of this hierarchy. A line is
   number:controllers:path. */
static bool find_group(const char *lines, const struct hierarchy *hierarchy, char *path) {
    for (; *lines != '\0'; lines += strcspn(lines, "\n"), lines += *lines == '\n') {
        const char *list = lines + strcspn(lines, ":\n");
        if (*list != ':' || !has_controller(++list, hierarchy->controllers)) continue;
        const char *group = list + strcspn(list, ":\n");
        size_t length = *group == ':' ? strcspn(++group, "\n") : PATH_MOST;
        if (length >= PATH_MOST) return false;
        memcpy(path, group, length);
        path[length] = '\0';
        return true;
    }
    return false;
}

static size_t limit_of(const char *mounts, const struct hierarchy *hierarchy, const char *group) {
    char path[2 * PATH_MOST], text[32];
    const char *parts[] = {mounts, hierarchy->mount, group, hierarchy->file};
    size_t used = 0;
    for (unsigned i = 0; i < 4; i++) {
        size_t length = strlen(parts[i]);
        if (used + length >= sizeof path) return SIZE_MAX;
        memcpy(path + used, parts[i], length + 1);
        used += length;
    }
    return read_file(path, text, sizeof text) ? parse_memory_limit(text) : SIZE_MAX;
}

/* In a container the path may be that of the host, and the container's own group the topmost that
   is seen. */
static size_t least_limit(const char *mounts, const struct hierarchy *hierarchy, char *group) {
    size_t least = limit_of(mounts, hierarchy, "");
    for (char *end; (end = strrchr(group, '/')) != NULL; *end = '\0')
        if (end[1] != '\0') least = size_min(least, limit_of(mounts, hierarchy, group));
    return least;
}

/* The memory controller is in one hierarchy alone: where it has one of its own, the unified one has
   no limits. */
size_t memory_limit_read(const char *groups, const char *mounts) {
    char lines[GROUPS_MOST], group[PATH_MOST];
    size_t least = SIZE_MAX;
    int saved_errno = errno;
    if (read_file(groups, lines, sizeof lines)) {
        if (find_group(lines, &separate, group))
            least = least_limit(mounts, &separate, group);
        else if (find_group(lines, &unified, group))
            least = least_limit(mounts, &unified, group);
    }
    errno = saved_errno;
    return least;
}
