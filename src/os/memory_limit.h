/* SPDX-License-Identifier: MIT */
/*
 * memory_limit.h - how much memory the process's control group may use: the least of the limits of
 * the group and of those above it. Read once at start-up, since later a sandbox may forbid it.
 *
 * Both versions: memory.max of the unified hierarchy, memory.limit_in_bytes of the memory
 * controller's (Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst of Linux).
 */
#ifndef POOLALLOC_MEMORY_LIMIT_H
#define POOLALLOC_MEMORY_LIMIT_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In bytes; SIZE_MAX if there is no limit, or nobody can tell. `groups` lists the groups that the
   process is in, as /proc/self/cgroup does, and `mounts` is the folder where hierarchies are
   mounted, as /sys/fs/cgroup is. Keeps errno. */
size_t memory_limit_read(const char *groups, const char *mounts);

#ifdef __cplusplus
}
#endif

#endif
