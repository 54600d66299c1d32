/* SPDX-License-Identifier: MIT */
/*
 * range.h - free ranges of pages: what arenas of runs have to give, from one page to whole chunks.
 *
 * A range is a row of free pages, as long as it can be: neighbours are always merged, across arenas
 * and chunks too. The records of its first and its last page hold its length, so that a neighbour
 * is found in one step. Ranges lie in bins by length, exact below 16 pages and 16 to a doubling
 * above; a word of bits tells which bins are not empty. Both finding and adding take constant time
 * at any number of ranges.
 *
 * Invariants, which range_check checks:
 *   R1 a page of an arena of runs is in a range if and only if its bit in arena->free is set
 *   R2 two ranges never touch each other
 *   R3 a range is in the bin of its length, in the touched set or the other
 *   R4 a range with a page that may have memory behind it in its first or last arena, or in the one
 *      inside that it knows of, is in the touched set; the reverse need not hold, as purging does
 *      not look for ranges
 *   R5 the arena inside that a range knows of is part of it as a whole
 *
 * All of this needs the space lock. Lengths are in pages of POOL_SIZE bytes.
 */
#ifndef POOLALLOC_RANGE_H
#define POOLALLOC_RANGE_H

#include "heap/window.h"

#ifdef __cplusplus
extern "C" {
#endif

struct range_request {
    size_t pages;
    size_t alignment; /* of the address in bytes, a power of two, at least POOL_SIZE */
    size_t within;    /* no multiple of this power of two lies inside the pages; 0: anywhere */
};

enum range_choice {
    RANGE_TOUCHED_FIRST, /* where memory is already */
    RANGE_TOUCHED_ONLY,
};

/* Adds free pages, whose bits in arena->free are set, and merges them with their neighbours.
   `touched`: some of them may have memory behind them. */
void range_add(uintptr_t base, size_t pages, bool touched);
/* Takes pages off a range and returns their address; 0: no range fits. The caller clears their bits
   in arena->free. */
uintptr_t range_take(const struct range_request *request, enum range_choice choice);
/* True if what range_take would take first has memory behind its first and its last page. */
bool range_has_room(const struct range_request *request);
/* Takes the first pages of the range that begins at `base`. */
void range_take_at(uintptr_t base, size_t pages);
/* Takes up to `most` pages of one arena, the first of the shortest range if that is below `limit`.
   Returns their number, 0 if there is no such range. */
size_t range_take_shortest(size_t limit, size_t most, uintptr_t *base);
/* Number of free pages from `base` on if a range begins there, else 0. */
size_t range_pages_at(uintptr_t base);
/* Offers the whole arenas inside each range to `leave`, which returns true if it has made them, or
   a part of them that it names in their place, something else than arenas of runs. True if any
   went. */
bool range_offer_arenas(bool (*leave)(uintptr_t *base, size_t *arenas));
/* Makes all ranges anew from the arenas' words, after a fork that left them in doubt. */
void range_rebuild(void);
/* Number of pages in all ranges. */
size_t range_pages(void);
/* Ends the process if an invariant does not hold. */
void range_check(void);

#ifdef __cplusplus
}
#endif

#endif
