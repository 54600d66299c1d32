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

/* The number of span classes from 2^order to twice that, as a power of two. */
#define ORDER_SHIFT(order) ((order) < COARSE_ORDER ? FINE_SHIFT : COARSE_SHIFT)

enum {
    SMALL_CLASSES = SMALL_MAX / ALIGN,
    /* Classes per doubling: 8 up to 8 KiB, where at most 1/9 of a block is waste; 4 above, at most
       1/5, where what is waste mostly has no memory behind it, and fewer classes keep fewer blocks
       free. */
    FINE_SHIFT = 3,
    COARSE_SHIFT = 2,
    FINE_ORDER = 9,
    COARSE_ORDER = 13,
    FINE_CLASSES = (COARSE_ORDER - FINE_ORDER) << FINE_SHIFT,
    LAST_ORDER = 16,
    /* Blocks of a page each begin at the same place of their pages, and processors take addresses a
       page apart for one another: a program that asks for almost a page again and again, as perl
       does, runs slower when what it has in them meets. So the class of 4,096 bytes has blocks a
       cache line longer, and aligned requests that need a stride of a page have the last class. */
    PAGE_SKEW = 64,
    SPAN_CLASSES = FINE_CLASSES + ((LAST_ORDER - COARSE_ORDER) << COARSE_SHIFT),
    /* Requests up to so many bytes find their class in a table (size_class_quick). */
    QUICK_ORDER = 12,
    QUICK_MAX = 1 << QUICK_ORDER,
    QUICK_CLASSES = SMALL_CLASSES + ((QUICK_ORDER - FINE_ORDER) << FINE_SHIFT),
    PAGE_CLASS = 1 + SMALL_CLASSES + SPAN_CLASSES,
    CLASS_COUNT = PAGE_CLASS + 1,
    /* Blocks that a heap keeps at hand of one class: so many, or so many bytes; enough for the ups
       and downs of most programs. Some of the largest, too: with fewer, programs that ask for
       blocks of random sizes take the space lock far more often. */
    MAGAZINE_MOST = 64,
    MAGAZINE_LEAST = 16,
    MAGAZINE_BYTES = 512 * KIB,
    /* Freed blocks of one class that a heap holds where blocks are treated: so many bytes, but two
       of any class, and at most as many as a magazine has. All classes together are a few MiB. */
    HELD_LEAST = 2,
    HELD_BYTES = 32 * KIB,
};
static_assert(1 << FINE_ORDER == SMALL_MAX, "span classes begin where small ones end");
static_assert(FINE_ORDER <= QUICK_ORDER && QUICK_ORDER <= COARSE_ORDER, "8 classes per doubling");
static_assert(1 << LAST_ORDER == SPAN_MAX, "and end with the largest request");
static_assert(FINE_ORDER <= COARSE_ORDER && COARSE_ORDER <= LAST_ORDER, "orders go up");
/* The strides of an order are multiples of its step, a power of two. */
#define HAS_WHOLE_PAGES(order)                                                                     \
    (1 << (order) < RUN_MIN || (1 << ((order)-ORDER_SHIFT(order))) % POOL_SIZE == 0)
static_assert(
    HAS_WHOLE_PAGES(13) && HAS_WHOLE_PAGES(14) && HAS_WHOLE_PAGES(15) && HAS_WHOLE_PAGES(16) &&
        HAS_WHOLE_PAGES(17),
    "blocks that are runs of their own are whole pages: no finer classes from RUN_MIN on");
static_assert(CLASS_COUNT <= 256, "tags and reports have a byte for a class");
static_assert(MAGAZINE_MOST <= UINT8_MAX, "heap_room counts them in a byte");

/* The blocks at hand of a class with this stride, and a bottom, by which heap.h has room for all.
 */
#define MAGAZINE_OF(stride)                                                                        \
    (MAGAZINE_BYTES / (stride) >= MAGAZINE_MOST    ? MAGAZINE_MOST                                 \
     : MAGAZINE_BYTES / (stride) <= MAGAZINE_LEAST ? MAGAZINE_LEAST                                \
                                                   : MAGAZINE_BYTES / (stride))
#define MAGAZINES_OF_ORDER(order)                                                                  \
    ((order) < FINE_ORDER || (order) >= LAST_ORDER                                                 \
         ? 0                                                                                       \
         : (MAGAZINE_OF(1 << (order)) + 1) * (1 << ORDER_SHIFT(order)))
/* Strides of an order are above its power of two, so that there are at most these. */
#define MAGAZINES_OF_ALL                                                                           \
    (SMALL_CLASSES * (MAGAZINE_MOST + 1) + (MAGAZINE_OF(POOL_SIZE) + 1) + MAGAZINES_OF_ORDER(9) +  \
     MAGAZINES_OF_ORDER(10) + MAGAZINES_OF_ORDER(11) + MAGAZINES_OF_ORDER(12) +                    \
     MAGAZINES_OF_ORDER(13) + MAGAZINES_OF_ORDER(14) + MAGAZINES_OF_ORDER(15) +                    \
     MAGAZINES_OF_ORDER(16) + MAGAZINES_OF_ORDER(17))
static_assert(FINE_ORDER >= 9 && LAST_ORDER <= 18, "all orders are in the sum");

struct size_class {
    uint32_t stride;     /* bytes from one block to the next */
    uint32_t reciprocal; /* ceil(2^32 / stride): block index = offset * reciprocal >> 32 */
    uint16_t capacity;   /* blocks in a pool or span */
    uint8_t pools;       /* length of the span, in pools; 1 for small classes */
    uint8_t words;       /* words of bits in use: POOL_WORDS for small classes, 1 for spans */
    uint16_t magazine;   /* blocks that a heap keeps at hand: see heap.h */
    uint16_t held;       /* places for freed blocks where they are treated: see heap_treat.c */
    uint64_t starts[POOL_WORDS]; /* the bits at which blocks start */
};

#ifdef __cplusplus
extern "C" {
#endif

extern struct size_class size_classes[CLASS_COUNT];
/* The class of a request by its size in steps of ALIGN, rounded up: malloc has no branch between
   small sizes and larger ones, which processors guess wrong half of the time in programs that ask
   for both at random. Of 0 bytes it is class 0. */
extern uint8_t size_class_quick[QUICK_MAX / ALIGN + 1];

/* Fills the tables. Needs nothing, may be called twice. */
void size_class_init(void);

/* The class for a request of `size` bytes: by size_class_small up to SMALL_MAX, by size_class_span
   from there to SPAN_MAX, by size_class_of for both. */
static inline unsigned size_class_small(size_t size) {
    return size == 0 ? 1 : (unsigned)((size + ALIGN - 1) >> ALIGN_SHIFT);
}

static inline unsigned size_class_span(size_t size) {
    unsigned order = bit_highest(size - 1); /* 9 for 513 to 1024 */
    unsigned shift = ORDER_SHIFT(order);
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
