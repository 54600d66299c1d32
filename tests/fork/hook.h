/* SPDX-License-Identifier: MIT */
/*
 * hook.h - a call before every store of the allocator. Its sources are compiled once more as for
 * ThreadSanitizer, which makes the compiler call a function before each store, around each function
 * and in place of each atomic operation; but linked with hook.c instead of its library. So no
 * place in the sources is named, and a new one is not forgotten.
 */
#ifndef POOLALLOC_TEST_HOOK_H
#define POOLALLOC_TEST_HOOK_H

#include <stdbool.h>
#include <stdint.h>

/* For every function of the test itself. */
#define NO_HOOK __attribute__((no_sanitize_thread, noinline))

/* Called by armed threads, disarmed meanwhile; `site` is the address that the store's call returns
   to, or 0 at the begin and end of functions. */
extern void (*hook_function)(uintptr_t site);
void hook_arm(void);
void hook_disarm(void);

#endif
