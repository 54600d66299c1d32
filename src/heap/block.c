/* SPDX-License-Identifier: MIT */
#include "heap/block.h"

#include "base/check.h"
#include "heap/direct.h"

static bool is_start(const struct block *block) {
    const struct size_class *c = &size_classes[block->class_index];
    uintptr_t offset = block->address - block->pool->base;
    unsigned index = (unsigned)((uint64_t)offset * c->reciprocal >> 32);
    return index * (uintptr_t)c->stride == offset && index < c->capacity;
}

/* The atomic load is for blocks of other threads: their owner changes other bits of the word. This
   block's bit was set before the program could hand its address to the calling thread. */
static enum block_fault find_in_pool(uint64_t tag, struct block *block) {
    uintptr_t page = align_down(block->address, POOL_SIZE);
    uint64_t index = window_pool_index(page);
    block->heap = tag_heap(tag, page);
    block->pool = &block->window->record[index - block->window->offset[index]].pool;
    block->class_index = block->window->front.class_index[index];
    block->usable = size_classes[block->class_index].stride;
    block->word = &block->window->front.live[window_word_index(block->address)];
    block->bit = (uint64_t)1 << (block->address >> ALIGN_SHIFT & 63);
    if (block->address % ALIGN != 0) return BLOCK_MISALIGNED;
    if (likely(atomic_u64_load(block->word) & block->bit)) return BLOCK_LIVE;
    return is_start(block) ? BLOCK_FREED : BLOCK_INTERIOR;
}

static enum block_fault find_whole(struct block *block) {
    uintptr_t page = align_down(block->address, POOL_SIZE);
    if (block->kind == TAG_EXTENT) {
        block->arena = arena_at(page);
        block->usable = block->arena->size;
    } else {
        block->direct = &block->window->record[window_pool_index(page)].direct;
        block->usable = (size_t)block->direct->pools * POOL_SIZE;
    }
    if (block->address == page) return BLOCK_LIVE;
    return block->address % ALIGN == 0 ? BLOCK_INTERIOR : BLOCK_MISALIGNED;
}

/* No block starts in this pool: what else is there? */
static enum block_fault find_nothing(uintptr_t address) {
    struct arena *arena = arena_at(address);
    enum arena_kind kind = arena ? (enum arena_kind)arena->kind : ARENA_NONE;
    if (kind == ARENA_NONE) return direct_fault_at(address);
    if (address % ALIGN != 0) return BLOCK_MISALIGNED;
    if (kind == ARENA_EXTENT || kind == ARENA_EXTENT_TAIL) return BLOCK_INTERIOR;
    /* Extents begin where arenas do. */
    return kind == ARENA_FREE && address % ARENA_SIZE == 0 ? BLOCK_FREED : BLOCK_UNALLOCATED;
}

enum block_fault block_find(uintptr_t address, struct block *block) {
    block->address = address;
    block->window = window_at(address);
    if (block->window == NULL) return direct_fault_at(address);
    uint64_t tag = atomic_u64_load(&block->window->front.tag[window_pool_index(address)]);
    if (tag == 0) return find_nothing(address);
    block->kind = tag_kind(tag, align_down(address, POOL_SIZE));
    return block->kind == TAG_HEAP ? find_in_pool(tag, block) : find_whole(block);
}

void block_fail(const char *function, enum block_fault fault, uintptr_t address) {
    bool is_free = strcmp(function, "free") == 0;
    switch (fault) {
    case BLOCK_FREED:
        if (is_free) fail_at("double free of ", address, "the block is free already");
        fail_call(function, "of freed pointer", address, "the block was freed before");
    case BLOCK_INTERIOR:
        fail_call(function, "of interior pointer", address, "no block starts there; pass the "
                  "address that malloc returned");
    case BLOCK_MISALIGNED:
        fail_call(function, "of misaligned pointer", address, "no block starts there; pass the "
                  "address that malloc returned");
    case BLOCK_UNALLOCATED:
        fail_call(function, "of unallocated pointer", address, "freed before, or never a block");
    case BLOCK_FOREIGN:
    case BLOCK_LIVE:
        break;
    }
    fail_call(function, "of foreign pointer", address, "not from this allocator: stack, static or "
              "wild, or from another malloc");
}
