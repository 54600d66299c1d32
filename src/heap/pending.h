/* SPDX-License-Identifier: MIT */
/*
 * pending.h - blocks that a thread has freed for another, and which no message carries: its owner
 * sleeps or has none, there is no memory, or too few are of one owner. A bit beside the records
 * says so; nothing is written into the block. Needs no memory and no lock, and works for any number
 * of blocks.
 *
 * Who sets a bit tries for the token of the pool (token.h), and with it sees to it that the owner
 * hears of the pool, or takes the pool away when all of its blocks are pending. The words,
 * equations and orders of docs/protocol.md hold here.
 *
 * A bit stands for the place of a block as a live bit does; of a span, for its index, all in the
 * first word of its first pool.
 */
#ifndef POOLALLOC_PENDING_H
#define POOLALLOC_PENDING_H

#include "heap/inbox.h"

enum { WORK_DEAD = 8, WORKS = 2 };

/* What a thread has in hand. */
struct work {
    struct heap *held;            /* heaps that it made BUSY, by next_held */
    uint64_t items;               /* the rest of what it took out of an inbox */
    struct pool *pool;            /* whose token it has */
    struct pool *dead[WORK_DEAD]; /* pools that were taken over, and go to the arenas together */
    unsigned dead_count;
    struct heap *late;    /* has got many posts, and should be swept; or NULL */
    bool sweeps;          /* an inbox of another thread: pools go back there */
    uint32_t weight_left; /* of the pools that went back */
};

#ifdef __cplusplus
extern "C" {
#endif

/* The calling thread begins; NULL: it is in the middle already, in signal handlers, so that it can
   only set bits. */
struct work *pending_begin(void);
/* All that is in hand must be done with, but for dead pools. */
void pending_end(struct work *work);
/* What the thread has in hand is left: it ends in the middle, and goes on no more. */
void pending_abandon(void);

/* A live block of a pool becomes pending. Ends the process if it is pending already. */
void pending_deposit(struct work *work, uintptr_t address);
/* Live blocks of a small pool become pending by their bits in one word of live bits, that of
   WORD_SPAN bytes at `base`. Ends the process if one is pending already. */
void pending_deposit_word(struct work *work, uintptr_t base, uint64_t bits);
/* True if a block of a pool, by its address, is pending. */
bool pending_has(uintptr_t address);
/* Treats a block of the pool, which any heap has, on its way back (treat.h), whoever frees it. With
   TREAT_EXACT it ends the process if the block is pending: another thread has freed it. */
void pending_treat(struct pool *pool, uintptr_t address);
/* What is to be done with a pool whose token the caller has: take it over, or tell its owner. */
void pending_settle(struct work *work, struct pool *pool);
/* A pool, with its token, comes in for a heap that the caller holds. */
void pending_take_in(struct work *work, struct heap *heap, struct pool *pool);
/* The pool, whose token the caller has, is for another heap, which hears of it. */
void pending_send_pool(struct work *work, struct pool *pool, struct heap *to);
/* A heap that the caller made BUSY is one of those that it has in hand. */
void pending_hold(struct work *work, struct heap *heap);

/* For the pools of a heap whose owner is gone: heap_adopt, while nobody has the token. With the
   space lock. */
void pending_adopt(struct heap *heap, struct pool *pool);
/* In the child of a fork, before anything else: what other threads had in hand is nobody's. */
void pending_after_fork(void);
/* In the child of a fork, after pending_after_fork, for each heap of the thread that forked: its
   inbox keeps what it has. */
void pending_keep_inbox(struct heap *heap);
/* In the child of a fork, after pending_after_fork, for each heap that is nobody's: it is an
   ORPHAN, and only messages stay in its inbox. */
void pending_make_orphan(struct heap *heap);

#ifdef __cplusplus
}
#endif

#endif
