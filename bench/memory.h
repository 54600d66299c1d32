/* SPDX-License-Identifier: MIT */
/*
 * memory.h - how much memory a program has, by three measures, in KiB: what is resident by the page
 * tables, what is charged to its control group, and what the system as a whole has in use. None of
 * this allocates. A page that has left the page tables may not have gone back yet: a huge page goes
 * as a whole, and is charged until then.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include "harness.h"
#include <fcntl.h>

/* The number behind `name` in a file of the system. */
static inline long memory_figure(const char *path, const char *name) {
    char text[4096];
    int file = open(path, O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (length <= 0) die("cannot read a figure of memory");
    close(file);
    text[length] = '\0';
    const char *at = strstr(text, name);
    return at == NULL ? 0 : strtol(at + strlen(name), NULL, 10);
}

/* Exact, unlike that of statm. */
static inline long memory_resident_kib(void) {
    return memory_figure("/proc/self/smaps_rollup", "\nRss:");
}

/* Memory of the control group if BENCH_CGROUP names its file of usage, which holds bytes; else of
   the whole machine, where whatever else runs is in it too. */
static inline long memory_system_kib(void) {
    static const char *group;
    if (group == NULL) group = getenv("BENCH_CGROUP");
    if (group != NULL) return memory_figure(group, "") / 1024;
    return memory_figure("/proc/meminfo", "MemTotal:") - memory_figure("/proc/meminfo", "MemFree:");
}

struct memory {
    long resident, system; /* KiB */
};

static inline struct memory memory_now(void) {
    return (struct memory){memory_resident_kib(), memory_system_kib()};
}

/* What came since `start`. */
static inline struct memory memory_since(struct memory start) {
    struct memory now = memory_now();
    return (struct memory){now.resident - start.resident, now.system - start.system};
}

#endif
