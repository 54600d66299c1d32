/* SPDX-License-Identifier: MIT */
#include "heap/span.h"

#include "base/check.h"
#include "heap/purge.h"

static const struct size_class *class_of_span(const struct pool *pool) {
    return &size_classes[pool_class(pool)];
}

size_t span_idle_bytes(struct pool *pool) {
    ASSERT(size_class_is_span(pool_class(pool)));
    return bit_count(span_spare_used(pool)) * (size_t)class_of_span(pool)->stride;
}

uint64_t span_live(struct pool *pool, const struct size_class *c) {
    ASSERT(c->capacity <= 64 && c->words == 1);
    uint64_t blocks = 0;
    for (unsigned i = 0; i < c->capacity; i++) {
        uintptr_t offset = (uintptr_t)i * c->stride;
        struct pool *part = &((union record *)pool + offset / POOL_SIZE)->pool;
        uint64_t live = atomic_u64_load(pool_live(part, offset));
        blocks |= (live >> (offset >> ALIGN_SHIFT & 63) & 1) << i;
    }
    return blocks;
}

/* The pages that a block lies on, as bits. */
static uint64_t pages_of_block(const struct size_class *c, unsigned index) {
    ASSERT(index < c->capacity);
    unsigned first = index * c->stride / POOL_SIZE;
    unsigned last = ((index + 1) * c->stride - 1) / POOL_SIZE;
    return bit_range(first, last - first + 1);
}

static uint64_t pages_of_blocks(const struct size_class *c, uint64_t blocks) {
    uint64_t pages = 0;
    for (; blocks != 0; blocks &= blocks - 1) pages |= pages_of_block(c, bit_lowest(blocks));
    return pages;
}

void span_purge(struct pool *pool) {
    ASSERT(size_class_is_span(pool_class(pool)));
    const struct size_class *c = class_of_span(pool);
    uint64_t spare = *pool_spare(pool), idle = span_spare_used(pool);
    uint64_t kept = pages_of_blocks(c, c->starts[0] & ~spare);
    uint64_t gone = purge_rows(window_record_base(pool), pages_of_blocks(c, idle) & ~kept, 0);
    for (uint64_t rest = gone != 0 ? idle : 0; rest != 0; rest &= rest - 1) {
        unsigned index = bit_lowest(rest);
        if ((pages_of_block(c, index) & ~gone) != 0) continue;
        *span_used(pool) &= ~((uint64_t)1 << index);
        pool->purged = true;
    }
}
