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
    size_t size, guard;
};

static struct {
    struct entry ring[RETIRED_MOST];
    unsigned next; /* where the oldest is, and the next comes */
    size_t bytes;
} retired;

static size_t whole_size(const struct entry *entry) { return entry->size + 2 * entry->guard; }

/* What the kernel does not unmap is lost, too. */
static void drop(struct entry *entry) {
    ASSERT(space_lock_is_held());
    struct entry gone = *entry;
    if (gone.address == 0) return;
    entry->address = 0;
    atomic_in_sequence();
    retired.bytes -= whole_size(&gone);
    os_unmap((void *)(gone.address - gone.guard), whole_size(&gone));
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

void retired_add(uintptr_t address, size_t size, size_t guard) {
    struct entry *entry = &retired.ring[retired.next];
    ASSERT(space_lock_is_held() && address != 0 && entry->address == 0);
    entry->size = size;
    entry->guard = guard;
    atomic_in_sequence();
    entry->address = address;
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
