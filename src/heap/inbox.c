/* SPDX-License-Identifier: MIT */
#include "heap/inbox.h"

#include "base/check.h"
#include "heap/token.h"
#include "os/options.h"
#include "os/os.h"

static void set_next(uint64_t item, uint64_t next) {
    if (item & INBOX_POOL)
        token_set_next(inbox_pool(item), next);
    else
        inbox_message(item)->next = next;
}

static uint32_t now(void) { return (uint32_t)os_clock_ms(); }

/* When something may have waited for long in an inbox; 0: nobody has asked for a look since the
   last one. */
static struct atomic_u64 inbox_look_at;

static uint64_t long_wait(void) { return size_max(options.purge_delay, INBOX_WAIT_LEAST_MS); }

void inbox_ask_for_look(void) {
    if (options.purge_delay != PURGE_NEVER && atomic_u64_load(&inbox_look_at) == 0)
        atomic_u64_store(&inbox_look_at, os_clock_ms() + long_wait());
}

bool inbox_look_is_due(uint64_t time) {
    uint64_t at = atomic_u64_load(&inbox_look_at);
    return unlikely(at != 0) && at <= time;
}

bool inbox_begin_look(void) { return atomic_u64_exchange(&inbox_look_at, 0) != 0; }

/* How long the first item of an inbox, which is not empty, has been there. */
static uint32_t waiting_ms(const struct heap *heap) {
    return now() - atomic_u32_load(&heap->waits_since);
}

bool inbox_has_waited(const struct heap *heap) {
    if (inbox_is_empty(heap)) return false;
    if (waiting_ms(heap) >= long_wait()) return true;
    inbox_ask_for_look();
    return false;
}

bool inbox_is_slow(const struct heap *heap) {
    return !inbox_is_empty(heap) && waiting_ms(heap) >= INBOX_TURNS_MS;
}

static void begin_to_wait(struct heap *heap) {
    atomic_u32_store(&heap->waits_since, now());
    inbox_ask_for_look();
}

static bool is_late(const struct heap *heap, uint64_t old, uint64_t new) {
    uint64_t weight = new >> INBOX_COUNT_SHIFT, left = atomic_u32_load(&heap->weight_left);
    if (likely(weight <= INBOX_BACKLOG) || weight <= size_min(left, INBOX_MOST)) return false;
    return old % HEAP_STATES == HEAP_ASLEEP || weight > INBOX_MOST_AWAKE ||
           now() - atomic_u32_load(&heap->waits_since) >= INBOX_PATIENCE_MS;
}

static enum inbox_answer post(struct heap *heap, uint64_t item, unsigned refused, unsigned weight) {
    ASSERT(item != 0 && (item & INBOX_ITEM) == item);
    uint64_t old = atomic_u64_load(&heap->inbox), new;
    do {
        if (refused >> old % HEAP_STATES & 1) return INBOX_REFUSED;
        set_next(item, old & INBOX_ITEM);
        uint64_t state = old % HEAP_STATES == HEAP_PARKED ? HEAP_BUSY : old % HEAP_STATES;
        new = ((old >> INBOX_COUNT_SHIFT) + weight) << INBOX_COUNT_SHIFT | item | state;
    } while (!atomic_u64_replace(&heap->inbox, &old, new)); /* partners: the functions below */
    if (old % HEAP_STATES == HEAP_PARKED) return INBOX_HELD;
    if (weight == 0) return INBOX_POSTED;
    if ((old & INBOX_ITEM) == 0) begin_to_wait(heap);
    return is_late(heap, old, new) ? INBOX_LATE : INBOX_POSTED;
}

enum inbox_answer inbox_post_message(struct heap *heap, struct message *message) {
    return post(heap, (uintptr_t)message, 1u << HEAP_ASLEEP | 1u << HEAP_ORPHAN, 1);
}

enum inbox_answer inbox_post_pool(struct heap *heap, struct pool *pool, unsigned weight) {
    return post(heap, (uintptr_t)pool | INBOX_POOL, 1u << HEAP_ORPHAN, weight);
}

uint64_t inbox_take_own(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    return atomic_u64_exchange(&heap->inbox, HEAP_IN_USE) & INBOX_ITEM;
}

static uint64_t next_of(uint64_t item) {
    return item & INBOX_POOL ? token_next(inbox_pool(item)) : inbox_message(item)->next;
}

void inbox_put_back(struct heap *heap, uint64_t first) {
    ASSERT(heap_is_mine(heap) && first != 0);
    uint64_t last = first, weight = 1, old = atomic_u64_load(&heap->inbox), new;
    for (uint64_t next; (next = next_of(last)) != 0; weight++) last = next;
    do {
        set_next(last, old & INBOX_ITEM);
        if ((old & INBOX_ITEM) == 0) begin_to_wait(heap);
        new =
            ((old >> INBOX_COUNT_SHIFT) + weight) << INBOX_COUNT_SHIFT | first | old % HEAP_STATES;
    } while (!atomic_u64_replace(&heap->inbox, &old, new));
}

uint64_t inbox_take(struct heap *heap) {
    return atomic_u64_and(&heap->inbox, HEAP_STATES - 1) & INBOX_ITEM;
}

uint64_t inbox_take_others(struct heap *heap) {
    uint64_t old = atomic_u64_load(&heap->inbox);
    do {
        if (old % HEAP_STATES > HEAP_ASLEEP || (old & INBOX_ITEM) == 0) return 0;
    } while (!atomic_u64_replace(&heap->inbox, &old, HEAP_ASLEEP));
    return old & INBOX_ITEM;
}

uint64_t inbox_next(uint64_t item) {
    return item & INBOX_POOL ? token_take_next(inbox_pool(item)) : inbox_message(item)->next;
}

bool inbox_park(struct heap *heap) {
    uint64_t busy = HEAP_BUSY;
    return atomic_u64_replace(&heap->inbox, &busy, HEAP_PARKED);
}

bool inbox_claim(struct heap *heap, enum heap_state state) {
    ASSERT(state != HEAP_PARKED);
    uint64_t parked = HEAP_PARKED;
    return atomic_u64_replace(&heap->inbox, &parked, state);
}

void inbox_set_state(struct heap *heap, enum heap_state state) {
    ASSERT(state < HEAP_STATES);
    uint64_t old = atomic_u64_load(&heap->inbox);
    while (!atomic_u64_replace_ordered(&heap->inbox, &old,
                                       (old & ~(uint64_t)(HEAP_STATES - 1)) | state))
        continue;
}
