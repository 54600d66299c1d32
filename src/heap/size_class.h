/* SPDX-License-Identifier: MIT */
/*
 * size_class.h - request size <-> size class: pure functions and a table.
 *
 * Small classes are 1 to SMALL_CLASSES, in steps of ALIGN up to 512 bytes; their blocks lie in
 * single pools. Span classes follow, 8 per doubling, 4 from 8 to 64 KiB, and one of pages for
 * aligned requests; their blocks lie in spans, runs of pools. Class 0 has no blocks: the fast path
 * of malloc(0) finds it empty.
 *
 * A block's bit, where pools keep bits of blocks: in a small pool one bit per ALIGN bytes, at the
 * block's first byte, WORD_SPAN bytes to a word; in a span one bit per block, all in one word.
 */
#ifndef POOLALLOC_SIZE_CLASS_H
#define POOLALLOC_SIZE_CLASS_H

#include "heap/geometry.h"

enum {
    SMALL_CLASSES = SMALL_MAX / ALIGN,
    /* Classes per doubling: 8 up to 8 KiB, where at most 1/9 of a block is waste; 4 above, at most
       1/5, where what is waste mostly has no memory behind it, and fewer classes keep fewer blocks
       free: 5 to 17 % less memory for workloads of such sizes. */
    FINE_SHIFT = 3,
    COARSE_SHIFT = 2,
    FINE_ORDER = 9, /* 2^9 = SMALL_MAX */
    COARSE_ORDER = 13,
    FINE_CLASSES = (COARSE_ORDER - FINE_ORDER) << FINE_SHIFT,
    LAST_ORDER = 16, /* 2^16 = SPAN_MAX */
    /* Blocks of a page each begin at the same place of their pages, and processors take addresses
       a page apart for one another: perl, which asks for 4,080 bytes again and again, runs a
       quarter slower when what it has in them meets. So the class of 4,096 bytes has blocks a cache
       line longer, and aligned requests that need a stride of a page have the last class. */
    PAGE_SKEW = 64,
    SPAN_CLASSES = FINE_CLASSES + ((LAST_ORDER - COARSE_ORDER) << COARSE_SHIFT),
    PAGE_CLASS = 1 + SMALL_CLASSES + SPAN_CLASSES,
    CLASS_COUNT = PAGE_CLASS + 1,
};

struct size_class {
    uint32_t stride;     /* bytes from one block to the next */
    uint32_t reciprocal; /* ceil(2^32 / stride): block index = offset * reciprocal >> 32 */
    uint16_t capacity;   /* blocks in a pool or span */
    uint8_t pools;       /* length of the span, in pools; 1 for small classes */
    uint8_t words;       /* words of bits in use: POOL_WORDS for small classes, 1 for spans */
    uint16_t magazine;   /* blocks that a heap keeps at hand: see heap.h */
    uint64_t starts[POOL_WORDS]; /* the bits at which blocks start */
};

#ifdef __cplusplus
extern "C" {
#endif

extern struct size_class size_classes[CLASS_COUNT];

/* Fills the table. Needs nothing, may be called twice. */
void size_class_init(void);

/* The class for a request of `size` bytes, 0 to SPAN_MAX. */
static inline unsigned size_class_small(size_t size) {
    return size == 0 ? 1 : (unsigned)((size + ALIGN - 1) >> ALIGN_SHIFT);
}

/* Of the classes from 2^order to twice that, as a power of two. */
static inline unsigned size_class_shift(unsigned order) {
    return order < COARSE_ORDER ? FINE_SHIFT : COARSE_SHIFT;
}

static inline unsigned size_class_span(size_t size) {
    unsigned order = bit_highest(size - 1); /* 9 for 513 to 1024 */
    unsigned shift = size_class_shift(order);
    unsigned first = order < COARSE_ORDER ? (order - FINE_ORDER) << FINE_SHIFT
                                          : FINE_CLASSES + ((order - COARSE_ORDER) << COARSE_SHIFT);
    unsigned step = (unsigned)((size - 1) >> (order - shift)) & ((1u << shift) - 1);
    return 1 + SMALL_CLASSES + first + step;
}

static inline unsigned size_class_of(size_t size) {
    return size <= SMALL_MAX ? size_class_small(size) : size_class_span(size);
}

static inline bool size_class_is_span(unsigned class_index) { return class_index > SMALL_CLASSES; }

/* The smallest class that holds `size` bytes and whose blocks are all aligned to `alignment`, a
   power of two up to POOL_SIZE: blocks lie at multiples of the stride from a pool's start. 0 if
   there is none. */
unsigned size_class_aligned(size_t size, size_t alignment);

#ifdef __cplusplus
}
#endif

#endif
