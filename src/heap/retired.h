/* SPDX-License-Identifier: MIT */
/*
 * retired.h - the addresses of freed mappings, which stay inaccessible for a while: with
 * guard_pages=on, what is read or written there faults rather than meet another block. They have no
 * memory. The oldest go first, when there are too many or they take too much address space.
 *
 * All of it is under the space lock.
 */
#ifndef POOLALLOC_RETIRED_H
#define POOLALLOC_RETIRED_H

#include "heap/fault.h"
#include "heap/window.h"

enum { RETIRED_MOST = 512 };
#define RETIRED_BYTES ((size_t)1 << 30)

#ifdef __cplusplus
extern "C" {
#endif

/* Makes room for a mapping of so many bytes, for which the oldest go. False, and nothing done: it
   is too long. */
bool retired_make_room(size_t size);
/* The pages of a guarded block are inaccessible; there is room for them and for its guards. */
void retired_add(const struct large *gone);
/* Address space that the freed mappings take. */
size_t retired_bytes(void);
/* BLOCK_FOREIGN: the address is in none of them. */
enum block_fault retired_fault_at(uintptr_t address);
/* What is known of the block that was at the address, or beside it: its place, size, end and
   caller. False: none was. */
bool retired_find(uintptr_t address, struct large *gone);
/* Unmaps all the freed mappings. */
void retired_release(void);
/* Counts the bytes of these mappings anew, after a fork that may have come in the middle. */
void retired_rebuild(void);

#ifdef __cplusplus
}
#endif

#endif
