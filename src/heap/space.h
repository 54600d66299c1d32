/* SPDX-License-Identifier: MIT */
/*
 * space.h - address space: chunks mapped from the system, and runs of pages in them.
 *
 * A run is a row of pages that is taken and given back as a whole, from one page to many arenas; it
 * begins at any page and may reach over the ends of arenas. The pages that are free lie in ranges
 * (range.h), those with memory behind them are taken first.
 *
 * All of this needs the space lock, but for space_split_huge, which takes it, and space_limit.
 * Sizes are multiples of POOL_SIZE.
 */
#ifndef POOLALLOC_SPACE_H
#define POOLALLOC_SPACE_H

#include "heap/range.h"
#include "heap/space_lock.h"
#include "heap/window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Address space for blocks. */
struct space_request {
    size_t size, alignment;
    size_t covered; /* bytes from the start that windows are needed for */
    bool guarded;   /* between inaccessible OS pages, which are not part of `size` */
};
/* Maps address space at `hint` if possible, where it and its windows can be; 0: no memory. */
uintptr_t space_map(const struct space_request *request, uintptr_t hint);

/* Takes a run; 0: no memory. Its pages keep their bits in `touched`, which tell what may hold old
   contents, until space_touch. Whole OS pages are taken, whatever is asked for. */
uintptr_t space_take(const struct range_request *request);
/* Takes a run of free pages with memory behind them; 0: no range of such pages is long enough. */
uintptr_t space_take_touched(const struct range_request *request);
/* Takes up to `most` pages of one arena from the shortest range, if that is shorter than an arena;
   returns their number, or 0. Not where OS pages are larger than pools. */
size_t space_take_short(size_t most, uintptr_t *base);
/* Takes the pages right behind a run; false if they are not free. */
bool space_extend(uintptr_t end, size_t size);
/* The pages of [base, end) that lie in the arena of `base`. */
uint64_t space_pages(uintptr_t base, uintptr_t end);
/* The pages may be written from now on. Returns how many may hold old contents. */
size_t space_touch(uintptr_t base, size_t size);
/* With guard_pages=on, arenas that were never used are inaccessible until they are. Makes those so
   that are there already. */
void space_close(void);
/* Random bits that another process can't guess, for random_addresses=on. With the lock. */
uint64_t space_roll(void);
/* Gives back a run or some whole pages of one. */
void space_return(uintptr_t base, size_t size);
/* Takes a whole arena of free pages, which becomes one of pools; NULL: no memory. */
struct arena *space_take_arena(void);
/* An arena of pools, all of them free, becomes one of runs. */
void space_return_arena(struct arena *arena);
/* Makes free arenas of a mapping that is no longer a block's. Its pages may be touched. False, and
   nothing done: there is no memory for the windows. */
bool space_adopt(uintptr_t base, size_t arenas);
/* A huge page that holds `base`, in pages that are not free, becomes small ones, before a part of
   it is purged by the owner of the pages. Takes the lock. */
void space_split_huge(uintptr_t base);
/* Unmaps free arenas, for when the system has no more to give; true if anything went. */
bool space_unmap_free(void);
/* Unmaps free arenas without memory, if more address space is free than is usual for a process of
   this size. */
void space_unmap_excess(void);
/* Names all arenas and windows that are there (options.map_names). */
void space_name(void);
/* The most address space that blocks may take in all, SIZE_MAX for no limit. It is set while the
   process starts and has one thread, and may be read without the lock. */
void space_set_limit(size_t bytes);
size_t space_limit(void);
/* True if so many more bytes would still be within the limit. With the lock. */
bool space_allows(size_t more);
/* False if the system would not map `size` bytes even after it got `held` bytes back, or the limit
   is in the way. With the lock. */
bool space_could_map(size_t size, size_t held);
/* Makes the lists anew from the arenas' words, after a fork that left them in doubt. A run whose
   taker is gone stays taken. */
void space_rebuild(void);
/* Ends the process if ranges, figures and the arenas' words do not agree. */
void space_check(void);

/* Bytes of address space mapped for blocks; a direct mapping is counted through space_count. */
struct space_figures {
    size_t mapped, mapped_peak;
    size_t direct_blocks, direct_bytes; /* live ones */
    size_t direct_blocks_peak, direct_bytes_peak;
    size_t chunks;
};
extern struct space_figures space_figures;
void space_count(size_t bytes_more, size_t bytes_less);

/* Pages of POOL_SIZE bytes to an OS page. */
size_t space_page_step(void);

#ifdef __cplusplus
}
#endif

#endif
