/* SPDX-License-Identifier: MIT */
#include "heap/block.h"

#include "base/check.h"
#include "heap/direct.h"
#include "heap/emergency.h"
#include "heap/guard.h"

/* The first block of the pool, or span, of the page that the address lies in. */
static uintptr_t first_block(uintptr_t address, const struct pool *pool) {
    return align_down(address, POOL_SIZE) - atomic_u8_load(&pool->offset) * (uintptr_t)POOL_SIZE;
}

static bool is_start(const struct block *block, const struct pool *pool) {
    const struct size_class *c = &size_classes[block->class_index];
    uintptr_t offset = block->address - first_block(block->address, pool);
    unsigned block_index = (unsigned)((uint64_t)offset * c->reciprocal >> 32);
    return block_index * (uintptr_t)c->stride == offset && block_index < c->capacity;
}

/* The live bit is read atomically because it may be another thread's, who changes other bits of the
   word. This one was set before the program could hand the address to the calling thread. */
static enum block_fault find_in_pool(const struct pool *pool, struct block *block) {
    if (likely(block_find_live(block->address, block))) return BLOCK_LIVE;
    if (block->address % ALIGN != 0) return BLOCK_MISALIGNED;
    return is_start(block, pool) ? BLOCK_FREED : BLOCK_INTERIOR;
}

static enum block_fault find_whole(union record *record, struct block *block) {
    uintptr_t page = align_down(block->address, POOL_SIZE);
    block->large = &record->large;
    block->usable = block->large->size;
    if (block->address == page) return BLOCK_LIVE;
    return block->address % ALIGN == 0 ? BLOCK_INTERIOR : BLOCK_MISALIGNED;
}

static enum block_fault find_outside(uintptr_t address, struct block *block) {
    enum block_fault fault = emergency_find(address, &block->usable);
    block->kind = TAG_EMERGENCY;
    if (fault == BLOCK_FOREIGN) {
        fault = guard_find(address, &block->usable);
        block->kind = TAG_GUARD;
    }
    if (fault == BLOCK_FOREIGN) return direct_fault_at(address);
    block->address = address;
    return fault;
}

/* No block starts in this page: what else is there? A page that is not free and has no tag lies in
   a large block, or in a pool that a heap has taken and not used yet. */
static enum block_fault find_nothing(uintptr_t address, struct block *block) {
    const struct arena *arena = window_arena_at(address);
    if (arena == NULL || arena->kind == ARENA_NONE) return find_outside(address, block);
    if (address % ALIGN != 0) return BLOCK_MISALIGNED;
    if (window_record_at(address)->pool.freed && address % POOL_SIZE == 0) return BLOCK_FREED;
    bool is_free = arena->free >> ((address >> POOL_SHIFT) % ARENA_POOLS) & 1;
    return is_free || arena->kind == ARENA_OF_POOLS ? BLOCK_UNALLOCATED : BLOCK_INTERIOR;
}

enum block_fault block_find(uintptr_t address, struct block *block) {
    struct window *window = window_at(address);
    if (window == NULL) return find_outside(address, block);
    union record *record = &window->record[window_pool_index(address)];
    uint64_t tag = atomic_u64_load(&record->pool.tag);
    if (tag == 0) return find_nothing(address, block);
    block->address = address;
    block->kind = tag_kind(tag, align_down(address, POOL_SIZE));
    if (block->kind == TAG_HEAP) return find_in_pool(&record->pool, block);
    return find_whole(record, block);
}

uintptr_t block_place(uintptr_t address) {
    struct block block;
    if (!block_find_pool(align_down(address, ALIGN), &block)) return address;
    uintptr_t first = first_block(address, window_look_up(address));
    return address - (address - first) % size_classes[block.class_index].stride;
}

void block_fail(const char *function, enum block_fault fault, uintptr_t address) {
    bool is_free = strcmp(function, "free") == 0;
    switch (fault) {
    case BLOCK_FREED:
        if (is_free) fail_at("double free of ", address, "the block is free already");
        fail_call(function, "of freed pointer", address, "the block was freed before");
    case BLOCK_INTERIOR:
        fail_call(function, "of interior pointer", address,
                  "no block starts there; pass the "
                  "address that malloc returned");
    case BLOCK_MISALIGNED:
        fail_call(function, "of misaligned pointer", address,
                  "no block starts there; pass the "
                  "address that malloc returned");
    case BLOCK_UNALLOCATED:
        fail_call(function, "of unallocated pointer", address, "freed before, or never a block");
    case BLOCK_FOREIGN:
    case BLOCK_LIVE:
        break;
    }
    fail_call(function, "of foreign pointer", address,
              "not from this allocator: stack, static or "
              "wild, or from another malloc");
}
