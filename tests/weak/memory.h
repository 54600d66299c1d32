/* SPDX-License-Identifier: MIT */
/*
 * memory.h - what C11 lets a thread read. Each word that two threads use has its stores in a row,
 * the order in which they were made; a thread has a view, which says from which store on it may
 * read each word. A load reads any store from there on, and an acquire load joins the view that a
 * release store, or a read-modify-write behind it, carries. Those in sequentially consistent order
 * read nothing older than what such an access to the same word has stored or read before.
 *
 * Views also tell races: a plain access is one if another thread's access to the same bytes, of
 * which one is a store, is in no view of the thread.
 */
#ifndef POOLALLOC_TEST_MEMORY_H
#define POOLALLOC_TEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { THREADS = 3, WORDS = 96, STORES = 96 };

struct view {
    uint16_t from[WORDS];
    uint32_t clock[THREADS];
};

/* A word that more than one thread uses, and one of them stores to. */
struct word {
    uintptr_t address;
    unsigned count, ordered_from;
    uint64_t value[STORES];
    struct view carried[STORES];
};

/* What a thread does next. */
enum access_kind { ACCESS_NONE, ACCESS_LOAD, ACCESS_STORE, ACCESS_LOCK, ACCESS_FORK };

/* An atomic access: it returns what was read, and stores `next(old, operand)` if there is a next.
 */
enum operation { LOAD, STORE, EXCHANGE, OR, AND, ADD, REPLACE };

uint64_t memory_do(uintptr_t address, unsigned size, enum operation operation, uint64_t operand,
                   int order);
/* False and *expected = what was read if that is another. */
bool memory_replace(uintptr_t address, unsigned size, uint64_t *expected, uint64_t value, int order,
                    int failed_order);
/* A lock whose word is 0 while it is open: waits until it is, and stores the value. */
void memory_lock(uintptr_t address, uint32_t value);
bool memory_is_open(unsigned word);
/* The thread knows the last store to each word, and all that was before. */
void memory_know_all(void);
/* A plain access. */
void memory_touch(uintptr_t address, unsigned size, bool stores, uintptr_t site);

/* Words of a name, for breaking: see memory_break. */
void memory_name(const void *start, size_t size, const char *name);
/* Instead of an order: the look at the word just after a token was let go of sees 0; and nothing is
   stored. */
enum { MEMORY_LOOKS_NOT_AGAIN = -1, MEMORY_STORES_NOT = -2 };
/* Accesses of the operation to words of the name are as if they had the order `to`, or less. */
void memory_break(const char *name, enum operation operation, int to);

/* Each word is as it is in memory, and known to all threads: a run begins. */
void memory_begin_run(void);
/* All that is known is forgotten, also which words are shared. */
void memory_begin_search(void);
/* The value that was stored last. */
uint64_t memory_last(uintptr_t address, unsigned size);
unsigned memory_shared_words(void);

#endif
