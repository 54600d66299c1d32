/* SPDX-License-Identifier: MIT */
/*
 * direct.h - blocks with a mapping of their own: very large ones, ones that grew by realloc, and
 * with the option large=direct every one above 512 bytes, between guard pages.
 *
 * With guard_pages=on all large blocks lie between guard pages, and the addresses of a freed one
 * stay inaccessible for a while (retired.h).
 *
 * Any other mapping that is freed becomes arenas, whose pages serve requests of any size, as far as
 * the purger allows so much idle memory; else it is unmapped.
 */
#ifndef POOLALLOC_DIRECT_H
#define POOLALLOC_DIRECT_H

#include "heap/fault.h"
#include "heap/guard.h"
#include "heap/window.h"
#include "os/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All live ones, by large.link; under the space lock. */
extern struct link direct_live;

/* A block of `size` bytes at a multiple of `alignment`, all zero; NULL: no memory. */
void *direct_allocate(size_t size, size_t alignment);
/* A block of `size` bytes that has grown, and may go on: with an eighth more, or between guard
   pages with as much address space behind it, so that it can double where it is. */
void *direct_allocate_to_grow(size_t size);
/* The bytes of address space that live blocks have to grow into. With the space lock. */
size_t direct_room_bytes(void);
/* Gives that address space up, where the kernel allows it. With the space lock. */
void direct_release_room(void);
/* True if mappings lie between guard pages, unless they are aligned to more than a page. */
static inline bool direct_has_guards(void) {
    return unlikely((options.large_direct | options.guard_pages) != 0);
}
/* True while guard_pages=on may give blocks mappings of their own: the system allows a process a
   number of mappings, and these take two each. */
enum { DIRECT_GUARDED_MOST = 16384 };
bool direct_may_guard(void);
/* False, and nothing done: another thread freed it at the same time. If the space lock is out of
   reach, the block stays, and the result is true. */
bool direct_free(struct large *direct);
/* The block with `size` bytes where it is, or its memory moved elsewhere; NULL: neither works. One
   between guard pages does not move, nor shrink. */
void *direct_resize(struct large *direct, size_t size);
/* What is wrong with an address in no arena. */
enum block_fault direct_fault_at(uintptr_t address);
/* True if the address is inaccessible as the guard page of a block, or as the place of one that was
   freed. */
bool direct_refuses(uintptr_t address);
/* Tells what is known of the block that makes direct_refuses true; its class is not (stride 0).
   False: there is none. */
bool direct_tell(uintptr_t address, struct guard_story *story);
/* Makes the lists and figures anew from the records, after a fork that left them in doubt and after
   space_rebuild. With the space lock. */
void direct_rebuild(void);

#ifdef __cplusplus
}
#endif

#endif
