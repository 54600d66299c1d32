/* SPDX-License-Identifier: MIT */
/*
 * heap_room: how many blocks above 512 bytes a heap keeps at hand. A magazine that was full, and is
 * empty when a block is asked for, had use for more room and gets twice as much, within the budget
 * of the heap: what is used once is not kept.
 */
#include "heap/heap.h"

#include "base/check.h"
#include "heap/purge.h"

/* Bytes that all heaps in use may have at hand together, and where there are many heaps. With less,
   blocks of random sizes take noticeably longer. */
static const size_t BUDGET = 8 * MIB, BUDGET_OF_MANY = 4 * MIB;
/* They may not have more than half of what is in use either, so that threads of a small process
   that come to rest one after the other keep little (bench/curves/kept, resting). A few blocks of
   the largest class may be kept in any process. */
static const size_t IN_USE_SHARE = 2, BUDGET_LEAST = 256 * KIB;
/* Bytes that a magazine gets at first, or as many as one block has. */
static const size_t ROOM_FIRST = 4 * KIB;

static void set_class_room(struct heap *heap, unsigned class_index, unsigned room) {
    size_t stride = size_classes[class_index].stride;
    ASSERT(heap_round_is_bottom(heap->top[class_index]) &&
           room <= size_classes[class_index].magazine);
    heap->room_bytes += room * stride;
    heap->room_bytes -= heap->room[class_index] * stride;
    heap_set_room(heap, class_index, room);
    heap->end[class_index] = heap->top[class_index] + room;
}

static size_t budget(void) {
    size_t heaps = size_max(atomic_u64_load(&heaps_in_use), 1);
    size_t most = heaps < HEAPS_ARE_MANY ? BUDGET : BUDGET_OF_MANY;
    size_t share = purge_in_use() * POOL_SIZE / IN_USE_SHARE;
    return size_min(most, size_max(share, BUDGET_LEAST)) / heaps;
}

/* Other classes give half of their room, one after the other, until there are so many bytes. False
   if there are not; where one class alone would take more than the budget, none gives any. */
static bool shift_room(struct heap *heap, unsigned class_index, size_t bytes) {
    size_t most = budget();
    size_t own = heap->room[class_index] * (size_t)size_classes[class_index].stride;
    if (bytes > 0 && own + bytes > most) return false;
    for (unsigned i = 0; i < CLASS_COUNT && heap->room_bytes + bytes > most; i++) {
        unsigned c = heap->next_to_yield;
        heap->next_to_yield = c <= SMALL_CLASSES || c == PAGE_CLASS ? SMALL_CLASSES + 1 : c + 1;
        if (c == class_index || heap->room[c] == 0) continue;
        heap_empty_magazine(heap, c);
        set_class_room(heap, c, heap->room[c] / 2);
    }
    return heap->room_bytes + bytes <= most;
}

/* All the rounds that a magazine can ever have lie side by side. */
void heap_widen(struct heap *heap, unsigned class_index) {
    ASSERT(heap_is_mine(heap) && class_index > SMALL_CLASSES);
    const struct size_class *c = &size_classes[class_index];
    unsigned room = heap->room[class_index], most = heap->bare ? 0 : c->magazine;
    size_t wanted = room == 0 ? size_max(ROOM_FIRST / c->stride, 1) : 2 * (size_t)room;
    wanted = size_min(wanted, most);
    heap->was_full[class_index] = false;
    if (!heap_round_is_bottom(heap->top[class_index]) || wanted <= room ||
        !shift_room(heap, class_index, (wanted - room) * c->stride))
        return;
    if (heap->top[class_index] == &no_rounds) {
        heap->top[class_index] = heap->rounds + heap->rounds_used;
        heap->rounds_used += c->magazine + 1u;
        CHECK(heap->rounds_used <= HEAP_ROUNDS);
    }
    set_class_room(heap, class_index, (unsigned)wanted);
}

void heap_note_full(struct heap *heap, unsigned class_index) {
    ASSERT(heap->top[class_index] == heap->end[class_index]);
    heap->was_full[class_index] = true;
    heap_halve_magazine(heap, class_index);
    shift_room(heap, class_index, 0); /* there may be more heaps now */
}

void heap_forget_rooms(struct heap *heap) {
    memset(heap->room, 0, sizeof heap->room);
    memset(heap->has_room, 0, sizeof heap->has_room);
    memset(heap->was_full, 0, sizeof heap->was_full);
    memset(heap->held, 0, sizeof heap->held);
    heap->room_bytes = 0;
}
