/* SPDX-License-Identifier: MIT */
/* render.h - a picture in a file: as text, or drawn by dot where the name says so. */
#ifndef POOLALLOC_GRAPH_RENDER_H
#define POOLALLOC_GRAPH_RENDER_H

#include <stdio.h>

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A stream for the text of a picture that is to be in the file; NULL and errno. */
FILE *render_open(const char *file);
/* Ends the stream; the picture is in the file if `good` still holds. 0, or -1 and errno: ENOENT
   where there is no dot, EIO where it failed. */
int render_close(FILE *text, const char *file, bool good);

#ifdef __cplusplus
}
#endif

#endif
