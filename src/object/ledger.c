/* SPDX-License-Identifier: MIT */
#include "object/ledger.h"

#include "os/os.h"

static_assert(sizeof(struct marks) == CACHE_LINE, "a visit touches one line of marks");
static_assert(sizeof(struct type_pool) == 2 * CACHE_LINE &&
                  offsetof(struct type_pool, partial) < 64,
              "the death of an object touches one line of records");

struct atomic_u64 ledger_table[LEDGER_SLOTS];

/* First address of each slot's range; under the space lock. */
static uintptr_t ranges[LEDGER_SLOTS];

static bool reserve(uintptr_t slot, uintptr_t range) {
    if (atomic_u64_load(&ledger_table[slot]) != 0) return ranges[slot] == range;
    struct ledger *ledger = (struct ledger *)os_map(align_up(sizeof *ledger, os_page_size()));
    if (ledger == NULL) return false;
    if (slot == 0) ledger->count[0][0] = 1;
    ranges[slot] = range;
    /* Release: who finds the ledger finds it zeroed, and its range. Partner: ledger_covers. */
    atomic_u64_store_release(&ledger_table[slot], (uintptr_t)ledger);
    return true;
}

bool ledger_covers(uintptr_t address) {
    uint16_t slot = (uint16_t)(address >> LEDGER_SHIFT);
    return slot != 0 && atomic_u64_load_acquire(&ledger_table[slot]) != 0 &&
           ranges[slot] == align_down(address, (size_t)1 << LEDGER_SHIFT);
}

bool ledger_reserve(uintptr_t address) {
    uintptr_t range = align_down(address, (size_t)1 << LEDGER_SHIFT);
    return reserve(0, 0) && reserve((uint16_t)(address >> LEDGER_SHIFT), range);
}
