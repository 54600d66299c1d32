/* SPDX-License-Identifier: MIT */
/*
 * numbering.h - a number for each object of a heap, 0, 1, ... in the order of poolobj_walk, found
 * by the object's address. Numbers follow from what the program did, not from where the system put
 * its memory.
 *
 * An object is known by the granule of 16 bytes it starts in, as in the ledger. A record for each
 * 4 KiB with objects has a bit for each granule: an object's number is that of the first in there,
 * plus the bits below its own. A million objects of 24 bytes need 6,000 records, which the cache
 * holds; a table with an entry per object would miss it at every reference.
 *
 * A walk adds all objects; then numbering_finish gives out the numbers.
 */
#ifndef POOLALLOC_GRAPH_NUMBERING_H
#define POOLALLOC_GRAPH_NUMBERING_H

#include "base/probing.h"
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

static inline bool numbering_slot_is_free(const void *slot) { return *(const uint32_t *)slot == 0; }
static inline uint64_t numbering_hash(uintptr_t base) {
    return probing_hash_address(base, POOL_SHIFT);
}
struct numbering_key {
    const struct numbering *numbering;
    uintptr_t base;
};
static inline bool numbering_slot_has(const void *slot, const void *wanted) {
    const struct numbering_key *key = (const struct numbering_key *)wanted;
    return key->numbering->page[*(const uint32_t *)slot - 1].base == key->base;
}
/* Slots are neither copied nor freed one by one, so nobody asks for the hash of one. */
static const struct probing numbering_slots = {sizeof(uint32_t), numbering_slot_is_free, NULL,
                                               numbering_slot_has};

/* The record of 4 KiB; NULL: no object starts in there. */
static inline struct number_page *numbering_find(const struct numbering *numbering,
                                                 uintptr_t base) {
    if (numbering->slot_count == 0) return NULL;
    struct numbering_key key = {numbering, base};
    uint32_t page = *(uint32_t *)probing_find(&numbering_slots, numbering->slot,
                                              numbering->slot_count, numbering_hash(base), &key);
    return page != 0 ? &numbering->page[page - 1] : NULL;
}

/* The number of the object that starts in an address's granule; NOBODY: none does. */
static inline uint32_t numbering_of(const struct numbering *numbering, uintptr_t address) {
    const struct number_page *page = numbering_find(numbering, align_down(address, POOL_SIZE));
    if (page == NULL) return NOBODY;
    unsigned word = ledger_set_word((void *)address);
    uint64_t bit = ledger_set_bit((void *)address), bits = page->starts.word[word];
    if (!(bits & bit)) return NOBODY;
    return page->first + page->below[word] + bit_count(bits & (bit - 1));
}

#ifdef __cplusplus
}
#endif

#endif
