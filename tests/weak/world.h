/* SPDX-License-Identifier: MIT */
/*
 * world.h - all memory of the allocator as it was when a scene began. Pages are made read-only
 * then; the first store to each in the first run that makes one keeps a copy of it, and each run
 * begins with the copies.
 */
#ifndef POOLALLOC_TEST_WORLD_H
#define POOLALLOC_TEST_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory that is no part of the world: what the test itself knows. Zero; ends the process if there
   is none. */
void *world_outside(size_t size);
/* What is mapped so far is none of the allocator's. */
void world_begin(void);
void world_keep(void);
void world_restore(void);

/* The thread-local variables of the program: */
bool world_is_local(uintptr_t address);
size_t world_local_size(void);
/* to there, and from there. */
void world_save_local(void *to);
void world_load_local(const void *from);

#endif
