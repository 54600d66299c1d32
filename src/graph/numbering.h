/* SPDX-License-Identifier: MIT */
/*
 * numbering.h - a number for each object of a heap, 0, 1, ... in the order of poolobj_walk, found
 * by the object's address. Numbers follow from what the program did, not from where the system put
 * its memory.
 *
 * As in the ledger, an object is known by the granule of 16 bytes it starts in. A record for each
 * 4 KiB with objects has a bit for each granule: an object's number is that of the first in there,
 * plus the bits below its own. A million objects of 24 bytes need 6,000 records, which the cache
 * holds; a table with an entry per object would miss it at every reference.
 *
 * Objects are added in two walks: the first counts, numbering_finish gives out the numbers.
 */
#ifndef POOLALLOC_GRAPH_NUMBERING_H
#define POOLALLOC_GRAPH_NUMBERING_H

#include "object/ledger.h"

enum { NOBODY = UINT32_MAX }; /* the number of what is no object */

struct number_page {
    uintptr_t base;
    struct object_set starts;
    uint32_t first;             /* number of its first object */
    uint16_t below[MARK_WORDS]; /* bits in the words before each word */
};

struct numbering {
    struct number_page *page;
    size_t page_count, page_room;
    uint32_t *slot;    /* index of a page + 1, by a hash of its address; 0: empty */
    size_t slot_count; /* a power of two, at least 2 * page_room */
    size_t count;
};

#ifdef __cplusplus
extern "C" {
#endif

/* All 0 is an empty numbering. False: no memory. */
bool numbering_add(struct numbering *numbering, uintptr_t address);
void numbering_finish(struct numbering *numbering);
void numbering_close(struct numbering *numbering);

static inline size_t numbering_home(const struct numbering *numbering, uintptr_t base) {
    uint64_t hash = (base >> POOL_SHIFT) * UINT64_C(0x9e3779b97f4a7c15);
    return hash >> 32 & (numbering->slot_count - 1);
}

/* The number of the object that starts in an address's granule; NOBODY: none does. */
static inline uint32_t numbering_of(const struct numbering *numbering, uintptr_t address) {
    uintptr_t base = align_down(address, POOL_SIZE);
    if (numbering->slot_count == 0) return NOBODY;
    for (size_t i = numbering_home(numbering, base); numbering->slot[i] != 0;
         i = (i + 1) & (numbering->slot_count - 1)) {
        const struct number_page *page = &numbering->page[numbering->slot[i] - 1];
        if (page->base != base) continue;
        unsigned word = ledger_set_word((void *)address);
        uint64_t bit = ledger_set_bit((void *)address), bits = page->starts.word[word];
        if (!(bits & bit)) return NOBODY;
        return page->first + page->below[word] + bit_count(bits & (bit - 1));
    }
    return NOBODY;
}

#ifdef __cplusplus
}
#endif

#endif
