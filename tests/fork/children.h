/* SPDX-License-Identifier: MIT */
/* children.h - what children of a process do that forked in the middle of the allocator. */
#ifndef POOLALLOC_TEST_CHILDREN_H
#define POOLALLOC_TEST_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "hook.h"

/* Set in children: what a scenario's destructor does is not for them. Where a fork comes while
   glibc runs the destructors of a thread, it leaves the rest of that thread's values to whichever
   thread gets its stack in the child, and calls the destructors again at that thread's end. */
extern bool in_child;

/* Before the first fork. */
NO_HOOK void children_begin(void);
/* The child of a fork by another thread than the one that stands in the allocator, which does not
   exist there. What comes first differs by `turn`. Does not return. */
NO_HOOK void children_be_other(unsigned turn);
/* The child of a fork by the thread itself. Does not return. */
NO_HOOK void children_be_interrupted(unsigned turn);
/* Ends the process if the child does not end well. */
NO_HOOK void children_wait(pid_t child);
/* The most hedges that a child had. */
NO_HOOK size_t children_hedges(void);

#endif
