/* SPDX-License-Identifier: MIT */
/*
 * message.h - what remote frees travel in: the addresses of blocks, or of words of live bits with
 * the bits of up to 64 small blocks. Messages lie in mappings of their own, sheets, never in memory
 * that programs write. Each heap keeps a few empty ones; the others are known by their sheets,
 * under the space lock. A sheet all of whose messages are empty is unmapped, but for one.
 */
#ifndef POOLALLOC_MESSAGE_H
#define POOLALLOC_MESSAGE_H

#include "heap/heap.h"

enum { MESSAGE_SIZE = 512, MESSAGE_ENTRIES = MESSAGE_SIZE / 8 - 2, MESSAGE_SHEET = 64 * 1024 };

struct message {
    uint64_t next;           /* in an inbox (inbox.h), or of empty ones */
    struct atomic_u64 count; /* after what it counts: the child of a fork posts it too */
    uint64_t entries[MESSAGE_ENTRIES];
};
static_assert(sizeof(struct message) == MESSAGE_SIZE, "eight to a page");

#ifdef __cplusplus
extern "C" {
#endif

/* An entry is an address; or the address of a word's first place + 1, and its bits follow. */
enum { MESSAGE_WORD = 1 };

/* Adds a block to a message that has `count` entries, and room. */
static inline void message_add(struct message *message, uint64_t count, uintptr_t block) {
    message->entries[count] = block;
    atomic_u64_store_release(&message->count, count + 1);
}

static inline void message_add_word(struct message *message, uint64_t count, uintptr_t base,
                                    uint64_t bits) {
    message->entries[count] = base + MESSAGE_WORD;
    message->entries[count + 1] = bits;
    atomic_u64_store_release(&message->count, count + 2);
}

/* An empty message; NULL: no memory. */
struct message *message_take(struct heap *heap);
/* The message is empty again, and is kept by the heap if there is one. */
void message_give(struct heap *heap, struct message *message);
/* The heap keeps none. */
void message_give_all(struct heap *heap);
/* Address space taken by messages, in bytes. */
size_t message_bytes(void);
/* After a fork that left the list in doubt: it is forgotten. With the space lock. */
void message_rebuild(void);

#ifdef __cplusplus
}
#endif

#endif
