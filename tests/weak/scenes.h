/* SPDX-License-Identifier: MIT */
/* scenes.h - small things that threads do to each other's blocks (docs/protocol.md). */
#ifndef POOLALLOC_TEST_SCENES_H
#define POOLALLOC_TEST_SCENES_H

#include "search.h"

extern const struct scene scenes[];
extern const unsigned scene_count;

#endif
