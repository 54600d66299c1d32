/* SPDX-License-Identifier: MIT */
/*
 * list.h - intrusive doubly linked list. A link that is on no list points to itself, so unlinking
 * needs no head and a struct can be asked whether it is linked.
 */
#ifndef POOLALLOC_LIST_H
#define POOLALLOC_LIST_H

#include "base/base.h"

struct link {
    struct link *next;
    struct link *prev;
};

#define link_owner(pointer, type, member)                                                          \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void link_init(struct link *link) { link->next = link->prev = link; }
static inline bool link_is_alone(const struct link *link) { return link->next == link; }

static inline void link_add_after(struct link *at, struct link *link) {
    link->next = at->next;
    link->prev = at;
    at->next->prev = link;
    at->next = link;
}

static inline void link_remove(struct link *link) {
    link->next->prev = link->prev;
    link->prev->next = link->next;
    link_init(link);
}

#endif
