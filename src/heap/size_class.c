/* SPDX-License-Identifier: MIT */
#include "heap/size_class.h"

#include "base/check.h"

struct size_class size_classes[CLASS_COUNT];
uint8_t size_class_quick[QUICK_MAX / ALIGN + 1];

static void set_stride(struct size_class *c, uint32_t stride) {
    c->stride = stride;
    c->magazine = (uint16_t)MAGAZINE_OF(stride);
    c->held = (uint16_t)size_min(size_max(HELD_BYTES / stride, HELD_LEAST), c->magazine);
    c->reciprocal = (uint32_t)((((uint64_t)1 << 32) + stride - 1) / stride);
}

static void init_small(struct size_class *c, uint32_t stride) {
    set_stride(c, stride);
    c->pools = 1;
    c->words = POOL_WORDS;
    c->capacity = (uint16_t)(POOL_SIZE / stride);
    unsigned step = stride >> ALIGN_SHIFT, end = c->capacity * step;
    for (unsigned bit = 0; bit < end; bit += step) c->starts[bit / 64] |= (uint64_t)1 << bit % 64;
}

/* A span has one block from RUN_MIN on, and below at least 8: enough that the shared arenas are
   visited seldom, few enough that one live block does not hold much. The untouched end of a span
   costs address space only. */
static void init_span(struct size_class *c, uint32_t stride) {
    set_stride(c, stride);
    c->capacity = stride < RUN_MIN ? 8 : 1;
    c->pools = (uint8_t)((c->capacity * (size_t)stride + POOL_SIZE - 1) / POOL_SIZE);
    c->capacity = (uint16_t)size_min(64, c->pools * (size_t)POOL_SIZE / stride);
    c->words = 1;
    c->starts[0] = bit_range(0, c->capacity);
}

void size_class_init(void) {
    if (size_classes[CLASS_COUNT - 1].stride != 0) return;
    for (unsigned i = 1; i <= SMALL_CLASSES; i++) init_small(&size_classes[i], i * ALIGN);
    struct size_class *c = &size_classes[1 + SMALL_CLASSES];
    for (unsigned order = FINE_ORDER; order < LAST_ORDER; order++) {
        unsigned shift = ORDER_SHIFT(order), steps = 1u << shift;
        for (unsigned step = 1; step <= steps; step++) {
            uint32_t stride = (steps + step) << (order - shift);
            init_span(c++, stride == POOL_SIZE ? stride + PAGE_SKEW : stride);
        }
    }
    ASSERT(c == &size_classes[PAGE_CLASS]);
    init_span(c, POOL_SIZE);
    for (unsigned i = 1, at = 1; i <= QUICK_CLASSES; i++)
        for (; at * ALIGN <= size_classes[i].stride && at * ALIGN <= QUICK_MAX; at++)
            size_class_quick[at] = (uint8_t)i;
    ASSERT(size_class_quick[QUICK_MAX / ALIGN] == QUICK_CLASSES);
}

unsigned size_class_aligned(size_t size, size_t alignment) {
    ASSERT(is_power_of_two(alignment) && alignment <= POOL_SIZE);
    size = align_up(size_max(size, 1), alignment);
    if (size > SPAN_MAX) return 0;
    unsigned i = size_class_of(size);
    while ((size_classes[i].stride & (alignment - 1)) != 0)
        if (size_classes[i++].stride == POOL_SIZE + PAGE_SKEW) return PAGE_CLASS;
    return i;
}
