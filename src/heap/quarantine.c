/* SPDX-License-Identifier: MIT */
#include "heap/quarantine.h"

#include "os/options.h"
#include "os/os.h"

static size_t places_of(const struct quarantine *quarantine) {
    return atomic_u64_load(&quarantine->places);
}

static size_t ring_bytes(size_t places) {
    return align_up(places * sizeof(struct round), os_page_size());
}

size_t quarantine_ring_bytes(const struct quarantine *quarantine) {
    return ring_bytes(places_of(quarantine));
}

/* The child of a fork may come at any moment: it has the ring only once there is one. */
static bool begin(struct quarantine *quarantine) {
    size_t places = size_max(options.quarantine / QUARANTINE_BLOCK, 2);
    ASSERT(quarantine->count == 0);
    struct round *ring = (struct round *)os_map(ring_bytes(places));
    if (ring == NULL) return false;
    atomic_u64_store(&quarantine->places, places);
    atomic_in_sequence();
    quarantine->ring = ring;
    return true;
}

static size_t place(const struct quarantine *quarantine, size_t i) {
    size_t at = quarantine->first + i, places = places_of(quarantine);
    ASSERT(quarantine->first < places && i <= places);
    return at < places ? at : at - places;
}

bool quarantine_add(struct quarantine *quarantine, struct round block) {
    if (quarantine->ring == NULL && !begin(quarantine)) return false;
    ASSERT(block.block != 0 && quarantine->count < places_of(quarantine));
    quarantine->ring[place(quarantine, quarantine->count++)] = block;
    atomic_u64_store(&quarantine->bytes,
                     atomic_u64_load(&quarantine->bytes) + magazine_stride(block));
    return true;
}

/* A block that has waited is far from the processor by now, as is what is known of it. Two lines of
   it are asked for: behind them the processor itself goes on. */
static void prefetch_later(const struct quarantine *quarantine) {
    enum { AHEAD = 8 };
    size_t i = size_min(AHEAD, quarantine->count - 1);
    const struct round *later = &quarantine->ring[place(quarantine, i)];
    __builtin_prefetch((const void *)later->block);
    __builtin_prefetch((const void *)(later->block + CACHE_LINE));
    __builtin_prefetch(later->word, 1);
}

/* Who looks for references to live blocks (poolalloc leaks) must not find what was once here. */
struct round quarantine_take(struct quarantine *quarantine) {
    ASSERT(quarantine->count > 0);
    prefetch_later(quarantine);
    struct round *oldest = &quarantine->ring[quarantine->first], block = *oldest;
    *oldest = (struct round){0, NULL};
    quarantine->first = place(quarantine, 1);
    quarantine->count--;
    atomic_u64_store(&quarantine->bytes,
                     atomic_u64_load(&quarantine->bytes) - magazine_stride(block));
    return block;
}

struct round quarantine_look(const struct quarantine *quarantine, size_t i) {
    ASSERT(i < quarantine->count);
    return quarantine->ring[place(quarantine, i)];
}

void quarantine_end(struct quarantine *quarantine) {
    struct round *ring = quarantine->ring;
    size_t places = places_of(quarantine);
    quarantine->ring = NULL;
    quarantine->first = quarantine->count = 0;
    atomic_u64_store(&quarantine->bytes, 0);
    atomic_u64_store(&quarantine->places, 0);
    atomic_in_sequence();
    if (ring != NULL) os_unmap(ring, ring_bytes(places));
}
