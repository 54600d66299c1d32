/* SPDX-License-Identifier: MIT */
/* hedges.h - the hedges of a process (heap/hedge.h) beside what the kernel says of their pages. */
#ifndef POOLALLOC_TEST_HEDGES_H
#define POOLALLOC_TEST_HEDGES_H

#include <stddef.h>

#include "hook.h"

struct hedges {
    size_t count;
    size_t shut; /* those of them that are inaccessible */
};

/* For a process with one thread. */
NO_HOOK struct hedges hedges_now(void);

#endif
