/* SPDX-License-Identifier: MIT */
/*
 * dlopen without RTLD_DEEPBIND. A library that is bound deeply takes malloc from libc while the
 * program's free is ours, or the other way round, and crashes: PHP loads itself so. glibc's own
 * malloc has no such trouble, as it is the libc; a preloaded one must clear the flag
 * (POOLALLOC_OPTIONS=deepbind=keep leaves it).
 *
 * The real dlopen looks at its caller's address to find the caller's RUNPATH: it must be a tail
 * call, which a test checks.
 */
#include <dlfcn.h>

#include "base/atomic.h"
#include "malloc/export.h"
#include "os/options.h"

typedef void *open_function(const char *file, int flags);
typedef void *open_in_function(Lmid_t space, const char *file, int flags);

__attribute__((visibility("hidden"))) void *next_definition(const char *name);
void *next_definition(const char *name) { return dlsym(RTLD_NEXT, name); }

/* Looked up at the first use: dlsym is not safe on malloc's way up, but dlopen's is long after. */
static void *look_up(struct atomic_u64 *known, const char *name) {
    void *function = (void *)atomic_u64_load(known);
    if (function == NULL) {
        function = next_definition(name);
        atomic_u64_store(known, (uintptr_t)function);
    }
    return function;
}

static int allowed(int flags) { return options.deepbind_keep ? flags : flags & ~RTLD_DEEPBIND; }

EXPORT void *dlopen(const char *file, int flags) {
    static struct atomic_u64 known;
    open_function *next = (open_function *)look_up(&known, "dlopen");
    return next(file, allowed(flags));
}

/* Another namespace has a libc of its own, and is left as it asks to be. */
EXPORT void *dlmopen(Lmid_t space, const char *file, int flags) {
    static struct atomic_u64 known;
    open_in_function *next = (open_in_function *)look_up(&known, "dlmopen");
    return next(space, file, space == LM_ID_BASE ? allowed(flags) : flags);
}
