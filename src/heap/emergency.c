/* SPDX-License-Identifier: MIT */
#include "heap/emergency.h"

#include "base/atomic.h"
#include "base/check.h"
#include "heap/geometry.h"
#include "os/os.h"

enum {
    UNIT = 64,
    WORD_UNITS = 64, /* a block lies in one word's units, which are a pool's length */
    WORDS = 1024,
    LARGE_BLOCKS = 64,
    FREED = 1, /* bit 0 of a unit's size, which is a multiple of UNIT: was a block's start */
};

/* A block with a mapping of its own. The place is free while `size` is 0; CLAIMED while it is
   filled or emptied. */
struct large {
    struct atomic_u64 address;
    struct atomic_u64 size;
};
static const uint64_t CLAIMED = 1;

struct emergency {
    struct atomic_u64 used[WORDS];
    struct atomic_u32 sizes[WORDS * WORD_UNITS];
    struct large large[LARGE_BLOCKS];
    __attribute__((aligned(WORD_UNITS * UNIT))) char units[WORDS * WORD_UNITS * UNIT];
};

struct atomic_u64 emergency_mapping;
static_assert(WORD_UNITS * UNIT == POOL_SIZE && FREED < UNIT, "a word is a pool; a size has a bit");
static_assert(sizeof(struct emergency) == EMERGENCY_SIZE, "readers of other processes know it");

static struct emergency *known(void) {
    return (struct emergency *)atomic_u64_load_acquire(
        &emergency_mapping); /* partner: the replace in get */
}

static struct emergency *get(void) {
    struct emergency *here = known();
    if (here != NULL) return here;
    size_t size = align_up(sizeof *here, os_page_size());
    here = (struct emergency *)os_map_fenced_at(NULL, 0, size, size_max(os_page_size(), POOL_SIZE));
    uint64_t before = 0;
    if (here == NULL) return known();
    if (atomic_u64_replace(&emergency_mapping, &before, (uintptr_t)here)) return here;
    os_unmap_fenced(here, size);
    return (struct emergency *)before;
}

/* ---- Units ---- */

/* The lowest run of `count` zeros of a word that begins at a multiple of `step`; 0: none. */
static uint64_t find_run(uint64_t used, unsigned count, unsigned step) {
    for (unsigned first = 0; first + count <= WORD_UNITS; first += step)
        if ((used & bit_range(first, count)) == 0) return bit_range(first, count);
    return 0;
}

/* The bits claimed in a word, 0 if it has no such run. */
static uint64_t claim(struct atomic_u64 *word, unsigned count, unsigned step) {
    ASSERT(count >= 1 && count <= WORD_UNITS && is_power_of_two(step));
    uint64_t used = atomic_u64_load(word), run;
    do {
        run = find_run(used, count, step);
        if (run == 0) return 0;
    } while (!atomic_u64_replace(word, &used, used | run)); /* partner: free_units' */
    return run;
}

static void *take_units(struct emergency *here, unsigned count, unsigned step) {
    for (unsigned w = 0; w < WORDS; w++) {
        uint64_t run = claim(&here->used[w], count, step);
        if (run == 0) continue;
        size_t unit = (size_t)w * WORD_UNITS + bit_lowest(run);
        memset(here->units + unit * UNIT, 0, (size_t)count * UNIT);
        for (unsigned i = 1; i < count; i++) atomic_u32_store(&here->sizes[unit + i], 0);
        atomic_u32_store_release(&here->sizes[unit], count * UNIT); /* partner: emergency_find */
        return here->units + unit * UNIT;
    }
    return NULL;
}

/* The size is taken away first, so that the run is given back once. */
static bool free_units(struct emergency *here, size_t unit) {
    ASSERT(unit < WORDS * WORD_UNITS);
    uint32_t size = atomic_u32_load(&here->sizes[unit]);
    if (size == 0 || (size & FREED)) return false;
    if (!atomic_u32_replace(&here->sizes[unit], &size, size | FREED)) return false;
    struct atomic_u64 *word = &here->used[unit / WORD_UNITS];
    uint64_t run = bit_range(unit % WORD_UNITS, size / UNIT), used = atomic_u64_load(word);
    while (!atomic_u64_replace(word, &used, used & ~run)) continue; /* partner: claim's */
    return true;
}

/* ---- Large blocks ---- */

static void *take_emergency_large(struct emergency *here, size_t size, size_t alignment) {
    if (size > PTRDIFF_MAX - os_page_size()) return NULL;
    size = align_up(size_max(size, 1), os_page_size());
    for (unsigned i = 0; i < LARGE_BLOCKS; i++) {
        struct large *large = &here->large[i];
        uint64_t open = 0;
        if (!atomic_u64_replace(&large->size, &open, CLAIMED)) continue;
        void *block = os_map_aligned(size, size_max(alignment, os_page_size()));
        atomic_u64_store(&large->address, (uintptr_t)block);
        atomic_u64_store_release(&large->size, block != NULL ? size : 0); /* partner: find_large */
        return block;
    }
    return NULL;
}

static struct large *find_large(struct emergency *here, uintptr_t address) {
    for (unsigned i = 0; i < LARGE_BLOCKS; i++) {
        uint64_t size = atomic_u64_load_acquire(&here->large[i].size);
        if (size > CLAIMED && address - atomic_u64_load(&here->large[i].address) < size)
            return &here->large[i];
    }
    return NULL;
}

static bool free_large(struct large *large) {
    uint64_t size = atomic_u64_load(&large->size);
    if (size <= CLAIMED || !atomic_u64_replace(&large->size, &size, CLAIMED)) return false;
    os_unmap((void *)atomic_u64_load(&large->address), size);
    atomic_u64_store_release(&large->size, 0);
    return true;
}

/* ---- All ---- */

void *emergency_allocate(size_t size, size_t alignment) {
    ASSERT(is_power_of_two(alignment));
    struct emergency *here = get();
    if (here == NULL) return NULL;
    if (size > WORD_UNITS * UNIT || alignment > WORD_UNITS * UNIT)
        return take_emergency_large(here, size, alignment);
    unsigned count = (unsigned)((size_max(size, 1) + UNIT - 1) / UNIT);
    return take_units(here, count, (unsigned)size_max(alignment / UNIT, 1));
}

static bool is_unit(const struct emergency *here, uintptr_t address) {
    return address - (uintptr_t)here->units < sizeof here->units;
}

enum block_fault emergency_find(uintptr_t address, size_t *usable) {
    struct emergency *here = known();
    if (here == NULL) return BLOCK_FOREIGN;
    if (is_unit(here, address)) {
        uint32_t size =
            atomic_u32_load_acquire(&here->sizes[(address - (uintptr_t)here->units) / UNIT]);
        *usable = size;
        if (address % ALIGN != 0) return BLOCK_MISALIGNED;
        if (address % UNIT != 0 || size == 0) return BLOCK_INTERIOR;
        return size & FREED ? BLOCK_FREED : BLOCK_LIVE;
    }
    struct large *large = find_large(here, address);
    if (large == NULL) return BLOCK_FOREIGN;
    *usable = atomic_u64_load(&large->size);
    if (address == atomic_u64_load(&large->address)) return BLOCK_LIVE;
    return address % ALIGN == 0 ? BLOCK_INTERIOR : BLOCK_MISALIGNED;
}

bool emergency_free(uintptr_t address) {
    struct emergency *here = known();
    if (here == NULL) return false;
    if (is_unit(here, address)) return free_units(here, (address - (uintptr_t)here->units) / UNIT);
    struct large *large = find_large(here, address);
    return large != NULL && free_large(large);
}

void emergency_count(size_t *blocks, size_t *bytes) {
    struct emergency *here = known();
    *blocks = *bytes = 0;
    if (here == NULL) return;
    for (size_t unit = 0; unit < WORDS * WORD_UNITS; unit++) {
        if (!(atomic_u64_load(&here->used[unit / WORD_UNITS]) >> unit % WORD_UNITS & 1)) continue;
        uint32_t size = atomic_u32_load(&here->sizes[unit]);
        if (size == 0 || (size & FREED)) continue;
        *blocks += 1;
        *bytes += size;
    }
    for (unsigned i = 0; i < LARGE_BLOCKS; i++) {
        uint64_t size = atomic_u64_load(&here->large[i].size);
        if (size <= CLAIMED) continue;
        *blocks += 1;
        *bytes += size;
    }
}
