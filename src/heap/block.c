/* SPDX-License-Identifier: MIT */
#include "heap/block.h"

#include "base/check.h"
#include "heap/direct.h"

/* Small pools: the bitmap has a bit for every ALIGN bytes of the pool. */
static enum block_fault find_small(uintptr_t address, struct block *block) {
    uintptr_t offset = address - block->pool->base;
    block->word = &block->window->front.bits[window_word_index(address)];
    block->bit = (uint64_t)1 << (address >> ALIGN_SHIFT & 63);
    const struct size_class *c = &size_classes[block->class_index];
    return c->starts[offset >> WORD_SHIFT] & block->bit ? BLOCK_LIVE : BLOCK_INTERIOR;
}

/* Spans: one bit for each block, in the first word of the span. */
static enum block_fault find_in_span(uintptr_t address, struct block *block) {
    const struct size_class *c = &size_classes[block->class_index];
    uintptr_t offset = address - block->pool->base;
    unsigned index = (unsigned)((uint64_t)offset * c->reciprocal >> 32);
    if (index * (uintptr_t)c->stride != offset || index >= c->capacity) return BLOCK_INTERIOR;
    block->word = &block->window->front.bits[window_word_index(block->pool->base)];
    block->bit = (uint64_t)1 << index;
    return BLOCK_LIVE;
}

/* The atomic load is for blocks of other threads: their owner changes other bits of the word. This
   block's bit was set before the program could hand its address to the calling thread. */
static enum block_fault find_in_pool(uint64_t tag, struct block *block) {
    uintptr_t page = align_down(block->address, POOL_SIZE);
    unsigned offset = block->kind == TAG_SPAN ? tag_offset(tag) : 0;
    uintptr_t first = page - (uintptr_t)offset * POOL_SIZE;
    block->heap = tag_heap(tag, page);
    block->pool = &block->window->record[window_pool_index(first)].pool;
    block->class_index = block->pool->class_index;
    block->usable = size_classes[block->class_index].stride;
    if (block->address % ALIGN != 0) return BLOCK_MISALIGNED;
    enum block_fault fault = block->kind == TAG_SPAN ? find_in_span(block->address, block)
                                                     : find_small(block->address, block);
    if (fault != BLOCK_LIVE) return fault;
    return atomic_u64_load(block->word) & block->bit ? BLOCK_LIVE : BLOCK_FREED;
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
    block->kind = tag_kind(tag ^ align_down(address, POOL_SIZE));
    return block->kind <= TAG_SPAN ? find_in_pool(tag, block) : find_whole(block);
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
