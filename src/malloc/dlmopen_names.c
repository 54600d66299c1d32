/* SPDX-License-Identifier: MIT */
/* dlmopen, which glibc alone has; as dlopen (dlopen_names.c) where it opens in the same namespace.
 */
#include <dlfcn.h>

#include "malloc/dlopen_names.h"
#include "malloc/export.h"
#include "os/lock.h"

typedef void *open_in_function(Lmid_t space, const char *file, int flags);

/* Another namespace has a libc of its own, which may make threads, and is left as it asks to be. */
EXPORT void *dlmopen(Lmid_t space, const char *file, int flags) {
    static struct atomic_u64 known;
    open_in_function *next = (open_in_function *)dlopen_names_next(&known, "dlmopen");
    if (space != LM_ID_BASE) lock_expect_strangers();
    return next(space, file, space == LM_ID_BASE ? dlopen_names_allowed(file, flags) : flags);
}
