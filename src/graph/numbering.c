/* SPDX-License-Identifier: MIT */
#include "graph/numbering.h"

#include "graph/area.h"

enum { FIRST_PAGES = 256 };
static_assert((FIRST_PAGES & (FIRST_PAGES - 1)) == 0, "a hash chooses a slot by its lowest bits");

static void add_number(struct numbering *numbering, size_t index) {
    uint32_t *slot =
        (uint32_t *)probing_find_free(&numbering_slots, numbering->slot, numbering->slot_count,
                                      numbering_hash(numbering->page[index].base));
    *slot = (uint32_t)index + 1;
}

static bool grow_pages(struct numbering *numbering) {
    size_t room = size_max(2 * numbering->page_room, FIRST_PAGES);
    struct number_page *pages = (struct number_page *)area_new(room, sizeof *pages);
    uint32_t *slots = (uint32_t *)area_new(2 * room, sizeof *slots);
    if (pages == NULL || slots == NULL) {
        area_free(pages);
        area_free(slots);
        return false;
    }
    if (numbering->page_count > 0)
        memcpy(pages, numbering->page, numbering->page_count * sizeof *pages);
    numbering_close(numbering);
    numbering->page = pages;
    numbering->page_room = room;
    numbering->slot = slots;
    numbering->slot_count = 2 * room;
    for (size_t i = 0; i < numbering->page_count; i++) add_number(numbering, i);
    return true;
}

static struct number_page *add_page(struct numbering *numbering, uintptr_t base) {
    if (numbering->page_count == numbering->page_room && !grow_pages(numbering)) return NULL;
    struct number_page *page = &numbering->page[numbering->page_count];
    page->base = base;
    add_number(numbering, numbering->page_count++);
    return page;
}

bool numbering_add(struct numbering *numbering, uintptr_t address) {
    uintptr_t base = align_down(address, POOL_SIZE);
    struct number_page *page = NULL;
    /* A walk goes through an address's neighbours before and after it. */
    if (numbering->page_count > 0) page = &numbering->page[numbering->page_count - 1];
    if (page == NULL || page->base != base) page = numbering_find(numbering, base);
    if (page == NULL) page = add_page(numbering, base);
    if (page == NULL) return false;
    page->starts.word[ledger_set_word((void *)address)] |= ledger_set_bit((void *)address);
    numbering->count++;
    return true;
}

void numbering_finish(struct numbering *numbering) {
    uint32_t first = 0;
    for (size_t i = 0; i < numbering->page_count; i++) {
        struct number_page *page = &numbering->page[i];
        unsigned below = 0;
        page->first = first;
        for (unsigned w = 0; w < MARK_WORDS; w++) {
            page->below[w] = (uint16_t)below;
            below += bit_count(page->starts.word[w]);
        }
        first += below;
    }
}

void numbering_close(struct numbering *numbering) {
    area_free(numbering->page);
    area_free(numbering->slot);
}
