/* SPDX-License-Identifier: MIT */
/* blocks.h - blocks of all kinds with marks in them, some of which are known to be live while a
   scenario runs. */
#ifndef POOLALLOC_TEST_BLOCKS_H
#define POOLALLOC_TEST_BLOCKS_H

#include <stddef.h>

#include "hook.h"

enum { KEPT = 20, SIZES = 19 };

struct kept {
    char *blocks[KEPT];
};
extern struct kept of_main, of_idle, of_ended, of_scenario;
extern const size_t sizes[SIZES];

/* A block with a mark. */
NO_HOOK char *take(size_t size);
NO_HOOK void keep(struct kept *kept);
/* Frees all, */
NO_HOOK void drop(struct kept *kept);
/* or a third of them, by realloc before. */
NO_HOOK void grow(struct kept *kept);
NO_HOOK void use_all_sizes(int blocks_each);

#endif
