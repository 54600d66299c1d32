/* SPDX-License-Identifier: MIT */
#include "object/ledger.h"

#include "base/check.h"
#include "heap/space_lock.h"
#include "heap/window.h"
#include "os/os.h"

static_assert(sizeof(struct marks) == CACHE_LINE, "a visit touches one line of marks");
static_assert(sizeof(struct type_pool) == 2 * CACHE_LINE &&
                  offsetof(struct type_pool, partial) < 64,
              "the death of an object touches one line of records");

struct atomic_u64 ledger_table[LEDGER_SLOTS];

static struct {
    struct atomic_u64 ranges[LEDGER_SLOTS]; /* by slot: where its range begins; 0: it has none */
    size_t bytes;                           /* under the space lock */
} ledger_state;

size_t ledger_bytes(void) {
    ASSERT(space_lock_is_held());
    return ledger_state.bytes;
}

static uint16_t ledger_slot(uintptr_t address) { return (uint16_t)(address >> LEDGER_SHIFT); }
static uintptr_t ledger_range(uintptr_t address) {
    return align_down(address, (size_t)1 << LEDGER_SHIFT);
}

bool ledger_covers(uintptr_t address) {
    uintptr_t range = ledger_range(address);
    return range != 0 &&
           atomic_u64_load_acquire(&ledger_state.ranges[ledger_slot(address)]) == range;
}

/* ---- What goes back with an arena ---- */

/* Only whole OS pages can go back: a part that is smaller than these stays. */
static void purge(void *part, size_t size) {
    if (size % os_page_size() == 0) os_purge(part, size);
}

static void purge_arena(uintptr_t arena) {
    ASSERT(arena % ARENA_SIZE == 0);
    if (!ledger_covers(arena) || ledger_is_of_null(arena)) return;
    struct ledger *ledger = ledger_of(arena);
    uint64_t index = ledger_index(arena), bit = (uint64_t)1 << index / ARENA_POOLS % 64;
    uint64_t *used = &ledger->used[index / ARENA_POOLS / 64];
    if (!(*used & bit)) return;
    *used &= ~bit;
    purge(ledger->count[index], ARENA_POOLS * sizeof ledger->count[0]);
    purge(&ledger->marks[index], ARENA_POOLS * sizeof ledger->marks[0]);
    purge(&ledger->ages[index], ARENA_POOLS * sizeof ledger->ages[0]);
    purge(&ledger->round[index], ARENA_POOLS * sizeof ledger->round[0]);
    purge(ledger->hint[index], ARENA_POOLS * sizeof ledger->hint[0]);
    purge(&ledger->pool[index], ARENA_POOLS * sizeof ledger->pool[0]);
}

/* ---- Making ---- */

static bool make_ledger(uint16_t slot) {
    ASSERT(space_lock_is_held());
    if (atomic_u64_load(&ledger_table[slot]) != 0) return true;
    size_t size = align_up(sizeof(struct ledger), os_page_size());
    struct ledger *ledger = (struct ledger *)os_map_fenced(size);
    if (ledger == NULL) return false;
    ledger_state.bytes += size + 2 * OS_FENCE;
    if (slot == 0) ledger->count[0][0] = 1;
    /* Release: who finds the ledger finds it zeroed. Partner: ledger_of's users, by way of ranges.
     */
    atomic_u64_store_release(&ledger_table[slot], (uintptr_t)ledger);
    return true;
}

bool ledger_reserve(uintptr_t address) {
    ASSERT(space_lock_is_held());
    uint16_t slot = ledger_slot(address);
    if (!make_ledger(0) || !make_ledger(slot)) return false;
    /* Release: who finds the range finds the ledger, too. Partner: ledger_covers. */
    if (atomic_u64_load(&ledger_state.ranges[slot]) == 0)
        atomic_u64_store_release(&ledger_state.ranges[slot], ledger_range(address));
    if (!ledger_covers(address)) return false;
    uint64_t arena = ledger_index(address) / ARENA_POOLS;
    ledger_of(address)->used[arena / 64] |= (uint64_t)1 << arena % 64;
    window_purge_hook = purge_arena;
    return true;
}
