/* SPDX-License-Identifier: MIT */
/* poolval_channel: heaps that threads hand to each other with all that is in them. Nothing is
   copied: what a heap has stays where it is, and another thread owns it. */
#include <pthread.h>
#include <time.h>

#include "value/value.h"

struct parcel {
    struct parcel *next;
    poolval_space *space;
    poolobj *root;
};

struct poolval_channel {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct parcel *first, **end;
};

poolval_channel *poolval_channel_new(void) {
    poolval_channel *channel = (poolval_channel *)value_try_allocate(sizeof *channel);
    pthread_condattr_t attributes;
    if (channel == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&channel->filled, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&channel->lock, NULL);
    channel->first = NULL;
    channel->end = &channel->first;
    return channel;
}

/* The first parcel, which is taken out; NULL. */
static struct parcel *take_parcel(poolval_channel *channel) {
    struct parcel *parcel = channel->first;
    if (parcel == NULL) return NULL;
    channel->first = parcel->next;
    if (channel->first == NULL) channel->end = &channel->first;
    return parcel;
}

void poolval_channel_free(poolval_channel *channel) {
    if (channel == NULL) return;
    for (struct parcel *parcel; (parcel = take_parcel(channel)) != NULL; value_free(parcel)) {
        poolobj_heap_adopt(parcel->space->heap);
        poolobj_heap_close(parcel->space->heap);
    }
    pthread_cond_destroy(&channel->filled);
    pthread_mutex_destroy(&channel->lock);
    value_free(channel);
}

/* ---- Sending ---- */

static bool may_be_sent(poolval_space *space, poolobj *root) {
    if (!value_require_any(space, root, "value")) return false;
    if (object_heap(root) != space->heap)
        return value_fail_type(space, "an object of the space's heap", root) != NULL;
    const poolobj *held = poolobj_heap_held(space->heap, root);
    if (held == NULL) return true;
    value_fail(space, POOLVAL_ERR_VALUE, "a %s of the heap is held from outside",
               value_fail_name(space, 0, held), 0);
    return false;
}

int poolval_channel_send(poolval_channel *channel, poolval_space *space, poolobj *root) {
    object_heap_require("poolval_channel_send", space->heap);
    if (!may_be_sent(space, root)) return -1;
    struct parcel *parcel = (struct parcel *)value_allocate(space, sizeof *parcel);
    if (parcel == NULL) return -1;
    *parcel = (struct parcel){NULL, space, root};
    space->heap->owner = 0; /* nobody, until it is received */
    pthread_mutex_lock(&channel->lock);
    *channel->end = parcel;
    channel->end = &parcel->next;
    pthread_cond_signal(&channel->filled);
    pthread_mutex_unlock(&channel->lock);
    return 0;
}

/* ---- Receiving ---- */

enum { SECOND_NS = 1000000000 };

static struct timespec time_after(int64_t nanoseconds) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += nanoseconds / SECOND_NS;
    at.tv_nsec += nanoseconds % SECOND_NS;
    if (at.tv_nsec >= SECOND_NS) {
        at.tv_sec++;
        at.tv_nsec -= SECOND_NS;
    }
    return at;
}

static struct parcel *wait_for_parcel(poolval_channel *channel, int64_t nanoseconds) {
    struct timespec until = nanoseconds > 0 ? time_after(nanoseconds) : (struct timespec){0, 0};
    int error = 0;
    while (channel->first == NULL && nanoseconds != 0 && error == 0)
        error = nanoseconds < 0 ? pthread_cond_wait(&channel->filled, &channel->lock)
                                : pthread_cond_timedwait(&channel->filled, &channel->lock, &until);
    return take_parcel(channel);
}

int poolval_channel_receive(poolval_channel *channel, int64_t nanoseconds, poolval_space **space,
                            poolobj **root) {
    pthread_mutex_lock(&channel->lock);
    struct parcel *parcel = wait_for_parcel(channel, nanoseconds);
    pthread_mutex_unlock(&channel->lock);
    *space = parcel != NULL ? parcel->space : NULL;
    *root = parcel != NULL ? parcel->root : NULL;
    if (parcel == NULL) return 0;
    value_free(parcel);
    poolobj_heap_adopt((*space)->heap);
    return 1;
}
