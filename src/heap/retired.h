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
#include "heap/geometry.h"

enum { RETIRED_MOST = 512 };
#define RETIRED_BYTES ((size_t)1 << 30)

#ifdef __cplusplus
extern "C" {
#endif

/* True if so many bytes would stay; then some that were there have gone. */
bool retired_make_room(size_t size);
/* `size` bytes at the address are inaccessible, with a guard of the other size on either side;
   there is room for all of it. */
void retired_add(uintptr_t address, size_t size, size_t guard);
/* Address space that they take. */
size_t retired_bytes(void);
/* BLOCK_FOREIGN: the address is in none of them. */
enum block_fault retired_fault_at(uintptr_t address);
/* All go. */
void retired_release(void);
/* After a fork that may have come in the middle: their bytes are counted anew, as the space's are.
 */
void retired_rebuild(void);

#ifdef __cplusplus
}
#endif

#endif
