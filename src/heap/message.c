/* SPDX-License-Identifier: MIT */
#include "heap/message.h"

#include "base/check.h"
#include "heap/space.h"
#include "os/os.h"

enum {
    KEPT = 8,                   /* by a heap: 4 KiB */
    MAPPED_AT_ONCE = 64 * 1024, /* address space; touched as it is used */
};

/* Under the space lock. */
static struct message *empty;
static uintptr_t fresh, fresh_end; /* the rest of the last mapping */
static size_t bytes;

size_t message_bytes(void) { return bytes; }

void message_rebuild(void) {
    ASSERT(space_is_locked());
    empty = NULL;
    fresh = fresh_end = 0;
}

static bool map_sheet(void) {
    ASSERT(space_is_locked());
    uintptr_t sheet = (uintptr_t)os_map_fenced(MAPPED_AT_ONCE);
    if (sheet == 0) return false;
    fresh = sheet;
    fresh_end = sheet + MAPPED_AT_ONCE;
    bytes += MAPPED_AT_ONCE + 2 * OS_FENCE;
    return true;
}

static struct message *take_fresh(void) {
    if (fresh == fresh_end && !map_sheet()) return NULL;
    fresh += MESSAGE_SIZE;
    return (struct message *)(fresh - MESSAGE_SIZE);
}

static struct message *take_shared(void) {
    ASSERT(space_is_locked());
    struct message *message = empty;
    if (message == NULL) return take_fresh();
    empty = message->next;
    return message;
}

/* Half of what a heap keeps, so that neither a sender nor a receiver comes here for each. */
static void fetch(struct heap *heap) {
    if (!space_lock()) return;
    for (unsigned i = 0; i < KEPT / 2; i++) {
        struct message *message = take_shared();
        if (message == NULL) break;
        message->next = heap->messages;
        heap->messages = message;
        heap->message_count++;
    }
    space_unlock();
}

struct message *message_take(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    if (heap->messages == NULL) fetch(heap);
    struct message *message = heap->messages;
    if (message == NULL) return NULL;
    heap->messages = message->next;
    heap->message_count--;
    atomic_u64_store(&message->count, 0);
    return message;
}

static void give_back(struct heap *heap, unsigned keep) {
    if (!space_lock()) return;
    while (heap->message_count > keep) {
        struct message *message = heap->messages;
        heap->messages = message->next;
        heap->message_count--;
        message->next = empty;
        empty = message;
    }
    space_unlock();
}

void message_give(struct heap *heap, struct message *message) {
    ASSERT(heap_is_mine(heap));
    message->next = heap->messages;
    heap->messages = message;
    if (++heap->message_count > KEPT) give_back(heap, KEPT / 2);
}

void message_give_all(struct heap *heap) {
    ASSERT(heap_is_mine(heap));
    if (heap->message_count > 0) give_back(heap, 0);
}
