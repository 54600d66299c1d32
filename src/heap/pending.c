/* SPDX-License-Identifier: MIT */
#include "heap/pending.h"

#include "base/check.h"
#include "heap/block.h"

enum { ARENA_WORDS = ARENA_SIZE / WORD_SPAN };

static void announce(struct heap *heap, struct window *window, uint64_t arena) {
    /* Partners: pending_take's exchanges, of each word. */
    atomic_u64_or(&window->pending_arenas[arena / 64], (uint64_t)1 << arena % 64);
    atomic_u64_store_ordered(&heap->pending, 1); /* and remote_help */
}

bool pending_mark(struct heap *heap, uintptr_t address) {
    struct window *window = window_at(address);
    uint64_t offset = address - window->base;
    uint64_t bit = (uint64_t)1 << (address >> ALIGN_SHIFT & 63);
    if (atomic_u64_or(&window_pending(window)[offset >> WORD_SHIFT], bit) & bit) return false;
    announce(heap, window, offset >> ARENA_SHIFT);
    return true;
}

void pending_announce(struct heap *heap, uintptr_t pool) {
    struct window *window = window_at(pool);
    uint64_t offset = pool - window->base, bits = 0;
    for (unsigned w = 0; w < POOL_WORDS; w++)
        bits |= atomic_u64_load(&window_pending(window)[(offset >> WORD_SHIFT) + w]);
    if (bits != 0) announce(heap, window, offset >> ARENA_SHIFT);
}

static unsigned take_word(struct heap *heap, uintptr_t base, uint64_t bits) {
    for (uint64_t left = bits; left != 0; left &= left - 1) {
        uintptr_t address = base + ((uintptr_t)bit_lowest(left) << ALIGN_SHIFT);
        if (!heap_free(heap, address)) block_fail("free", BLOCK_FREED, address);
    }
    return bit_count(bits);
}

/* The pools of other heaps keep their bits, and these heaps are told again: they may have looked in
   vain while the arena's bit was taken back. The owner is read before the bits are taken, and only
   this thread could make another heap own a pool of this one. */
static unsigned take_arena(struct heap *heap, struct window *window, uint64_t arena) {
    unsigned taken = 0;
    uint64_t first = arena * ARENA_WORDS;
    for (uint64_t w = first; w < first + ARENA_WORDS; w++) {
        struct atomic_u64 *word = &window_pending(window)[w];
        if (atomic_u64_load_acquire(word) == 0) continue;
        uintptr_t base = window->base + w * WORD_SPAN, page = align_down(base, POOL_SIZE);
        uint64_t tag = atomic_u64_load(&window->record[w / POOL_WORDS].pool.tag);
        if (tag == tag_of_heap(page, heap))
            taken +=
                take_word(heap, base, atomic_u64_exchange(word, 0)); /* partner: pending_mark */
        else if (tag != 0 && tag_kind(tag, page) == TAG_HEAP)
            announce(tag_heap(tag, page), window, arena);
    }
    return taken;
}

unsigned pending_take(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    unsigned taken = 0;
    if (!pending_any(heap)) return 0;
    atomic_u64_exchange(&heap->pending, 0); /* partner: announce */
    for (struct window *window = window_first(); window != NULL; window = window->next) {
        for (unsigned i = 0; i < sizeof window->pending_arenas / sizeof(uint64_t); i++) {
            if (atomic_u64_load(&window->pending_arenas[i]) == 0) continue;
            uint64_t arenas = atomic_u64_exchange(&window->pending_arenas[i], 0);
            for (; arenas != 0; arenas &= arenas - 1)
                taken += take_arena(heap, window, i * 64 + bit_lowest(arenas));
        }
    }
    return taken;
}
