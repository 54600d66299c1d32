/* SPDX-License-Identifier: MIT */
/*
 * tag.h - what the first word of a record (window.h) says: the address of the pool, and its owner
 * or kind, in one word.
 *
 * tag = pool ^ heap, or pool ^ kind << 48 for blocks that no heap owns, and 0 where no block
 * starts (and for those of emergency.h and guard.h, which windows know nothing of). So tag ^ pool ^
 * heap is 0 for the pools and spans of that heap and for nothing else: one comparison settles the
 * owner, and that the slot of the table was the right one.
 */
#ifndef POOLALLOC_TAG_H
#define POOLALLOC_TAG_H

#include "base/base.h"

struct heap;

enum tag_kind { TAG_HEAP, TAG_RUN, TAG_DIRECT, TAG_EMERGENCY, TAG_GUARD };
enum { TAG_KIND_SHIFT = 48 };

static inline uint64_t tag_of_heap(uintptr_t pool, const struct heap *heap) {
    return pool ^ (uintptr_t)heap;
}
static inline uint64_t tag_of_kind(uintptr_t pool, enum tag_kind kind) {
    return pool ^ (uint64_t)kind << TAG_KIND_SHIFT;
}
static inline enum tag_kind tag_kind(uint64_t tag, uintptr_t pool) {
    return (enum tag_kind)((tag ^ pool) >> TAG_KIND_SHIFT);
}
/* The owner, by a tag of kind TAG_HEAP. */
static inline struct heap *tag_heap(uint64_t tag, uintptr_t pool) {
    return (struct heap *)(tag ^ pool);
}

#endif
