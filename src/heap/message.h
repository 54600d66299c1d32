/* SPDX-License-Identifier: MIT */
/*
 * message.h - what remote frees travel in: the addresses of up to 62 blocks. Messages lie in
 * mappings of their own, sheets, never in memory that programs write. Each heap keeps a few empty
 * ones; the others are known by their sheets, under the space lock. A sheet all of whose messages
 * are empty is unmapped, but for one.
 */
#ifndef POOLALLOC_MESSAGE_H
#define POOLALLOC_MESSAGE_H

#include "heap/heap.h"

enum { MESSAGE_SIZE = 512, MESSAGE_BLOCKS = MESSAGE_SIZE / 8 - 2, MESSAGE_SHEET = 64 * 1024 };

struct message {
    struct message *next;    /* in an inbox (remote.c), or of empty ones */
    struct atomic_u64 count; /* after the block that it counts: the child of a fork posts it too */
    uintptr_t blocks[MESSAGE_BLOCKS];
};
static_assert(sizeof(struct message) == MESSAGE_SIZE, "eight to a page");

#ifdef __cplusplus
extern "C" {
#endif

static inline void message_add(struct message *message, uintptr_t block) {
    uint64_t count = atomic_u64_load(&message->count);
    message->blocks[count] = block;
    atomic_u64_store_release(&message->count, count + 1);
}

/* An empty message; NULL: no memory. */
struct message *message_take(struct heap *heap);
/* The message is empty again. */
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
