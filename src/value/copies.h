/* SPDX-License-Identifier: MIT */
/* copies.h - what was copied: originals and their copies, by address. */
#ifndef POOLALLOC_VALUE_COPIES_H
#define POOLALLOC_VALUE_COPIES_H

#include "value/value.h"

struct copy_slot {
    const poolobj *original; /* NULL: empty */
    poolobj *copy;           /* a reference */
};
struct copies {
    struct copy_slot *slot;
    size_t size, used; /* a power of two or 0; at most half are used */
    bool holds;        /* the originals too, which hooks may drop */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Borrowed; NULL: not copied yet. */
poolobj *copies_get(const struct copies *copies, const poolobj *original);
/* Takes a reference to the copy, each original once. False: the failure is noted. */
bool copies_add(poolval_space *space, struct copies *copies, const poolobj *original,
                poolobj *copy);
/* Drops all; copies of what failed are emptied before, as they may hold each other. */
void copies_end(poolval_space *space, struct copies *copies, bool failed);

#ifdef __cplusplus
}
#endif

#endif
