/* SPDX-License-Identifier: MIT */
/*
 * file.h - opens a file to append to that may lie in a folder where others write, as /tmp is. A
 * name there can be a link that somebody made in advance, to have another user's program write into
 * a file of that user's. What the kernel's protected_symlinks and its siblings refuse where they
 * are set is refused here everywhere:
 *   F1 on the way, a link is followed only if it belongs to root or to the process's user
 *   F2 a name that is a link itself is followed only in /dev and /proc (/dev/stderr is one)
 *   F3 a regular file has no second name
 *   F4 in a folder that everybody may write to, what is there belongs to root or to the user
 */
#ifndef POOLALLOC_FILE_H
#define POOLALLOC_FILE_H

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A descriptor for appending, of a file that is made if need be; -1: it can't be opened, or must
   not be. Does not wait for a reader that a named pipe may never have. Keeps errno. */
int file_open_append(const char *path);

/* What a regular file held before is gone; anything else is left alone. */
void file_empty(int descriptor);

#ifdef __cplusplus
}
#endif

#endif
