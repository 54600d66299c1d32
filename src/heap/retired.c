/* SPDX-License-Identifier: MIT */
#include "heap/retired.h"

#include "base/check.h"
#include "heap/space.h"
#include "heap/space_lock.h"
#include "os/os.h"

/* An entry has its address exactly while it counts: a fork may come at any moment, and what it cuts
   short is lost, as address space without memory. */
struct entry {
    uintptr_t address; /* of the block; 0: none */
    size_t size;
    uintptr_t end;    /* as in struct large */
    uintptr_t caller; /* as there */
};

static struct {
    struct entry ring[RETIRED_MOST];
    unsigned next; /* where the oldest is, and the next comes */
    size_t bytes;
} retired;

static size_t whole_size(const struct entry *entry) { return entry->size + 2 * os_page_size(); }

static uintptr_t whole_start(const struct entry *entry) { return entry->address - os_page_size(); }

/* What the kernel does not unmap is lost, too. */
static void drop(struct entry *entry) {
    ASSERT(space_lock_is_held());
    struct entry gone = *entry;
    if (gone.address == 0) return;
    entry->address = 0;
    atomic_in_sequence();
    retired.bytes -= whole_size(&gone);
    os_unmap((void *)whole_start(&gone), whole_size(&gone));
    space_count(0, whole_size(&gone));
}

bool retired_make_room(size_t size) {
    ASSERT(space_lock_is_held());
    if (size > RETIRED_BYTES) return false;
    drop(&retired.ring[retired.next]);
    for (unsigned i = 1; retired.bytes + size > RETIRED_BYTES; i++) {
        ASSERT(i < RETIRED_MOST);
        drop(&retired.ring[(retired.next + i) % RETIRED_MOST]);
    }
    return true;
}

void retired_add(const struct large *gone) {
    struct entry *entry = &retired.ring[retired.next];
    ASSERT(space_lock_is_held() && gone->guarded && entry->address == 0);
    entry->size = gone->size;
    entry->end = gone->end;
    entry->caller = gone->caller;
    atomic_in_sequence();
    entry->address = gone->address;
    retired.bytes += whole_size(entry);
    retired.next = (retired.next + 1) % RETIRED_MOST;
    ASSERT(retired.bytes <= RETIRED_BYTES);
}

size_t retired_bytes(void) { return retired.bytes; }

enum block_fault retired_fault_at(uintptr_t address) {
    ASSERT(space_lock_is_held());
    for (unsigned i = 0; retired.bytes != 0 && i < RETIRED_MOST; i++) {
        const struct entry *entry = &retired.ring[i];
        if (entry->address == 0 || address - entry->address >= entry->size) continue;
        if (address == entry->address) return BLOCK_FREED;
        return address % ALIGN == 0 ? BLOCK_UNALLOCATED : BLOCK_MISALIGNED;
    }
    return BLOCK_FOREIGN;
}

bool retired_find(uintptr_t address, struct large *gone) {
    ASSERT(space_lock_is_held());
    for (unsigned i = 0; retired.bytes != 0 && i < RETIRED_MOST; i++) {
        const struct entry *entry = &retired.ring[i];
        if (entry->address == 0 || address - whole_start(entry) >= whole_size(entry)) continue;
        *gone = (struct large){.address = entry->address,
                               .size = entry->size,
                               .end = entry->end,
                               .caller = entry->caller};
        return true;
    }
    return false;
}

void retired_release(void) {
    for (unsigned i = 0; i < RETIRED_MOST; i++) drop(&retired.ring[i]);
}

void retired_rebuild(void) {
    ASSERT(space_lock_is_held());
    retired.bytes = 0;
    for (unsigned i = 0; i < RETIRED_MOST; i++)
        if (retired.ring[i].address != 0) retired.bytes += whole_size(&retired.ring[i]);
    space_count(retired.bytes, 0);
}
