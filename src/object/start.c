/* SPDX-License-Identifier: MIT */
/*
 * start: what happens when libpoolobj is loaded. Files are read now, which a sandbox may forbid
 * later. Nothing is said and nothing registered: a process without heaps of objects sees no more of
 * the library.
 */
#include "heap/purge.h"
#include "os/options.h"

__attribute__((constructor)) static void start_objects(void) {
    options_read_silently();
    purge_read_limit();
}
