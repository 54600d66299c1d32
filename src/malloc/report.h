/* SPDX-License-Identifier: MIT */
/*
 * report.h - what the library says about itself: in words of its own (report_write), and as glibc's
 * mallinfo, malloc_info and malloc_stats do. Reads a census; allocates nothing.
 */
#ifndef POOLALLOC_REPORT_H
#define POOLALLOC_REPORT_H

#include "base/text.h"
#include "heap/census.h"
#include "os/libc.h"

#ifdef __cplusplus
extern "C" {
#endif

void report_write(struct text *to);
/* The figures of mallinfo2. hblks and hblkhd are the blocks with a mapping of their own; arena is
   all else that is mapped, and the sum of uordblks, which is used, and fordblks, which is free.
   ordblks counts free blocks of pools and runs of free pools. keepcost is what malloc_trim would
   give back. */
struct mallinfo2 report_mallinfo(const struct census *census);
void report_write_xml(struct text *to);
void report_write_stats(struct text *to);
/* One object on one line: the schema is in poolalloc(7). */
void report_write_json(struct text *to);

#ifdef __cplusplus
}
#endif

#endif
