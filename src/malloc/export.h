/* SPDX-License-Identifier: MIT */
/* export.h - what leaves the library; all else is hidden by -fvisibility=hidden. */
#ifndef POOLALLOC_EXPORT_H
#define POOLALLOC_EXPORT_H

#define EXPORT __attribute__((visibility("default")))

#endif
