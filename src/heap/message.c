/* SPDX-License-Identifier: MIT */
#include "heap/message.h"

#include "base/check.h"
#include "heap/space.h"
#include "os/os.h"

enum {
    KEPT = 8,                   /* by a heap: 4 KiB */
    MAPPED_AT_ONCE = 64 * 1024, /* address space; touched as it is used */
};

/* A mapping of messages; its first is used up by this. */
struct sheet {
    struct sheet *next;
};

static struct atomic_u64 newest; /* struct sheet *, read without the lock */

/* Under the space lock. */
static struct message *empty;
static uintptr_t fresh, fresh_end;
static size_t bytes;

size_t message_bytes(void) { return bytes; }

void message_rebuild(void) {
    ASSERT(space_is_locked());
    empty = NULL;
}

static bool map_sheet(void) {
    ASSERT(space_is_locked());
    struct sheet *sheet = (struct sheet *)os_map(MAPPED_AT_ONCE);
    if (sheet == NULL) return false;
    sheet->next = (struct sheet *)atomic_u64_load(&newest);
    atomic_u64_store_release(&newest, (uintptr_t)sheet); /* partner: message_is_at */
    fresh = (uintptr_t)sheet + MESSAGE_SIZE;
    fresh_end = (uintptr_t)sheet + MAPPED_AT_ONCE;
    bytes += MAPPED_AT_ONCE;
    return true;
}

bool message_is_at(uintptr_t address) {
    for (struct sheet *sheet = (struct sheet *)atomic_u64_load_acquire(&newest); sheet != NULL;
         sheet = sheet->next)
        if (address - (uintptr_t)sheet < MAPPED_AT_ONCE) return address % MESSAGE_SIZE == 0;
    return false;
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
    empty = (struct message *)message->next;
    return message;
}

/* Half of what a heap keeps, so that neither a sender nor a receiver comes here for each. */
static void fetch(struct heap *heap) {
    space_lock();
    for (unsigned i = 0; i < KEPT / 2; i++) {
        struct message *message = take_shared();
        if (message == NULL) break;
        message->next = (uintptr_t)heap->messages;
        heap->messages = message;
        heap->message_count++;
    }
    space_unlock();
}

struct message *message_take(struct heap *heap) {
    if (heap->messages == NULL) fetch(heap);
    struct message *message = heap->messages;
    if (message == NULL) return NULL;
    heap->messages = (struct message *)message->next;
    heap->message_count--;
    message->count = 0;
    return message;
}

static void give_back(struct heap *heap, unsigned keep) {
    space_lock();
    while (heap->message_count > keep) {
        struct message *message = heap->messages;
        heap->messages = (struct message *)message->next;
        heap->message_count--;
        message->next = (uintptr_t)empty;
        empty = message;
    }
    space_unlock();
}

void message_give(struct heap *heap, struct message *message) {
    message->next = (uintptr_t)heap->messages;
    heap->messages = message;
    if (++heap->message_count > KEPT) give_back(heap, KEPT / 2);
}

void message_give_all(struct heap *heap) {
    if (heap->message_count > 0) give_back(heap, 0);
}
