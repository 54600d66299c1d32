/* SPDX-License-Identifier: MIT */
/*
 * geometry.h - the sizes that everything else follows from. Given by the build:
 *   POOLALLOC_ALIGN       the one difference between libpoolalloc (16) and libpoolalloc8 (8)
 *   POOLALLOC_LIVE_BITS   1; 0 in what `make bench-checks` builds to show what live bits cost: it
 *                         finds no wrong free, and its counts and checks of itself mean nothing
 */
#ifndef POOLALLOC_GEOMETRY_H
#define POOLALLOC_GEOMETRY_H

#include "base/base.h"

enum {
    ALIGN_SHIFT = POOLALLOC_ALIGN == 16 ? 4 : 3,
    ALIGN = 1 << ALIGN_SHIFT, /* of every block; also the step of the small size classes */

    POOL_SHIFT = 12,
    POOL_SIZE = 1 << POOL_SHIFT, /* 4 KiB: the unit of tags, also where OS pages are larger */
    ARENA_SHIFT = 18,
    ARENA_SIZE = 1 << ARENA_SHIFT, /* 256 KiB */
    ARENA_POOLS = ARENA_SIZE / POOL_SIZE,

    SMALL_MAX = 512, /* larger requests are not served from single pools */
    RUN_MIN =
        16 * 1024, /* strides from here on are whole pages, and each block is a run of its own */
    SPAN_MAX = 64 * 1024, /* larger requests are not served from size classes */

    /* One live bit stands for ALIGN bytes, so one word of them for this many: */
    WORD_SHIFT = ALIGN_SHIFT + 6,
    WORD_SPAN = 1 << WORD_SHIFT,
    POOL_WORDS = POOL_SIZE / WORD_SPAN, /* 4, or 8 with 8-byte alignment */

    /* A window is the address range of one set of metadata arrays. 2^16 words of live bits, because
       the processor extracts a 16-bit index in one instruction. */
    WINDOW_SHIFT = WORD_SHIFT + 16,
    WINDOW_POOLS = 1 << (WINDOW_SHIFT - POOL_SHIFT),
    WINDOW_WORDS = 1 << 16,
    WINDOW_ARENAS = 1 << (WINDOW_SHIFT - ARENA_SHIFT),
    /* Windows are found by another 16-bit index: 4 TiB of address space (2 with 8-byte
       alignment), beyond which two addresses share a slot: see window.h. */
    WINDOW_SLOTS = 1 << 16,

    CHUNK_MIN_ARENAS = 16, /* 4 MiB of address space are taken at first, and at least, at a time */
};

static_assert(POOLALLOC_ALIGN == 16 || POOLALLOC_ALIGN == 8, "two alignments are supported");
static_assert(ARENA_POOLS == 64, "an arena's free pools fit one machine word");
static_assert(SMALL_MAX % ALIGN == 0 && SMALL_MAX < POOL_SIZE, "a pool has several small blocks");
static_assert(RUN_MIN % POOL_SIZE == 0 && SPAN_MAX < ARENA_SIZE, "a run lies in an arena");
static_assert((uint64_t)WINDOW_SLOTS << WINDOW_SHIFT == (uint64_t)ALIGN << 38,
              "4 TiB of address space have a slot each, or 2");
static_assert(CHUNK_MIN_ARENAS * ARENA_SIZE == 4 * MIB, "the least that is mapped");

#endif
