/* SPDX-License-Identifier: MIT */
/* Addresses of blocks that have been freed, in every way that a double free comes about. */
#include <pthread.h>
#include <stdlib.h>

#include "../support/elsewhere.h"
#include "../support/hide.h"
#include "misuse.h"

static void *free_it(void *block) {
    free(block);
    return NULL;
}

static void *freed(void *block, size_t size) {
    (void)size;
    void *address = hide(block);
    free(block);
    return address;
}

static void *interleaved(void *block, size_t size) {
    void *address = hide(block), *other = hide(malloc(size));
    free(block);
    free(other);
    return address;
}

static void *after_many_others(void *block, size_t size) {
    void *address = hide(block);
    free(block);
    for (size_t i = 0; i < 1024; i++) {
        size_t other = (i * 40) % 2000;
        /* Blocks of the size in question could be the freed one again: then it would be live. */
        if (other / 2 <= size && size <= other * 2 + 64) other = size * 3 + 200;
        if (other > 1 << 20) other = 700;
        free(hide(malloc(other)));
    }
    return address;
}

/* Making a thread and waiting for it allocates with some C libraries only: nothing else has yet led
   the owner to what others freed. */
static void take_messages_in(void) {
    void *blocks[64];
    for (size_t i = 0; i < 64; i++) blocks[i] = hide(malloc(i * 40));
    for (size_t i = 0; i < 64; i++) free(blocks[i]);
}

static void *freed_by_other_thread(void *block, size_t size) {
    (void)size;
    void *address = hide(block);
    in_thread(free_it, block);
    take_messages_in();
    return address;
}

struct race {
    pthread_barrier_t barrier;
    void *block;
};

static void *free_in_race(void *argument) {
    struct race *race = argument;
    pthread_barrier_wait(&race->barrier);
    free(hide(race->block));
    return NULL;
}

/* Two threads free the block at the same time; a third free follows in misuse.c, so that the
   process must end even if the race was found late. */
static void *freed_by_two_at_once(void *block, size_t size) {
    (void)size;
    struct race race = {.block = block};
    pthread_t threads[2];
    pthread_barrier_init(&race.barrier, NULL, 2);
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, free_in_race, &race);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return block;
}

struct owned {
    size_t size;
    void *address;
};

static void *allocate_and_free(void *argument) {
    struct owned *owned = argument;
    void *keep[2] = {hide(malloc(owned->size)), NULL};
    owned->address = hide(malloc(owned->size));
    keep[1] = hide(malloc(owned->size));
    free(hide(owned->address));
    (void)keep;
    return NULL;
}

static void *freed_before_owner_exit(void *block, size_t size) {
    (void)block;
    struct owned owned = {.size = size};
    in_thread(allocate_and_free, &owned);
    return owned.address;
}

static void *freed_by_realloc(void *block, size_t size) {
    void *address = hide(block);
    if (size > 1 << 20) return NULL;
    void *moved = hide(realloc(block, size * 4 + 5000));
    return moved == address ? NULL : address;
}

static void *freed_by_realloc_to_zero(void *block, size_t size) {
    (void)size;
    void *address = hide(block);
    return realloc(block, hide_size(0)) == NULL ? address : NULL;
}

const struct fault freed_faults[] = {
    {"freed", freed, FREED},
    {"freed, then another freed", interleaved, FREED},
    {"freed, then 1024 of other sizes", after_many_others, FREED | UNALLOCATED},
    {"freed by another thread", freed_by_other_thread, FREED | UNALLOCATED},
    {"freed by two threads at once", freed_by_two_at_once, FREED | UNALLOCATED},
    {"freed by an owner that exited", freed_before_owner_exit, FREED | UNALLOCATED},
    {"freed by realloc", freed_by_realloc, FREED | UNALLOCATED},
    {"freed by realloc to 0", freed_by_realloc_to_zero, FREED},
    {NULL, NULL, 0},
};
