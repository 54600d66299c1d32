/* SPDX-License-Identifier: MIT */
/*
 * inbox.h - what other threads have for a heap: a list of items, each a message or a pool together
 * with its token (pending.h). The first item and the state of the heap are one word, so that
 * whoever posts to a parked heap knows it, and nobody parks a heap that has something to take in:
 * docs/protocol.md.
 *
 *   word = weight of the posts since somebody took all items << 48 | first item | state
 *   item = address | INBOX_POOL for a pool; 0: none. Its successor is in the message, or in the
 *          token.
 */
#ifndef POOLALLOC_INBOX_H
#define POOLALLOC_INBOX_H

#include "heap/heap.h"
#include "heap/message.h"

enum {
    INBOX_POOL = 8,
    INBOX_COUNT_SHIFT = 48,
    /* The weight of posts that may wait: 1 for a message of up to 16 KiB or 31 words of blocks, and
       for each 16 KiB of a pool or span. If more wait, and for more than the time in which others
       have their turns, the owner sleeps. Who frees then looks after his pools: after as many posts
       as there were pools which had to stay, so that a post costs one more look at the most. */
    INBOX_BACKLOG = 32,
    INBOX_PATIENCE_MS = 20,
    INBOX_MOST_AWAKE = 1024,   /* however short the time */
    INBOX_WAIT_LEAST_MS = 100, /* what waits for less is no matter, whatever the purge delay */
    INBOX_TURNS_MS = 8,        /* some turns of other threads on a busy machine */
    INBOX_MOST = 60000,        /* for there are 16 bits */
};
#define INBOX_ITEM (((uint64_t)1 << INBOX_COUNT_SHIFT) - 1 - (HEAP_STATES - 1))

static_assert(INBOX_BACKLOG < INBOX_MOST && INBOX_MOST < 1 << (64 - INBOX_COUNT_SHIFT),
              "the weight of all posts has room above the item");
static_assert((int)HEAP_STATES <= INBOX_POOL && sizeof(union record) > INBOX_POOL,
              "these bits are free");

enum inbox_answer {
    INBOX_POSTED,
    INBOX_HELD,    /* posted, and the heap is BUSY: the caller holds it */
    INBOX_LATE,    /* posted, and there were many posts before */
    INBOX_REFUSED, /* not posted: nobody looks there */
};

#ifdef __cplusplus
extern "C" {
#endif

/* Messages are refused by owners who sleep, pools are not; orphans refuse both. */
enum inbox_answer inbox_post_message(struct heap *heap, struct message *message);
enum inbox_answer inbox_post_pool(struct heap *heap, struct pool *pool, unsigned weight);
/* The owner takes all items, and is IN_USE afterwards. Returns the first. */
uint64_t inbox_take_own(struct heap *heap);
/* The owner puts some of what it took back, where others find them. */
void inbox_put_back(struct heap *heap, uint64_t first);
/* Whoever holds the heap takes all items. Returns the first. */
uint64_t inbox_take(struct heap *heap);
/* Anybody takes all items of a heap in use, which is ASLEEP afterwards. Returns the first; 0 if the
   heap is not in use. */
uint64_t inbox_take_others(struct heap *heap);
/* Takes an item off a list; its pool's token is the caller's. */
uint64_t inbox_next(uint64_t item);
/* BUSY -> PARKED. False if something came in. */
bool inbox_park(struct heap *heap);
/* PARKED -> state. False if it is in another state. */
bool inbox_claim(struct heap *heap, enum heap_state state);
/* Sets the state and keeps what came in. */
void inbox_set_state(struct heap *heap, enum heap_state state);

static inline bool inbox_is_empty(const struct heap *heap) {
    return (atomic_u64_load(&heap->inbox) & INBOX_ITEM) == 0;
}

/* A look at all inboxes becomes due in a purge delay, if none is due before. */
void inbox_ask_for_look(void);
/* True if that time has come. */
bool inbox_look_is_due(uint64_t time);
/* True if the caller is the one who looks. */
bool inbox_begin_look(void);
/* True if something has waited in the inbox for a purge delay. If it has waited for less, asks for
   a later look. */
bool inbox_has_waited(const struct heap *heap);
/* True if something has waited in the inbox for so long that the owner hardly uses the heap. */
bool inbox_is_slow(const struct heap *heap);
/* True if the owner should look into the inbox. */
static inline bool inbox_calls(const struct heap *heap) {
    return atomic_u64_load(&heap->inbox) != HEAP_IN_USE;
}
static inline struct message *inbox_message(uint64_t item) {
    return (struct message *)(item & INBOX_ITEM);
}
static inline struct pool *inbox_pool(uint64_t item) {
    return (struct pool *)(item & INBOX_ITEM & ~(uint64_t)INBOX_POOL);
}

#ifdef __cplusplus
}
#endif

#endif
