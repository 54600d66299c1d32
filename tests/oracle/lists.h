/* SPDX-License-Identifier: MIT */
/*
 * lists.h - the collector of CPython 3.11, to the letter: every container on the doubly linked list
 * of its generation, counts copied into the objects, a list of the reachable and one of the
 * unreachable. Slow and plain: the oracle of the tests, and one of the peers of the benchmark.
 * Memory comes from malloc.
 */
#ifndef POOLALLOC_TEST_LISTS_H
#define POOLALLOC_TEST_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LISTS_SLOTS = 4 };

struct lists_heap;

struct lists_object {
    struct lists_object *next, *prev; /* NULL: on no list */
    int64_t gc_refs;                  /* the copy of the count */
    int64_t refcount;
    struct lists_heap *heap;
    uint32_t id; /* for the user */
    uint16_t slots;
    bool untracked, collecting, unreachable, finalizes, immortal;
    struct lists_object *slot[LISTS_SLOTS]; /* as many as `slots` are there */
};

struct lists_generation {
    struct lists_object head;
    int count, threshold;
};

struct lists_heap {
    struct lists_generation generation[3];
    struct lists_object permanent;
    bool enabled, collecting;
    size_t long_lived_total, long_lived_pending;
    /* May be NULL. Called before weak references are looked at, once per object that finalizes; */
    void (*finalize)(struct lists_object *object, void *arg);
    /* for an object found in a cycle, before any finalizer, */
    void (*unreachable)(struct lists_object *object, void *arg);
    /* and for every object when its memory goes. */
    void (*died)(struct lists_object *object, void *arg);
    void *arg;
};

void lists_heap_init(struct lists_heap *heap);
/* `slots` is LISTS_SLOTS at most. */
struct lists_object *lists_new(struct lists_heap *heap, unsigned slots, bool tracked);
void lists_incref(struct lists_object *object);
void lists_decref(struct lists_object *object);
void lists_set(struct lists_object **slot, struct lists_object *to);
void lists_make_immortal(struct lists_object *object);
size_t lists_collect(struct lists_heap *heap, int generation);
void lists_freeze(struct lists_heap *heap);
void lists_unfreeze(struct lists_heap *heap);

#ifdef __cplusplus
}
#endif

#endif
