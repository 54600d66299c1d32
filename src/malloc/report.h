/* SPDX-License-Identifier: MIT */
/*
 * report.h - what the library says about itself, in words (report_write) and as XML for
 * malloc_info. Reads a census; allocates nothing.
 */
#ifndef POOLALLOC_REPORT_H
#define POOLALLOC_REPORT_H

#include "base/text.h"

#ifdef __cplusplus
extern "C" {
#endif

void report_write(struct text *to);
void report_write_xml(struct text *to);
/* At start-up: GNU's tools close standard error before the last destructors run. */
void report_prepare(void);
/* As the options say: to standard error, appended to a file, or not at all. */
void report_at_exit(void);

#ifdef __cplusplus
}
#endif

#endif
